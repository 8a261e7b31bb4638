/**
 * Account addresses: 20 bytes, spelt in bech32 (`wadi1…`) or in hex (`0x…`). Both spellings name the same account.
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { decodeBech32, encodeBech32 } from '#lib/bech32.ts'
import {
  type ByteString,
  clip,
  fromByteString,
  fromHex,
  toByteString,
  toHex,
  utf8,
  ValueError,
} from '#lib/bytes.ts'
import { SlotCache } from '#lib/slot-cache.ts'

/** The human-readable part of account addresses; operators and consensus keys append `valoper` and `valcons`. */
export const ADDRESS_PREFIX = 'wadi'

/** Bytes of every address. */
export const ADDRESS_LENGTH = 20

/** A text that is no address of this chain. The message names the text and the rule it breaks. */
export class AddressError extends ValueError {
  override readonly name = 'AddressError'
}

// A conversion costs a microsecond, so only addresses that come again soon are worth a look-up.
const byText = new SlotCache(8_192)
const byBytes = new SlotCache(8_192)

/** The 20 bytes of a lower-case bech32 address; any other prefix, length, case or checksum is refused. */
export function addressBytes(text: string): ByteString {
  const known = byText.get(text)
  if (known !== undefined) return known
  const bytes = decodeAddress(text, ADDRESS_PREFIX)
  byText.set(text, bytes)
  return bytes
}

/** The bech32 spelling of 20 bytes. */
export function addressText(address: ByteString): string {
  const known = byBytes.get(address)
  if (known !== undefined) return known
  const text = encodeBech32(ADDRESS_PREFIX, checkedLength(address))
  byBytes.set(address, text)
  return text
}

/** Like {@link addressBytes} for another prefix, e.g. `wadivaloper`; not cached. */
export function decodeAddress(text: string, prefix: string): ByteString {
  let bytes: Uint8Array
  try {
    bytes = decodeBech32(text, prefix)
  } catch (error) {
    throw new AddressError(`invalid address: ${(error as Error).message}`)
  }
  if (bytes.length !== ADDRESS_LENGTH) {
    throw new AddressError(
      `invalid address: ${clip(text)} has ${bytes.length} bytes, expected ${ADDRESS_LENGTH}`,
    )
  }
  return toByteString(bytes)
}

/** `0x` and 40 hex digits with the checksum case of EIP-55. */
export function toHexAddress(address: ByteString): string {
  const digits = toHex(checkedLength(address))
  return `0x${checksumCase(digits)}`
}

/**
 * Reads `0x` and 40 hex digits. All lower or all upper case says nothing about a checksum and is accepted; mixed case
 * must be the checksum of EIP-55.
 */
export function fromHexAddress(text: string): ByteString {
  const digits = text.slice(2)
  if (!text.startsWith('0x') || !/^[0-9a-fA-F]{40}$/.test(digits)) {
    throw new AddressError(`invalid address: ${clip(text)} is not 0x and 40 hex digits`)
  }
  const lower = digits.toLowerCase()
  const checked = digits !== lower && digits !== digits.toUpperCase()
  if (checked && digits !== checksumCase(lower)) {
    throw new AddressError(
      `invalid address: ${clip(text)} fails its EIP-55 checksum, so a digit or its case is mistyped`,
    )
  }
  return toByteString(fromHex(lower))
}

/** The address of a module account: the first 20 bytes of SHA-256(name), as `NewModuleAddress` of the Cosmos SDK. */
export function moduleAddress(name: string): ByteString {
  return toByteString(sha256(utf8(name)).subarray(0, ADDRESS_LENGTH))
}

function checksumCase(lower: string): string {
  const hash = toHex(keccak_256(utf8(lower)))
  let text = ''
  for (let i = 0; i < lower.length; i++) {
    text += hash.charAt(i) >= '8' ? lower.charAt(i).toUpperCase() : lower.charAt(i)
  }
  return text
}

function checkedLength(address: ByteString): Uint8Array {
  if (address.length === ADDRESS_LENGTH) return fromByteString(address)
  throw new AddressError(`an address has ${ADDRESS_LENGTH} bytes, not ${address.length}`)
}
