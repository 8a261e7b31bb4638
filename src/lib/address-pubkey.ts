/** The address of a public key, for every kind of key that may own an account. */

import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ripemd160 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { ADDRESS_LENGTH, AddressError } from '#lib/address.ts'
import { type ByteString, concat, fromHex, toByteString, toHex } from '#lib/bytes.ts'
import { LruMap } from '#lib/lru.ts'

/** A key or a threshold of keys (`LegacyAminoPubKey`, which may nest) that owns an account. */
export type AccountKey =
  | { readonly kind: 'secp256k1' | 'ethsecp256k1'; readonly key: Uint8Array }
  | { readonly kind: 'multisig'; readonly threshold: number; readonly keys: readonly AccountKey[] }

// An uncompressed point costs a square root, some 100 µs, and every transaction brings its key along.
const known = new LruMap<ByteString, ByteString>(50_000)

/**
 * - secp256k1: RIPEMD-160 of the SHA-256 of the compressed key;
 * - ethsecp256k1: the last 20 bytes of the keccak-256 of the uncompressed point;
 * - multisig: the first 20 bytes of the SHA-256 of its amino encoding.
 */
export function addressFromPubKey(key: AccountKey): ByteString {
  if (key.kind === 'multisig') return toByteString(sha256(aminoEncode(key)).subarray(0, ADDRESS_LENGTH))
  if (key.key.length !== 33) {
    throw new AddressError(
      `a ${key.kind} key has 33 bytes, not ${key.key.length}: ${toHex(key.key.subarray(0, 40))}`,
    )
  }
  const id = (key.kind === 'secp256k1' ? 's' : 'e') + toByteString(key.key)
  const cached = known.get(id)
  if (cached !== undefined) return cached
  const bytes = key.kind === 'secp256k1' ? ripemd160(sha256(key.key)) : ethereumAddress(key.key)
  const address = toByteString(bytes)
  known.set(id, address)
  return address
}

function ethereumAddress(key: Uint8Array): Uint8Array {
  let point: Uint8Array
  try {
    point = secp256k1.Point.fromBytes(key).toBytes(false)
  } catch {
    throw new AddressError(`not a point of secp256k1: ${toHex(key)}`)
  }
  return keccak_256(point.subarray(1)).subarray(32 - ADDRESS_LENGTH)
}

// Amino prefixes: the type's hash, then for single keys the length. The Ethereum one is the one CosmJS uses.
const AMINO_SECP256K1 = fromHex('eb5ae98721')
const AMINO_ETHSECP256K1 = fromHex('5d7423df21')
const AMINO_MULTISIG = fromHex('22c1f7e2')

/** The amino encoding of a key. */
export function aminoEncode(account: AccountKey): Uint8Array {
  if (account.kind !== 'multisig') {
    return concat(account.kind === 'secp256k1' ? AMINO_SECP256K1 : AMINO_ETHSECP256K1, account.key)
  }
  const members = account.keys
    .map(aminoEncode)
    .flatMap((member) => [Uint8Array.of(0x12), uvarint(member.length), member])
  return concat(AMINO_MULTISIG, Uint8Array.of(0x08), uvarint(account.threshold), ...members)
}

function uvarint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Uint8Array.of(...bytes, rest)
}
