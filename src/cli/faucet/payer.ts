import { SigningWadiClient } from '../../client/signing.ts'
import { Payer } from '../../faucet/payer.ts'
import { NODE_TIMEOUT_MS } from '../../faucet/settings.ts'
import { type KeyInfo, signerOf } from '../keys/key.ts'

/** What a faucet pays with. */
export interface FaucetKey extends Pick<KeyInfo, 'address' | 'algorithm'> {
  readonly privateKey: Uint8Array
}

/** The account of a key at a node, ready to pay. */
export async function openPayer(
  rpcUrl: string,
  { address, privateKey, algorithm }: FaucetKey,
): Promise<Payer> {
  const signer = await signerOf(privateKey, algorithm)
  const options = { requestTimeoutMs: NODE_TIMEOUT_MS }
  return new Payer(await SigningWadiClient.connectWithSigner(rpcUrl, signer, options), address)
}
