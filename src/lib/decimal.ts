/**
 * Decimals with 18 digits after the point, bit-equal to `LegacyDec` of cosmossdk.io/math v1.5 (test/vectors). Held as
 * an integer number of 10^-18; no floating point anywhere.
 */

import { clip, ValueError } from '#lib/bytes.ts'

/** A text that is no decimal, a result beyond the range, or a division by zero. */
export class DecimalError extends ValueError {
  override readonly name = 'DecimalError'
}

const PRECISION = 18
const ONE = 10n ** 18n
const HALF = ONE / 2n
/** |value| < 2^256: the range of LegacyDec, in units of 10^-18. */
const LIMIT = 2n ** 256n * ONE - 1n
const LIMIT_DIGITS = LIMIT.toString().length
const MAX_ROOT_ITERATIONS = 300

export class Decimal {
  static readonly zero: Decimal = new Decimal(0n)
  static readonly one: Decimal = new Decimal(ONE)

  /** The value in units of 10^-18. */
  readonly atoms: bigint

  private constructor(atoms: bigint) {
    this.atoms = atoms
  }

  /** From units of 10^-18; refused beyond ±2^256. */
  static fromAtoms(atoms: bigint): Decimal {
    if (atoms > LIMIT || atoms < -LIMIT)
      throw new DecimalError('decimal out of range: its absolute value reaches 2^256')
    return new Decimal(atoms)
  }

  static fromInt(value: bigint): Decimal {
    return Decimal.fromAtoms(value * ONE)
  }

  /** `bps` ten-thousandths. */
  static fromBasisPoints(bps: bigint): Decimal {
    return Decimal.fromAtoms(bps * 10n ** 14n)
  }

  /** Reads `-12`, `0.5`, `1.000000000000000000`: at most 18 digits after the point, digits on both sides of it. */
  static parse(text: string): Decimal {
    const match = text.length <= LIMIT_DIGITS + 2 ? /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(text) : null
    if (match === null) {
      throw new DecimalError(
        `${clip(text)} is not a decimal with at most ${PRECISION} digits after the point`,
      )
    }
    const magnitude = BigInt((match[2] as string) + (match[3] ?? '').padEnd(PRECISION, '0'))
    return Decimal.fromAtoms(match[1] === '-' ? -magnitude : magnitude)
  }

  /** Reads the protobuf form: the number of 10^-18 in decimal digits. */
  static fromProto(text: string): Decimal {
    if (text.length > LIMIT_DIGITS + 1 || !/^-?\d+$/.test(text)) {
      throw new DecimalError(`${clip(text)} is not the protobuf form of a decimal`)
    }
    return Decimal.fromAtoms(BigInt(text))
  }

  toProto(): string {
    return this.atoms.toString()
  }

  /** Always with 18 digits after the point. */
  toString(): string {
    const digits = abs(this.atoms)
      .toString()
      .padStart(PRECISION + 1, '0')
    const point = digits.length - PRECISION
    return `${this.atoms < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
  }

  compare(other: Decimal): -1 | 0 | 1 {
    return this.atoms < other.atoms ? -1 : this.atoms > other.atoms ? 1 : 0
  }

  neg(): Decimal {
    return new Decimal(-this.atoms)
  }

  add(other: Decimal): Decimal {
    return Decimal.fromAtoms(this.atoms + other.atoms)
  }

  sub(other: Decimal): Decimal {
    return Decimal.fromAtoms(this.atoms - other.atoms)
  }

  /** Product, rounded half to even. */
  mul(other: Decimal): Decimal {
    return Decimal.fromAtoms(roundHalfEven(this.atoms * other.atoms))
  }

  /** Product, rounded towards zero. */
  mulTruncate(other: Decimal): Decimal {
    return Decimal.fromAtoms((this.atoms * other.atoms) / ONE)
  }

  /** Product, rounded up (towards plus infinity). */
  mulRoundUp(other: Decimal): Decimal {
    return Decimal.fromAtoms(ceilOfAtoms(this.atoms * other.atoms))
  }

  /** Quotient, cut to 36 digits and then rounded half to even. */
  quo(other: Decimal): Decimal {
    return Decimal.fromAtoms(roundHalfEven((this.atoms * ONE * ONE) / divisor(other)))
  }

  /** Quotient, rounded towards zero. */
  quoTruncate(other: Decimal): Decimal {
    return Decimal.fromAtoms((this.atoms * ONE) / divisor(other))
  }

  /**
   * The truncated quotient, plus one atom when it is not exact. LegacyDec does this for negative quotients too (where
   * truncating had already rounded up), except when the truncated quotient is 0 and the true one negative.
   */
  quoRoundUp(other: Decimal): Decimal {
    const dividend = this.atoms * ONE
    const quotient = dividend / divisor(other)
    const below = quotient === 0n && dividend < 0n !== other.atoms < 0n
    const exact = quotient * other.atoms === dividend
    return Decimal.fromAtoms(exact || below ? quotient : quotient + 1n)
  }

  /** The least whole number not below, as a decimal. */
  ceil(): Decimal {
    return Decimal.fromAtoms(ceilOfAtoms(this.atoms) * ONE)
  }

  /** The nearest whole number, half to even. */
  roundInt(): bigint {
    return roundHalfEven(this.atoms)
  }

  /** The whole part: rounded towards zero. */
  truncateInt(): bigint {
    return this.atoms / ONE
  }

  /** Square root by Newton's method exactly as LegacyDec does it; of a negative value, minus that of its opposite. */
  approxSqrt(): Decimal {
    if (this.atoms < 0n) return this.neg().approxSqrt().neg()
    if (this.atoms === 0n || this.atoms === ONE) return this
    let guess = Decimal.one
    for (let i = 0; i < MAX_ROOT_ITERATIONS; i++) {
      const previous = guess.atoms === 0n ? new Decimal(1n) : guess
      const delta = this.quo(previous).sub(guess).atoms / 2n
      guess = Decimal.fromAtoms(guess.atoms + delta)
      if (abs(delta) <= 1n) break
    }
    return guess
  }
}

function divisor(value: Decimal): bigint {
  if (value.atoms === 0n) throw new DecimalError('division by zero')
  return value.atoms
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** value / 10^18, half to even. */
function roundHalfEven(value: bigint): bigint {
  if (value < 0n) return -roundHalfEven(-value)
  const quotient = value / ONE
  const rest = value % ONE
  const up = rest > HALF || (rest === HALF && quotient % 2n === 1n)
  return up ? quotient + 1n : quotient
}

/** value / 10^18 towards plus infinity. */
function ceilOfAtoms(value: bigint): bigint {
  const quotient = value / ONE
  return value % ONE > 0n ? quotient + 1n : quotient
}
