/** The bytes that JSON is made of, by what they mean to a scanner. */

export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const BACKSLASH = 0x5c
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

// What a byte means while skipping: 0 nothing, 1 quote, 2 opens, 3 closes.
export const QUOTES = 1
export const OPENS = 2
export const CLOSES = 3
export const roles = new Uint8Array(256)
roles[QUOTE] = QUOTES
roles[OPEN_ARRAY] = roles[OPEN_OBJECT] = OPENS
roles[CLOSE_ARRAY] = roles[CLOSE_OBJECT] = CLOSES

// Bytes that may stand in a number or a literal; its exact form is checked once it is whole.
export const inScalar = new Uint8Array(256)
for (const unit of '+-.0123456789Eaeflnrstu') inScalar[unit.charCodeAt(0)] = 1
export const scalarForm = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

/** What a value is that begins with this byte; undefined if none does. */
export function kindOf(byte: number): JsonKind | undefined {
  if (byte === OPEN_OBJECT) return 'object'
  if (byte === OPEN_ARRAY) return 'array'
  if (byte === QUOTE) return 'string'
  if (byte === 0x74 || byte === 0x66) return 'boolean'
  if (byte === 0x6e) return 'null'
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) ? 'number' : undefined
}
