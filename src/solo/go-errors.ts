/** Error texts of Go's standard library, which clients of CometBFT's RPC see. */
import { MAX_JSON_DEPTH } from './limits.ts'

/** What `hex.DecodeString` says of a text; undefined where it is hexadecimal. */
export function goHexError(text: string): string | undefined {
  const bytes = Buffer.from(text, 'utf8')
  for (const byte of bytes) {
    const digit = (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 102)
    if (!digit) return `encoding/hex: invalid byte: ${runeName(byte)}`
  }
  return bytes.length % 2 === 0 ? undefined : 'encoding/hex: odd length hex string'
}

/** `U+007A 'z'`, as Go's `%#U` writes a rune. */
function runeName(byte: number): string {
  const code = `U+${byte.toString(16).toUpperCase().padStart(4, '0')}`
  const printable = (byte >= 0x20 && byte < 0x7f) || (byte >= 0xa1 && byte !== 0xad)
  return printable ? `${code} '${String.fromCharCode(byte)}'` : code
}

/** What `encoding/base64` says of a text; undefined where it is standard base64 with padding. */
export function goBase64Error(text: string): string | undefined {
  const bad = (at: number) => `illegal base64 data at input byte ${at}`
  const digits = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0
  const rest = text.slice(digits)
  if (rest === '') return digits % 4 === 0 ? undefined : bad(digits - (digits % 4))
  const padding = digits % 4 === 2 ? '==' : digits % 4 === 3 ? '=' : undefined
  if (padding === undefined || !rest.startsWith('=')) return bad(digits)
  if (rest === padding) return undefined
  if (padding === '==' && rest === '=') return bad(text.length)
  if (padding === '==' && rest[1] !== '=') return bad(digits)
  return bad(digits + padding.length)
}

/**
 * What `encoding/json` says of a text that is not JSON, for the kinds of damage that occur: a stray first character, a
 * word that is none, a text that ends too early or goes on too long.
 */
export function goJsonError(text: string): string {
  const trimmed = text.trimStart()
  const literal = ['true', 'false', 'null'].find((word) => word[0] === trimmed[0])
  if (literal !== undefined) {
    const at = [...literal].findIndex((character, index) => trimmed[index] !== character)
    if (at > 0 && trimmed.length > at)
      return `invalid character '${trimmed[at]}' in literal ${literal} (expecting '${literal[at]}')`
  }
  const message = syntaxError(text)
  const after = /after JSON at position (\d+)/.exec(message)?.[1]
  if (after !== undefined) return `invalid character '${text[Number(after)]}' after top-level value`
  const token = /^Unexpected token '?(.+?)'?(?:, |$)/su.exec(message)?.[1]
  if (token === undefined) return 'unexpected end of JSON input'
  return `invalid character '${token}' ${trimmed.startsWith(token) ? 'looking for beginning of value' : 'in the text'}`
}

function syntaxError(text: string): string {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

/** What is wrong with a value that is nested too deeply to work on; undefined where it is not. */
export function goDepthError(value: unknown): string | undefined {
  let level = [value].filter(isNesting)
  for (let depth = 1; depth <= MAX_JSON_DEPTH; depth++) {
    level = level.flatMap((each) => Object.values(each).filter(isNesting))
    if (level.length === 0) return undefined
  }
  return `exceeded max depth: JSON may be nested ${MAX_JSON_DEPTH} levels deep`
}

function isNesting(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Name of a JSON value's kind as `json.UnmarshalTypeError` has it. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}
