import { sdk } from './sdk-errors.ts'

/** What a step costs, in gas; the figures are those of the Cosmos SDK's KV gas configuration. */
export const GAS = {
  has: 1_000,
  delete: 1_000,
  readFlat: 1_000,
  readByte: 3,
  writeFlat: 2_000,
  writeByte: 30,
  iterateFlat: 30,
} as const

/** Counts gas, in whole units below 2^53, and refuses to go over its limit. */
export class GasMeter {
  readonly limit: number
  #used = 0

  constructor(limit = Number.MAX_SAFE_INTEGER) {
    this.limit = limit
  }

  get used(): number {
    return this.#used
  }

  get remaining(): number {
    return Math.max(0, this.limit - this.#used)
  }

  /** Adds `amount`; throws `sdk/11 out of gas`, with the amount kept, when the limit is passed. */
  consume(amount: number, what: string): void {
    this.#used += amount
    if (this.#used > this.limit) {
      throw sdk.outOfGas(`out of gas in location: ${what}; gasWanted: ${this.limit}, gasUsed: ${this.#used}`)
    }
  }
}
