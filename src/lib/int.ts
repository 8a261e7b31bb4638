/** Checked unsigned integers over `bigint`: amounts never wrap, never round, never read two spellings as one value. */

import { clip, ValueError } from '#lib/bytes.ts'

/** A number outside its range, or a text that is no number. */
export class IntError extends ValueError {
  override readonly name = 'IntError'
}

export const MAX_U64: bigint = 2n ** 64n - 1n
export const MAX_U256: bigint = 2n ** 256n - 1n

/**
 * Reads an unsigned decimal below 2^bits. Only digits, no sign, no space, no leading zero, not empty.
 *
 * The Go chain reads amounts with `big.Int.UnmarshalText`, where "010" is octal 8, "0x10" is 16 and "1_000" is 1000;
 * those spellings are refused here, so nothing it reads differently is accepted.
 */
export function parseUint(text: string, bits: number): bigint {
  // 2^256 has 78 digits: the cut comes before the conversion, whose cost grows faster than the length.
  const canonical = text.length <= digitsOf(bits) && isCanonical(text)
  if (!canonical)
    throw new IntError(`${clip(text)} is not an unsigned integer below 2^${bits} in plain digits`)
  // Fifteen digits are below 2^53.
  const value = text.length <= 15 ? BigInt(Number(text)) : BigInt(text)
  if (text.length >= digitsOf(bits - 1) && value >> BigInt(bits) !== 0n)
    throw new IntError(`${clip(text)} is not below 2^${bits}`)
  return value
}

function isCanonical(text: string): boolean {
  if (text === '' || (text.length > 1 && text.charCodeAt(0) === 48)) return false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 48 || unit > 57) return false
  }
  return true
}

// log10(2) < 0.30103, so this is at least the number of digits of 2^bits - 1.
function digitsOf(bits: number): number {
  return Math.ceil(bits * 0.30103)
}

/** a + b, refused above 2^256 - 1. */
export function addU256(a: bigint, b: bigint): bigint {
  const sum = a + b
  if (a < 0n || b < 0n || sum > MAX_U256) throw new IntError(`${a} + ${b} is not within 0…2^256-1`)
  return sum
}

/** a - b, refused below zero. */
export function subU256(a: bigint, b: bigint): bigint {
  if (b < 0n || a < b || a > MAX_U256) throw new IntError(`${a} - ${b} is not within 0…2^256-1`)
  return a - b
}

/** a × b, refused above 2^256 - 1. */
export function mulU256(a: bigint, b: bigint): bigint {
  const product = a * b
  if (a < 0n || b < 0n || product > MAX_U256) throw new IntError(`${a} × ${b} is not within 0…2^256-1`)
  return product
}

/** The same value as a JavaScript number; refused where a number cannot hold it exactly (±2^53 - 1). */
export function toSafeNumber(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new IntError(`${value} does not fit a JavaScript number exactly`)
  return number
}
