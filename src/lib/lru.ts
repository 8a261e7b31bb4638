/**
 * A bounded map that forgets what was not used lately.
 *
 * Two generations instead of a linked list: an entry is written to (or, when used, moved to) the young one; when that
 * holds half the capacity the old one is dropped and the young one grows old. So the `capacity / 2` most recently used
 * entries are always present, a hit costs one look-up, and there are never more than `capacity` entries.
 */
export class LruMap<K, V> {
  readonly capacity: number
  #young = new Map<K, V>()
  #old = new Map<K, V>()

  /** @param capacity the most entries ever held; at least 2 */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 2)
      throw new RangeError(`LruMap capacity ${capacity}: at least 2`)
    this.capacity = capacity
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

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #insert(key: K, value: V): void {
    if (this.#young.size * 2 >= this.capacity - 1 && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
