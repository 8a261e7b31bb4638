import { Decimal } from '#lib/decimal.ts'

/** One case of `legacy-dec.json`: results of cosmossdk.io/math on `a` and `b`; absent where Go refuses or has none. */
interface DecimalCase {
  readonly a: string
  readonly b: string
  readonly cmp: number
  readonly [operation: string]: string | number
}

const operations: Readonly<Record<string, (a: Decimal, b: Decimal) => string>> = {
  add: (a, b) => `${a.add(b)}`,
  sub: (a, b) => `${a.sub(b)}`,
  mul: (a, b) => `${a.mul(b)}`,
  mul_truncate: (a, b) => `${a.mulTruncate(b)}`,
  mul_roundup: (a, b) => `${a.mulRoundUp(b)}`,
  quo: (a, b) => `${a.quo(b)}`,
  quo_truncate: (a, b) => `${a.quoTruncate(b)}`,
  quo_roundup: (a, b) => `${a.quoRoundUp(b)}`,
  ceil: (a) => `${a.ceil()}`,
  round_int: (a) => `${a.roundInt()}`,
  truncate_int: (a) => `${a.truncateInt()}`,
  approx_sqrt: (a) => `${a.approxSqrt()}`,
  proto: (a) => a.toProto(),
  cmp: (a, b) => `${a.compare(b)}`,
  a: (a) => `${Decimal.fromProto(a.toProto())}`,
  b: (_, b) => `${b}`,
}

/** Holds `Decimal` to a file of decimals made by Go; stops at the first difference. */
export function checkLegacyDec(json: unknown, file: string): { checks: number; difference?: string } {
  const { cases } = json as { cases: readonly DecimalCase[] }
  let checks = 0
  for (const [index, entry] of cases.entries()) {
    const a = Decimal.parse(entry.a)
    const b = Decimal.parse(entry.b)
    for (const [name, expected] of Object.entries(entry)) {
      const found = operations[name]?.(a, b) ?? 'an unknown operation'
      if (found !== `${expected}`) {
        return {
          checks,
          difference: `${file}: case ${index}: ${name}(${entry.a}, ${entry.b}) = ${found}, Go has ${expected}`,
        }
      }
      checks++
    }
  }
  return { checks }
}
