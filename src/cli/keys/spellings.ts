import { bech32 } from '@scure/base'
import {
  ADDRESS_LENGTH,
  ADDRESS_PREFIX,
  AddressError,
  addressText,
  fromHexAddress,
  toHexAddress,
} from '#lib/address.ts'
import { encodeBech32 } from '#lib/bech32.ts'
import { clip, fromByteString, toByteString, toHex } from '#lib/bytes.ts'
import type { JsonObject } from '#lib/proto-json.ts'

/** What stands before the 1 of an address: of accounts, of validators' operators, of consensus keys. */
export const PREFIXES = {
  acc: ADDRESS_PREFIX,
  val: `${ADDRESS_PREFIX}valoper`,
  cons: `${ADDRESS_PREFIX}valcons`,
} as const

/** BIP 173's limit on the length of a text. */
const MAX_TEXT = 90

/** The 20 bytes of an address in bech32 of any chain, in hex behind 0x, or in hex. Throws {@link AddressError}. */
export function anyAddress(text: string): Uint8Array {
  if (text.startsWith('0x')) return fromByteString(fromHexAddress(text))
  if (/^[0-9a-fA-F]{40}$/.test(text)) return fromByteString(fromHexAddress(`0x${text.toLowerCase()}`))
  let bytes: Uint8Array
  try {
    bytes = bech32.fromWords(bech32.decode(text as `${string}1${string}`, MAX_TEXT).words)
  } catch (error) {
    throw new AddressError(`${clip(text)} is neither bech32 nor 40 hex digits: ${(error as Error).message}`)
  }
  if (bytes.length === ADDRESS_LENGTH) return bytes
  throw new AddressError(`${clip(text)} has ${bytes.length} bytes, and an address ${ADDRESS_LENGTH}`)
}

/** 20 bytes in all the spellings that people meet. */
export function spellings(bytes: Uint8Array): JsonObject {
  const address = toByteString(bytes)
  return {
    address: addressText(address),
    hex_address: toHexAddress(address),
    operator_address: encodeBech32(PREFIXES.val, bytes),
    consensus_address: encodeBech32(PREFIXES.cons, bytes),
    bytes: toHex(bytes).toUpperCase(),
  }
}
