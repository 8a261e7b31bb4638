import { DirectSecp256k1HdWallet, makeCosmoshubPath } from '@cosmjs/proto-signing'

/**
 * A signer with the first `count` keys of a mnemonic, at `m/44'/118'/0'/0/0 …`, as wallets of the Cosmos world derive
 * them. For programs and tests; a page takes the signer of its visitor's wallet. Throws if the mnemonic is not one.
 */
export function signerFromMnemonic(mnemonic: string, count = 1): Promise<DirectSecp256k1HdWallet> {
  const hdPaths = Array.from({ length: count }, (_, index) => makeCosmoshubPath(index))
  return DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: 'wadi', hdPaths })
}
