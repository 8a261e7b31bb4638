import type { Timestamp } from '#gen/google/protobuf/timestamp.ts'

const MILLI = 1_000_000

/** A time from milliseconds since 1970. */
export function timeOfMs(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000)
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * MILLI }
}

export function addMs(time: Timestamp, ms: number): Timestamp {
  const nanos = time.nanos + ms * MILLI
  const carry = Math.floor(nanos / 1e9)
  return { seconds: time.seconds + BigInt(carry), nanos: nanos - carry * 1e9 }
}

export function isAfter(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds ? a.nanos > b.nanos : a.seconds > b.seconds
}

/** RFC 3339 in UTC with as many digits of a second as needed, as Go writes times. */
export function timeText({ seconds, nanos }: Timestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  const fraction = nanos === 0 ? '' : `.${`${nanos}`.padStart(9, '0').replace(/0+$/, '')}`
  return `${whole}${fraction}Z`
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/

/** Reads RFC 3339; undefined where it is not a time. */
export function readTime(text: string): Timestamp | undefined {
  const match = RFC3339.exec(text)
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`)
  if (match === null || Number.isNaN(ms)) return undefined
  return { seconds: BigInt(ms / 1000), nanos: Number((match[2] ?? '').padEnd(9, '0')) }
}
