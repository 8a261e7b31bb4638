/** A number as written: `digits × 10^-places`. Comparing texts exactly needs no more. */
export interface Decimal {
  readonly digits: bigint
  readonly places: number
}

/** How queries for events compare two numbers. */
export type Order = '=' | '<' | '<=' | '>' | '>='

/** Digits beyond which a text is not read as a number. */
const MAX_DIGITS = 200

/** Reads `12`, `-3`, `2.50`; undefined where it is no such number. */
export function readDecimal(text: string): Decimal | undefined {
  const match = text.length > MAX_DIGITS ? null : /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = ''] = match
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, places: fraction.length }
}

/** Negative, zero or positive, as the first is below, equal to or above the second. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const places = Math.max(a.places, b.places)
  const left = a.digits * 10n ** BigInt(places - a.places)
  const right = b.digits * 10n ** BigInt(places - b.places)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Whether two things whose comparison gave `sign` (negative, zero or positive) are in an order. */
export function inOrder(order: Order, sign: number): boolean {
  switch (order) {
    case '=':
      return sign === 0
    case '<':
      return sign < 0
    case '<=':
      return sign <= 0
    case '>':
      return sign > 0
    default:
      return sign >= 0
  }
}
