/**
 * Byte arrays and byte strings.
 *
 * A *byte string* is a JavaScript string whose every UTF-16 unit is one byte (0…255): it compares with `<` exactly as
 * its bytes do, is a fast Map key and costs half the memory of a Uint8Array. Everything here is portable.
 */

/** A string whose every UTF-16 unit is one byte. */
export type ByteString = string

/** A value from outside that cannot be read; the subclasses say of which kind. The message names the value. */
export class ValueError extends Error {
  override readonly name: string = 'ValueError'
}

/** Text that is not hex, not base64 or not UTF-8. */
export class EncodingError extends ValueError {
  override readonly name = 'EncodingError'
}

interface Latin1Host {
  readonly Buffer?: { readonly prototype: { readonly latin1Slice?: Latin1Slice } }
}
type Latin1Slice = (this: Uint8Array, start: number, end: number) => string

// Node reads a byte string out of an array three times as fast as the portable way; browsers lack it.
const latin1Slice = (globalThis as unknown as Latin1Host).Buffer?.prototype.latin1Slice

/** The bytes as a byte string. */
export const toByteString: (bytes: Uint8Array) => ByteString =
  latin1Slice === undefined
    ? portableByteString
    : (bytes) => (bytes.length === 0 ? '' : latin1Slice.call(bytes, 0, bytes.length))

/** The bytes from `start` up to `end` as a byte string. */
export const byteStringOf: (bytes: Uint8Array, start: number, end: number) => ByteString =
  latin1Slice === undefined
    ? (bytes, start, end) => portableByteString(bytes.subarray(start, end))
    : (bytes, start, end) => (start === end ? '' : latin1Slice.call(bytes, start, end))

/** {@link toByteString} without help of the host. */
export function portableByteString(bytes: Uint8Array): ByteString {
  let text = ''
  // Chunks keep the argument list within every engine's limit.
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 4096) as unknown as number[])
  }
  return text
}

/** The bytes of a byte string. Units above 255 are not bytes and are refused. */
export function fromByteString(text: ByteString): Uint8Array {
  const length = text.length
  const bytes = new Uint8Array(length)
  let seen = 0
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    seen |= unit
    bytes[i] = unit
  }
  if (seen > 0xff) throw new EncodingError('a byte string holds a character above U+00FF')
  return bytes
}

const hexDigits = '0123456789abcdef'
const hexPairs = Array.from({ length: 256 }, (_, i) => `${hexDigits[i >> 4]}${hexDigits[i & 15]}`)

/** Lower-case hex without prefix. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexPairs[byte]
  return text
}

/** Reads hex of either case, without prefix. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new EncodingError(`hex needs an even number of digits: ${clip(text)}`)
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = hexValue(text.charCodeAt(2 * i))
    const low = hexValue(text.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) throw new EncodingError(`not hex at digit ${2 * i}: ${clip(text)}`)
    bytes[i] = high * 16 + low
  }
  return bytes
}

function hexValue(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48
  const letter = unit | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base64Values = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) base64Values[base64Digits.charCodeAt(i)] = i

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word = (bytes[i] as number) * 65536 + (bytes[i + 1] ?? 0) * 256 + (bytes[i + 2] ?? 0)
    text += base64Digits.charAt(word >> 18) + base64Digits.charAt((word >> 12) & 63)
    text += left > 1 ? base64Digits.charAt((word >> 6) & 63) : '='
    text += left > 2 ? base64Digits.charAt(word & 63) : '='
  }
  return text
}

/** Reads standard base64; padding is required and unused bits must be zero, so each value has one spelling. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (text.length % 4 !== 0) throw new EncodingError(`base64 needs a multiple of 4 digits: ${clip(text)}`)
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const digits = text.length - padding
  let word = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const value = base64Values[text.charCodeAt(i)] ?? -1
    if (value < 0) throw new EncodingError(`not base64 at digit ${i}: ${clip(text)}`)
    word = ((word << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = word >> bits
  }
  if ((word & ((1 << bits) - 1)) !== 0) throw new EncodingError(`base64 ends in stray bits: ${clip(text)}`)
  return bytes
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Reads UTF-8 strictly; a byte order mark is kept. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new EncodingError(`not UTF-8: ${clip(toHex(bytes.subarray(0, 40)))}`)
  }
}

/** All parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Order of two arrays by their bytes: negative, zero or positive; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Whether two arrays hold the same bytes. Not constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

/** Order of two byte strings, for sorting: by their bytes. */
export function compareByteStrings(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A text short enough for an error message, without control characters. */
export function clip(text: string, limit = 100): string {
  const short = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text
  return JSON.stringify(short)
}
