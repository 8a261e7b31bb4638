import { byteStringOf, utf8Text } from '#lib/bytes.ts'

/** Texts remembered; a power of two. */
const SLOTS = 16_384
/** Longer ones are mostly unlike each other: a memo, a description. */
const LONGEST = 64
const texts: (string | undefined)[] = new Array<string | undefined>(SLOTS).fill(undefined)

/**
 * Reads UTF-8 strictly, like {@link utf8Text}, from a part of an array. Short ASCII texts that were read lately come
 * back as the very same string: transactions consist of a few addresses, type URLs and denominations, and a string
 * that is known needs no memory and keeps its hash.
 */
export function recentText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length === 0) return ''
  if (length > LONGEST)
    return isAscii(bytes, start, end) ? byteStringOf(bytes, start, end) : wide(bytes, start, end)
  const slot = slotOf(bytes, start, end)
  const known = texts[slot]
  if (known !== undefined && known.length === length && isSame(known, bytes, start)) return known
  if (!isAscii(bytes, start, end)) return wide(bytes, start, end)
  const text = byteStringOf(bytes, start, end)
  texts[slot] = text
  return text
}

/** By the last four bytes: of an address the checksum, as good as random. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let i = end - 4 > start ? end - 4 : start; i < end; i++)
    hash = Math.imul(hash, 0x85eb_ca6b) + (bytes[i] as number)
  return (hash ^ (hash >>> 15)) & (SLOTS - 1)
}

function isSame(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) >= 0x80) return false
  return true
}

const wide = (bytes: Uint8Array, start: number, end: number): string => utf8Text(bytes.subarray(start, end))
