import { getAminoPubkey } from '@cosmjs/amino'
import { encodePubkey, makeSignDoc } from '@cosmjs/proto-signing'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, TxBody } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromBase64 } from '#lib/bytes.ts'
import { WadiClient } from '../../client/client.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import type { KeySigner } from '../keys/key.ts'
import { addressBook, atNode, checkedChainId, openKeyring, PATIENCE } from '../session.ts'
import type { WithOrigins } from './destination.ts'
import { aminoDoc, emit, readTx, type TxDocument, txBytes, txText } from './document.ts'
import { type Finishing, finish } from './finish.ts'
import type { SignModeName, SignOptions } from './options.ts'
import { type SigningPlace, signingPlace, tellChain } from './place.ts'
import { openKey, signingKey } from './signer.ts'
import { checkSigner, signersOfTx } from './signers.ts'

/** `wadi tx sign`: signs a transaction of a file for one account, and prints it. */
export async function signFile(
  context: RunContext,
  file: string,
  options: WithOrigins<SignOptions>,
): Promise<void> {
  if (options.multisig !== undefined) {
    const { signAsMember } = await import('./multisig.ts')
    return emit(context, await signAsMember(context, file, options.multisig, options), options)
  }
  const tx = readTx(file)
  const keyring = openKeyring(options)
  const place = await signingPlace(options, (chainId) => addressBook(keyring, chainId)(options.from))
  checkSigner(keyring, place, { file, signers: signersOfTx(tx), named: options.from, flag: '--from' })
  const key = signingKey(keyring, place.address, place.chainId)
  const signer = await openKey(keyring, key, place.chainId)
  emit(context, txText(await signed(tx, place, signer, options.signMode ?? 'direct')), options)
  tellChain(context, place)
}

const MODES = {
  direct: SignMode.SIGN_MODE_DIRECT,
  'amino-json': SignMode.SIGN_MODE_LEGACY_AMINO_JSON,
} as const

/** The transaction with the one signature that it takes. */
export async function signed(
  tx: TxDocument,
  place: SigningPlace,
  signer: KeySigner,
  mode: SignModeName,
): Promise<TxDocument> {
  const [account] = await signer.getAccounts()
  if (account === undefined) throw new CommandError(`there is no key for ${place.address}`)
  const signerInfo = {
    publicKey: encodePubkey(getAminoPubkey(account)),
    modeInfo: { single: { mode: MODES[mode] } },
    sequence: BigInt(place.sequence),
  }
  const { body } = tx
  const authInfo = AuthInfo.fromPartial({ ...tx.authInfo, signerInfos: [signerInfo] })
  const { signature } = await (mode === 'direct'
    ? signer.signDirect(place.address, directDoc({ body, authInfo }, place))
    : signer.signAmino(place.address, aminoDoc(tx, place)))
  return { body, authInfo, signatures: [fromBase64(signature.signature)] }
}

function directDoc({ body, authInfo }: Pick<TxDocument, 'body' | 'authInfo'>, place: SigningPlace) {
  const [bodyBytes, authInfoBytes] = [TxBody.encode(body).finish(), AuthInfo.encode(authInfo).finish()]
  return makeSignDoc(bodyBytes, authInfoBytes, place.chainId, place.accountNumber)
}

/** `wadi tx broadcast`: sends a signed transaction of a file. */
export async function broadcastFile(context: RunContext, file: string, options: Finishing): Promise<void> {
  const tx = readTx(file)
  if (tx.signatures.length === 0)
    throw new CommandError(`${file} is not signed`, ['sign it: "wadi tx sign FILE --from KEY"'])
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node, PATIENCE)
    await checkedChainId(client, options)
    await finish(context, client, await client.broadcast(txBytes(tx)), options)
  })
}
