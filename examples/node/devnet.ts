/** What the examples have in common: where the devnet is, and its first account. */
import { DirectSecp256k1HdWallet } from '@cosmjs/proto-signing'
import { SigningWadiClient } from '../../src/client/signing.ts'

/** The RPC of the node; `ws://` is told of new blocks, `http://` asks for them. */
export const rpc: string = process.env['WADI_RPC'] ?? 'ws://127.0.0.1:26657'

/** The mnemonic that `npm start` prints: everybody knows it, so it is worth nothing elsewhere. */
const mnemonic = process.env['WADI_MNEMONIC'] ?? 'test test test test test test test test test test test junk'

/** A client that signs with the first account of the devnet. */
export async function connect(): Promise<{ client: SigningWadiClient; address: string }> {
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: 'wadi' })
  const [account] = await wallet.getAccounts()
  if (account === undefined) throw new Error('the wallet has no account')
  return { client: await SigningWadiClient.connectWithSigner(rpc, wallet), address: account.address }
}
