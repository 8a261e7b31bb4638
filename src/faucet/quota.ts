/** What a key has had since its window began. */
interface Taken {
  readonly since: number
  count: number
}

/** `wait`: milliseconds until the key may take again. `full`: nothing more can be remembered for so long. */
export type QuotaAnswer =
  | { readonly taken: true }
  | { readonly taken: false; readonly wait: number; readonly full: boolean }

/** Counts by key within windows, each of which begins with the first take in it. Remembers at most `maxKeys`. */
export class Quota {
  readonly #limit: number
  readonly #windowMs: number
  readonly #maxKeys: number
  readonly #now: () => number
  /** Oldest window first. */
  readonly #taken = new Map<string, Taken>()

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(limit: number, windowMs: number, maxKeys: number, now: () => number = () => performance.now()) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
    this.#now = now
  }

  get size(): number {
    return this.#taken.size
  }

  take(key: string): QuotaAnswer {
    const now = this.#now()
    this.#forgetEnded(now)
    const known = this.#taken.get(key)
    if (known !== undefined) {
      if (known.count >= this.#limit) return { taken: false, wait: this.#left(known, now), full: false }
      known.count++
      return { taken: true }
    }
    // Nobody is forgotten before his time: else many keys would wash out the ones that had enough.
    const oldest = this.#taken.values().next().value
    if (oldest !== undefined && this.#taken.size >= this.#maxKeys)
      return { taken: false, wait: this.#left(oldest, now), full: true }
    this.#taken.set(key, { since: now, count: 1 })
    return { taken: true }
  }

  /** Takes back a take that led to nothing. */
  giveBack(key: string): void {
    const known = this.#taken.get(key)
    if (known === undefined) return
    known.count--
    if (known.count === 0) this.#taken.delete(key)
  }

  #left({ since }: Taken, now: number): number {
    return since + this.#windowMs - now
  }

  #forgetEnded(now: number): void {
    for (const [key, taken] of this.#taken) {
      if (this.#left(taken, now) > 0) return
      this.#taken.delete(key)
    }
  }
}
