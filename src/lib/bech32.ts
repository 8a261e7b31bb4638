/** Bech32 (BIP 173) texts of byte arrays with a human-readable prefix. */

import { bech32 } from '@scure/base'
import { clip, ValueError } from '#lib/bytes.ts'

/** A text that is not bech32, or has another prefix than asked. The message names the text. */
export class Bech32Error extends ValueError {
  override readonly name = 'Bech32Error'
}

/** The longest text read or written: BIP 173's limit, which every address keeps. */
const LIMIT = 90

/** `wadi1…` from its prefix and bytes. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  if (prefix !== prefix.toLowerCase()) throw new Bech32Error(`the prefix ${clip(prefix)} must be lower case`)
  try {
    return bech32.encode(prefix, bech32.toWords(bytes), LIMIT)
  } catch (error) {
    throw new Bech32Error(`${bytes.length} bytes with prefix ${clip(prefix)}: ${reason(error)}`)
  }
}

/**
 * Reads a lower-case bech32 text and checks its prefix. Upper case is valid bech32 but a second spelling of the same
 * bytes, so it is refused.
 */
export function decodeBech32(text: string, prefix: string): Uint8Array {
  return decodeValid(text, prefix) ?? explain(text, prefix)
}

const VALUES = new Int8Array(128).fill(-1)
for (const [value, letter] of [...'qpzry9x8gf2tvdw0s3jn54khce6mua7l'].entries())
  VALUES[letter.charCodeAt(0)] = value
const SEPARATOR = '1'.charCodeAt(0)
const CHECKSUM_LENGTH = 6

/** What the five bits that leave the checksum on top put back into it, by their value (BIP 173's generator). */
const RETURNS = Int32Array.from({ length: 32 }, (_, top) =>
  [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].reduce(
    (sum, part, bit) => ((top >> bit) & 1 ? sum ^ part : sum),
    0,
  ),
)

// Nearly all texts have the same prefix.
let lastPrefix = ''
let lastPrefixChecksum = prefixChecksum('')

/** The bytes of a text without fault, else undefined. A genesis has millions; the library takes 5 µs each. */
function decodeValid(text: string, prefix: string): Uint8Array | undefined {
  const start = prefix.length + 1
  const end = text.length - CHECKSUM_LENGTH
  if (end < start || text.length > LIMIT || text.charCodeAt(prefix.length) !== SEPARATOR) return undefined
  if (!text.startsWith(prefix)) return undefined
  const bytes = new Uint8Array(((end - start) * 5) >> 3)
  if (prefix !== lastPrefix) {
    lastPrefix = prefix
    lastPrefixChecksum = prefixChecksum(prefix)
  }
  let checksum = lastPrefixChecksum
  let bits = 0
  let left = 0
  let at = 0
  for (let i = start; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1
    if (value < 0) return undefined
    checksum = nextChecksum(checksum) ^ value
    if (i >= end) continue
    bits = ((bits << 5) | value) & 0xfff
    left += 5
    if (left < 8) continue
    left -= 8
    bytes[at++] = bits >> left
  }
  const padded = left < 5 && (bits & ((1 << left) - 1)) === 0
  return checksum === 1 && padded ? bytes : undefined
}

function prefixChecksum(prefix: string): number {
  let checksum = 1
  for (let i = 0; i < prefix.length; i++) checksum = nextChecksum(checksum) ^ (prefix.charCodeAt(i) >> 5)
  checksum = nextChecksum(checksum)
  for (let i = 0; i < prefix.length; i++) checksum = nextChecksum(checksum) ^ (prefix.charCodeAt(i) & 31)
  return checksum
}

/** One step of BIP 173's checksum, before the next five bits are added. */
function nextChecksum(checksum: number): number {
  return ((checksum & 0x1ff_ffff) << 5) ^ (RETURNS[checksum >>> 25] as number)
}

/** Says what is wrong with a text; the bytes if nothing is. */
function explain(text: string, prefix: string): Uint8Array {
  let decoded: { readonly prefix: string; readonly bytes: Uint8Array }
  try {
    const { prefix: found, words } = bech32.decode(text as `${string}1${string}`, LIMIT)
    decoded = { prefix: found, bytes: bech32.fromWords(words) }
  } catch (error) {
    throw new Bech32Error(`${clip(text)} is not bech32: ${reason(error)}`)
  }
  if (decoded.prefix !== prefix) {
    throw new Bech32Error(`${clip(text)} has the prefix ${clip(decoded.prefix)}, expected "${prefix}"`)
  }
  if (text !== text.toLowerCase()) throw new Bech32Error(`${clip(text)} must be lower case`)
  return decoded.bytes
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  // The library names the checksum that would fit: whoever takes it over has a valid address that is nobody's.
  if (text.startsWith('Invalid checksum')) return 'its checksum does not fit, so a letter is mistyped'
  return clip(text.replaceAll('"', "'"), 200).slice(1, -1)
}
