/**
 * What is hashed or signed by our own protocols, and nothing else may be:
 *
 *     utf8(domain) ‖ 0x00 ‖ u8(length) chain_id ‖ fields
 *
 * Integers are big-endian (ids u64, rounds u32, amounts u256), addresses 20 bytes, digests 32. Every field has a fixed
 * width, so one preimage has one reading; the domain and the chain id keep a signature from being used elsewhere.
 * secp256k1 and P-256 keys sign its SHA-256, ethsecp256k1 its keccak-256, ed25519 the preimage itself.
 */

import { ADDRESS_LENGTH } from '#lib/address.ts'
import { type ByteString, fromByteString, utf8, ValueError } from '#lib/bytes.ts'

/** A field outside its kind: wrong length, negative, too large. */
export class DomainError extends ValueError {
  override readonly name = 'DomainError'
}

/** Every domain with its fields in order. Append only: fields never change, a new version is a new domain. */
export const domains = {
  /** The commitment by which a digest is claimed before it is shown. */
  'wadi/claim/v1': { owner: 'address', digest: 'digest', salt: 'digest' },
  /** What a publisher's key signs to hand the reference to its files over to a controller. */
  'wadi/takeover/v1': { assetId: 'u64', controller: 'address', digest: 'digest' },
} as const satisfies Record<string, Record<string, keyof FieldKinds>>

interface FieldKinds {
  readonly address: ByteString
  readonly digest: Uint8Array
  readonly u32: number
  readonly u64: bigint
  readonly u256: bigint
}

export type Domain = keyof typeof domains

/** The values a domain's preimage is made of. */
export type DomainFields<D extends Domain> = {
  readonly [F in keyof (typeof domains)[D]]: FieldKinds[(typeof domains)[D][F] & keyof FieldKinds]
}

const WIDTHS: Readonly<Record<keyof FieldKinds, number>> = {
  address: ADDRESS_LENGTH,
  digest: 32,
  u32: 4,
  u64: 8,
  u256: 32,
}

/** The bytes to hash or sign for one statement of a domain on one chain. */
export function domainPreimage<D extends Domain>(
  domain: D,
  chainId: string,
  fields: DomainFields<D>,
): Uint8Array {
  const name = utf8(domain)
  const chain = utf8(chainId)
  if (chain.length === 0 || chain.length > 255) {
    throw new DomainError(`${domain}: a chain id has 1 to 255 bytes, not ${chain.length}`)
  }
  const kinds = Object.entries(domains[domain]) as [keyof DomainFields<D> & string, keyof FieldKinds][]
  const width = kinds.reduce((sum, [, kind]) => sum + WIDTHS[kind], 0)
  const preimage = new Uint8Array(name.length + 2 + chain.length + width)
  preimage.set(name)
  preimage[name.length + 1] = chain.length
  preimage.set(chain, name.length + 2)
  let at = name.length + 2 + chain.length
  for (const [field, kind] of kinds) {
    preimage.set(fieldBytes(`${domain} ${field}`, kind, fields[field]), at)
    at += WIDTHS[kind]
  }
  return preimage
}

function fieldBytes(where: string, kind: keyof FieldKinds, value: FieldKinds[keyof FieldKinds]): Uint8Array {
  const width = WIDTHS[kind]
  if (typeof value === 'bigint' || typeof value === 'number') return bigEndian(where, BigInt(value), width)
  const bytes = typeof value === 'string' ? fromByteString(value) : value
  if (bytes.length !== width) throw new DomainError(`${where}: ${bytes.length} bytes, expected ${width}`)
  return bytes
}

function bigEndian(where: string, value: bigint, width: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * width) !== 0n) {
    throw new DomainError(`${where}: ${value} does not fit ${8 * width} unsigned bits`)
  }
  const bytes = new Uint8Array(width)
  let rest = value
  for (let i = width - 1; rest > 0n; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}
