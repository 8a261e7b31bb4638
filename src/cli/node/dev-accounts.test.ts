import { Bip39, EnglishMnemonic, Slip10, Slip10Curve } from '@cosmjs/crypto'
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from '@cosmjs/proto-signing'
import { expect, test } from 'vitest'
import { addressBytes } from '#lib/address.ts'
import { fromByteString, toHex } from '#lib/bytes.ts'
import { DEV_ACCOUNTS, DEV_FAUCET, DEV_MNEMONIC } from './dev-accounts.ts'

const paths = Array.from({ length: 11 }, (_, i) => makeCosmoshubPath(i))
/** The ten, and the faucet's. */
const all = [...DEV_ACCOUNTS, DEV_FAUCET]

test('the development accounts are what a CosmJS wallet derives from the mnemonic', async () => {
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(DEV_MNEMONIC, { prefix: 'wadi', hdPaths: paths })
  const derived = await wallet.getAccounts()
  expect(all.map(({ address }) => address)).toEqual(derived.map(({ address }) => address))
})

test('their private keys are those of the mnemonic', async () => {
  const seed = await Bip39.mnemonicToSeed(new EnglishMnemonic(DEV_MNEMONIC))
  const keys = paths.map((path) => Slip10.derivePath(Slip10Curve.Secp256k1, seed, path).privkey)
  expect(all.map(({ privateKey }) => privateKey)).toEqual(keys.map((key) => Buffer.from(key).toString('hex')))
})

test('both spellings of an address name the same bytes', () => {
  for (const { address, hexAddress } of all)
    expect(`0x${toHex(fromByteString(addressBytes(address)))}`).toBe(hexAddress)
})
