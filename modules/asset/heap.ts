/** A binary heap: gives back first what stands before all else. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  get size(): number {
    return this.#items.length
  }

  /** Everything in it, in no order that means anything. */
  get items(): readonly T[] {
    return this.#items
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = items[above] as T
      if (!this.#before(item, other)) break
      items[at] = other
      at = above
    }
    items[at] = item
  }

  /** Takes the first away; undefined when nothing is left. */
  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop() as T
    if (items.length === 0) return first
    let at = 0
    for (let below = 1; below < items.length; below = 2 * at + 1) {
      if (below + 1 < items.length && this.#before(items[below + 1] as T, items[below] as T)) below++
      const other = items[below] as T
      if (!this.#before(other, last)) break
      items[at] = other
      at = below
    }
    items[at] = last
    return first
  }
}
