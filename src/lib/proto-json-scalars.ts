/** Single values between proto and JSON: integers, bytes, points in time and spans of it. Pure, no clock. */

import { fromBase64, ValueError } from '#lib/bytes.ts'

/**
 * A JSON value that is not what the definition says, somewhere inside a document: a reader throws it where the value
 * is, every level on the way up puts its key in front, and the outermost makes a {@link JsonError} of it.
 */
export class Misfit extends Error {
  path = ''
  readonly value: unknown
  readonly expected: string

  constructor(value: unknown, expected: string) {
    super(expected)
    this.value = value
    this.expected = expected
  }
}

/** Puts a key (`.name`) or an index (`[3]`) in front of the path of a misfit on its way up. */
export function within(error: unknown, key: string | number): unknown {
  if (error instanceof Misfit) error.path = (typeof key === 'number' ? `[${key}]` : `.${key}`) + error.path
  return error
}

/** A range of integers, with the words for it. */
export interface IntRange {
  readonly name: string
  readonly min: bigint
  readonly max: bigint
}

const range = (name: string, min: bigint, max: bigint): IntRange => ({ name, min, max })
export const INT32: IntRange = range('an int32', -(2n ** 31n), 2n ** 31n - 1n)
export const UINT32: IntRange = range('a uint32', 0n, 2n ** 32n - 1n)
export const INT64: IntRange = range('an int64', -(2n ** 63n), 2n ** 63n - 1n)
export const UINT64: IntRange = range('a uint64', 0n, 2n ** 64n - 1n)

const integerForm = /^-?(?:0|[1-9][0-9]{0,19})$/

/** An integer from a JSON number or a string of decimal digits. */
export function readInteger(json: unknown, { name, min, max }: IntRange): bigint {
  let value: bigint
  if (typeof json === 'string' && integerForm.test(json)) value = BigInt(json)
  else if (typeof json === 'number' && Number.isSafeInteger(json)) value = BigInt(json)
  else if (typeof json === 'bigint') value = json
  else {
    const rounded = typeof json === 'number' && Number.isInteger(json)
    throw new Misfit(json, rounded ? `${name} in quotes: a JSON number this large loses digits` : name)
  }
  if (value < min || value > max) throw new Misfit(json, `${name}, ${min} to ${max}`)
  return value
}

/** A 32-bit integer; the plain number is the common case and is not taken through bigint. */
export function readSmallInteger(json: unknown, bounds: IntRange): number {
  if (typeof json === 'number' && (json | 0) === json && (json >= 0 || bounds.min < 0n)) return json
  return Number(readInteger(json, bounds))
}

/** Base64, standard or for URLs, padded or not. */
export function readBytes(json: unknown): Uint8Array {
  if (typeof json !== 'string') throw new Misfit(json, 'bytes in base64')
  try {
    if (json.length % 4 === 0 && !json.includes('-') && !json.includes('_')) return fromBase64(json)
    const standard = json.replaceAll('-', '+').replaceAll('_', '/')
    return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='))
  } catch (error) {
    if (error instanceof ValueError) throw new Misfit(json, 'bytes in base64')
    throw error
  }
}

/** Text that UTF-8 can hold. */
export function readText(json: unknown): string {
  if (typeof json !== 'string') throw new Misfit(json, 'a string')
  if (!json.isWellFormed()) throw new Misfit(json, 'a string without lone surrogates')
  return json
}

/** `google.protobuf.Timestamp` as generated. */
export interface Timestamp {
  readonly seconds: bigint
  readonly nanos: number
}

/** `google.protobuf.Duration` as generated; both parts have the same sign. */
export type Duration = Timestamp

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the bounds of google.protobuf.Timestamp.
const FIRST_SECOND = -62_135_596_800n
const LAST_SECOND = 253_402_300_799n
/** 10,000 years, the bound of google.protobuf.Duration. */
const LONGEST = 315_576_000_000n
const NANOS = 1_000_000_000
const DAY = 86_400

const pad = (value: number, width: number): string => value.toString().padStart(width, '0')

/** The fraction of a second in 0, 3, 6 or 9 digits, point included. */
function fraction(nanos: number): string {
  if (nanos === 0) return ''
  const digits = pad(nanos, 9)
  return `.${digits.endsWith('000000') ? digits.slice(0, 3) : digits.endsWith('000') ? digits.slice(0, 6) : digits}`
}

const nanosOf = (digits: string | undefined): number => Number((digits ?? '').padEnd(9, '0'))

/** RFC 3339 in UTC: `2026-11-20T12:00:00.500Z`. */
export function timestampText({ seconds, nanos }: Timestamp): string {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= NANOS) {
    throw new Misfit(`${seconds}s ${nanos}ns`, 'a time in the years 1 to 9999')
  }
  const total = Number(seconds)
  const days = Math.floor(total / DAY)
  const second = total - days * DAY
  const [year, month, day] = dateOf(days)
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map((part) =>
    pad(part, 2),
  )
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock.join(':')}${fraction(nanos)}Z`
}

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days and days_from_civil. Years begin in
// March and are grouped in eras of 400, which all have 146,097 days.
const ERA = 146_097
const DAYS_TO_1970 = 719_468

function dateOf(days: number): readonly [year: number, month: number, day: number] {
  const shifted = days + DAYS_TO_1970
  const era = Math.floor(shifted / ERA)
  const inEra = shifted - era * ERA
  const yearOfEra = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  )
  const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * inYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const day = inYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const inEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + inYear
  return era * ERA + inEra - DAYS_TO_1970
}

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/** Reads RFC 3339 with any offset and up to 9 digits of a second. */
export function readTimestamp(json: unknown): Timestamp {
  const expected = 'a time like 2026-11-20T12:00:00Z'
  const match = typeof json === 'string' ? TIMESTAMP.exec(json) : null
  if (match === null) throw new Misfit(json, expected)
  const part = (group: number): number => Number(match[group] ?? 0)
  const days = daysOf(part(1), part(2), part(3))
  // A day that its month does not have comes back as another date.
  const date = dateOf(days)
  if (date[0] !== part(1) || date[1] !== part(2) || date[2] !== part(3)) throw new Misfit(json, expected)
  const offset = (part(9) * 60 + part(10)) * (match[8] === '-' ? -60 : 60)
  const seconds = BigInt(days * DAY + part(4) * 3600 + part(5) * 60 + part(6) - offset)
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw new Misfit(json, 'a time in the years 1 to 9999')
  return { seconds, nanos: nanosOf(match[7]) }
}

/** Seconds with their unit: `-1.500s`. */
export function durationText({ seconds, nanos }: Duration): string {
  const mixed = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0)
  const long = seconds > LONGEST || seconds < -LONGEST || Math.abs(nanos) >= NANOS
  if (mixed || long) throw new Misfit(`${seconds}s ${nanos}ns`, 'a duration of at most 10,000 years')
  const sign = seconds < 0n || nanos < 0 ? '-' : ''
  return `${sign}${seconds < 0n ? -seconds : seconds}${fraction(Math.abs(nanos))}s`
}

const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/

/** Reads seconds with up to 9 digits after the point. */
export function readDuration(json: unknown): Duration {
  const match = typeof json === 'string' ? DURATION.exec(json) : null
  if (match === null) throw new Misfit(json, 'a duration like 1.5s')
  const sign = match[1] === '-' ? -1 : 1
  const seconds = BigInt(sign) * BigInt(match[2] as string)
  if (seconds > LONGEST || seconds < -LONGEST) throw new Misfit(json, 'a duration of at most 10,000 years')
  return { seconds, nanos: sign * nanosOf(match[3]) || 0 }
}
