import { getAminoPubkey } from '@cosmjs/amino'
import { encodePubkey, makeSignDoc } from '@cosmjs/proto-signing'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromBase64 } from '#lib/bytes.ts'
import { WadiClient } from '../../client/client.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import type { KeySigner } from '../keys/key.ts'
import { addressBook, atNode, checkedChainId, openKeyring, PATIENCE } from '../session.ts'
import { aminoDoc, printTx, readTx, type TxDocument } from './document.ts'
import { type Finishing, finish } from './finish.ts'
import type { SignModeName, SignOptions } from './options.ts'
import { type SigningPlace, signingPlace } from './place.ts'
import { openKey, signingKey } from './signer.ts'
import { checkSigner, signersOfTx } from './signers.ts'

/** `wadi tx sign`: signs a transaction of a file for one account, and prints it. */
export async function signFile(context: RunContext, file: string, options: SignOptions): Promise<void> {
  if (options.multisig !== undefined) {
    const { signAsMember } = await import('./multisig.ts')
    return signAsMember(context, file, options.multisig, options)
  }
  const tx = readTx(file)
  const keyring = openKeyring(options)
  const place = await signingPlace(options, (chainId) => addressBook(keyring, chainId)(options.from))
  checkSigner(keyring, place, { file, signers: signersOfTx(tx), named: options.from })
  const key = signingKey(keyring, place.address, place.chainId)
  const signer = await openKey(keyring, key, place.chainId)
  printTx(context, await signed(tx, place, signer, options.signMode ?? 'direct'))
}

const MODES = {
  direct: SignMode.SIGN_MODE_DIRECT,
  'amino-json': SignMode.SIGN_MODE_LEGACY_AMINO_JSON,
} as const

async function signed(
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
export async function broadcastFile(
  context: RunContext,
  file: string,
  options: Finishing & { readonly node: string; readonly chainId?: string },
): Promise<void> {
  const { body, authInfo, signatures } = readTx(file)
  if (signatures.length === 0)
    throw new CommandError(`${file} is not signed`, ['sign it: "wadi tx sign FILE --from KEY"'])
  const tx = TxRaw.encode({
    bodyBytes: TxBody.encode(body).finish(),
    authInfoBytes: AuthInfo.encode(authInfo).finish(),
    signatures: [...signatures],
  }).finish()
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node, PATIENCE)
    await checkedChainId(client, options)
    await finish(context, client, await client.broadcast(tx), options)
  })
}
