import { randomBytes } from 'node:crypto'
import { Bip39, EnglishMnemonic, Slip10, Slip10Curve, stringToPath } from '@cosmjs/crypto'
import { UsageError } from '../errors.ts'
import type { KeyAlgorithm } from './key.ts'

/** Where in the tree of a mnemonic a key stands (BIP-44). */
export interface KeyPath {
  readonly algorithm: KeyAlgorithm
  /** Decimal numbers. */
  readonly account: string
  readonly index: string
}

/** Coin types: 118 as Cosmos wallets have it, 60 as Ethereum's. */
const COIN_TYPES: Readonly<Record<KeyAlgorithm, number>> = { secp256k1: 118, ethsecp256k1: 60 }

/** A new English mnemonic (BIP-39) of 12, 15, 18, 21 or 24 words. */
export async function newMnemonic(words: number): Promise<string> {
  return Bip39.encode(randomBytes((words / 3) * 4)).toString()
}

/** The private key of a mnemonic, 32 bytes. Throws {@link UsageError} for words that are no mnemonic. */
export async function keyFromMnemonic(mnemonic: string, path: KeyPath): Promise<Uint8Array> {
  const { algorithm, account, index } = path
  for (const part of [account, index]) {
    if (!/^\d{1,9}$/.test(part)) throw new UsageError(`${part} is no number of a key's path`)
  }
  const seed = await Bip39.mnemonicToSeed(checked(mnemonic))
  const steps = stringToPath(`m/44'/${COIN_TYPES[algorithm]}'/${account}'/0/${index}`)
  return Slip10.derivePath(Slip10Curve.Secp256k1, seed, steps).privkey
}

function checked(mnemonic: string): EnglishMnemonic {
  try {
    return new EnglishMnemonic(mnemonic.trim().split(/\s+/).join(' ').toLowerCase())
  } catch (error) {
    throw new UsageError(`this is no mnemonic: ${(error as Error).message}`)
  }
}
