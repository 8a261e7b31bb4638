import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, type SignerInfo } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { WadiClient } from '../../client/client.ts'
import { adjustGas } from '../../client/fees.ts'
import type { RunContext } from '../context.ts'
import type { Keyring } from '../keys/keyring.ts'
import { publicKeyAny } from '../keys/public-key.ts'
import type { KeyringOptions, NodeOptions } from '../options.ts'
import { print } from '../output.ts'
import { atNode, checkedChainId, openKeyring, PATIENCE } from '../session.ts'
import { readTx, type TxDocument, txBytes } from './document.ts'
import { blankSigner } from './multisig.ts'
import { keyOf } from './signer.ts'
import { signersOfTx } from './signers.ts'

export interface SimulateOptions extends NodeOptions, KeyringOptions {
  readonly gasAdjustment: number
}

/** `wadi tx simulate`: what a transaction of a file would use. An unsigned one gets empty signatures of its signers. */
export async function simulateFile(
  context: RunContext,
  file: string,
  options: SimulateOptions,
): Promise<void> {
  const given = readTx(file)
  const keyring = openKeyring(options)
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node, PATIENCE)
    const chainId = await checkedChainId(client, options)
    const tx = given.signatures.length > 0 ? given : await unsigned(given, client, keyring, chainId)
    const { gasInfo } = await client.query.tx.simulate({ txBytes: txBytes(tx) })
    const used = gasInfo?.gasUsed ?? 0n
    await print(context, options.output, {
      gas_used: used.toString(),
      gas_estimate: adjustGas(used, options.gasAdjustment).toString(),
    })
  })
}

/** A node simulates without signatures; of who signs it wants the sequence, and the key if it does not know it. */
async function unsigned(
  { body, authInfo }: TxDocument,
  client: WadiClient,
  keyring: Keyring,
  chainId: string,
): Promise<TxDocument> {
  const signerInfos: SignerInfo[] = []
  const signatures: Uint8Array[] = []
  for (const address of signersOfTx({ body, authInfo, signatures })) {
    const { sequence } = (await client.accountNonce(address)) ?? { sequence: 0 }
    const key = keyOf(keyring, address, chainId)
    if (key?.algorithm === 'multisig') {
      const { info, signature } = blankSigner(key, sequence)
      signerInfos.push(info)
      signatures.push(signature)
      continue
    }
    signerInfos.push({
      publicKey: key === undefined ? undefined : publicKeyAny(key),
      modeInfo: { single: { mode: SignMode.SIGN_MODE_UNSPECIFIED }, multi: undefined },
      sequence: BigInt(sequence),
    })
    signatures.push(new Uint8Array())
  }
  return { body, authInfo: AuthInfo.fromPartial({ ...authInfo, signerInfos }), signatures }
}
