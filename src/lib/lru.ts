/**
 * A bounded map that forgets what was not used lately.
 *
 * Two generations instead of a linked list: an entry is written to (or, when used, moved to) the young one; when that
 * holds half the capacity the old one is dropped and the young one grows old. So the `capacity / 2` most recently used
 * entries are always present, a hit costs one look-up, and there are never more than `capacity` entries.
 * Where entries differ in size, `weigh` says what each counts; the capacity then bounds the sum.
 */
export class LruMap<K, V> {
  readonly capacity: number
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  #youngWeight = 0
  readonly #weigh: (value: V) => number

  /**
   * @param capacity the most entries ever held; at least 2
   * @param weigh how many entries one counts for; more than half the capacity is more than one may be
   */
  constructor(capacity: number, weigh: (value: V) => number = () => 1) {
    if (!Number.isInteger(capacity) || capacity < 2)
      throw new RangeError(`LruMap capacity ${capacity}: at least 2`)
    this.capacity = capacity
    this.#weigh = weigh
  }

  /** Entries held now; one that is in both generations is counted once. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined || this.#young.has(key)) return young
    const old = this.#old.get(key)
    if (old === undefined && !this.#old.has(key)) return undefined
    this.#old.delete(key)
    this.#insert(key, old as V)
    return old
  }

  set(key: K, value: V): void {
    this.#old.delete(key)
    this.#insert(key, value)
  }

  /** Forgets an entry; true if there was one. */
  delete(key: K): boolean {
    const old = this.#old.delete(key)
    if (!this.#young.has(key)) return old
    this.#youngWeight -= this.#weigh(this.#young.get(key) as V)
    return this.#young.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#youngWeight = 0
  }

  #insert(key: K, value: V): void {
    const weight = this.#weigh(value)
    if (this.#young.has(key)) this.#youngWeight -= this.#weigh(this.#young.get(key) as V)
    if ((this.#youngWeight + weight) * 2 > this.capacity) {
      this.#young.delete(key)
      this.#old = this.#young
      this.#young = new Map()
      this.#youngWeight = 0
    }
    this.#young.set(key, value)
    this.#youngWeight += weight
  }
}
