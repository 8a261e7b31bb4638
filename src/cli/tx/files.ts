import { readFileSync } from 'node:fs'
import { getAminoPubkey } from '@cosmjs/amino'
import { encodePubkey, makeSignDoc } from '@cosmjs/proto-signing'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, Tx, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromBase64 } from '#lib/bytes.ts'
import { fromJson, JsonError, toJson } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { WadiClient } from '../../client/client.ts'
import { anyTypes } from '../../client/services.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { addressBook, atNode, checkedChainId, openKeyring } from '../session.ts'
import { type Finishing, finish } from './finish.ts'
import type { SignOptions } from './options.ts'
import { keyOf, LateSigner, noKey } from './signer.ts'

/** `wadi tx sign`: signs a transaction of a file for one account, and prints it. */
export async function signFile(context: RunContext, file: string, options: SignOptions): Promise<void> {
  const { body, authInfo } = readTx(file)
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node)
    const chainId = await checkedChainId(client, options)
    const keyring = openKeyring(options)
    const address = addressBook(keyring, chainId)(options.from)
    const key = keyOf(keyring, address, chainId)
    if (key === undefined) throw noKey(keyring, address)
    const nonce = await client.accountNonce(address)
    if (nonce === undefined)
      throw new CommandError(`${address} does not exist on ${chainId}`, ['send it some coins first'])
    const signer = new LateSigner()
    signer.show(key)
    await signer.open(keyring, key, chainId)
    const [account] = await signer.offline.getAccounts()
    if (account === undefined) throw noKey(keyring, address)
    const signerInfo = {
      publicKey: encodePubkey(getAminoPubkey(account)),
      modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
      sequence: BigInt(nonce.sequence),
    }
    const signed = AuthInfo.fromPartial({ ...authInfo, signerInfos: [signerInfo] })
    const bytes = { body: TxBody.encode(body).finish(), authInfo: AuthInfo.encode(signed).finish() }
    const doc = makeSignDoc(bytes.body, bytes.authInfo, chainId, nonce.accountNumber)
    const { signature } = await signer.offline.signDirect(address, doc)
    const tx = Tx.fromPartial({ body, authInfo: signed, signatures: [fromBase64(signature.signature)] })
    context.stdout.write(`${JSON.stringify(toJson('cosmos.tx.v1beta1.Tx', tx))}\n`)
  })
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
    signatures,
  }).finish()
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node)
    await checkedChainId(client, options)
    await finish(context, client, await client.broadcast(tx), options)
  })
}

interface ReadTx {
  readonly body: TxBody
  readonly authInfo: AuthInfo
  readonly signatures: Uint8Array[]
}

/** A transaction in proto3 JSON; `-` reads the standard input. */
function readTx(file: string): ReadTx {
  registerCodecs(anyTypes())
  try {
    const json: unknown = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))
    const { body, authInfo, signatures } = fromJson<Tx>('cosmos.tx.v1beta1.Tx', json)
    if (body !== undefined && authInfo !== undefined) return { body, authInfo, signatures }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!(error instanceof JsonError || error instanceof SyntaxError) && code === undefined) throw error
    throw new CommandError(`${file} is no transaction: ${(error as Error).message}`)
  }
  throw new CommandError(`${file} is no transaction: it has no body or no auth_info`)
}
