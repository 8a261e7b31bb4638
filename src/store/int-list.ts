/** A growable list of 32-bit integers outside the garbage collected heap; also a stack. */
export class IntList {
  length = 0
  private items: Int32Array

  constructor(capacity = 64) {
    this.items = new Int32Array(capacity)
  }

  push(item: number): void {
    if (this.length === this.items.length) this.reserve(this.length + 1)
    this.items[this.length++] = item
  }

  /** The last item, taken off; undefined behaviour (0) when empty, so callers look at `length` first. */
  pop(): number {
    return this.items[--this.length] as number
  }

  at(index: number): number {
    return this.items[index] as number
  }

  set(index: number, item: number): void {
    this.items[index] = item
  }

  append(items: Int32Array): void {
    this.reserve(this.length + items.length)
    this.items.set(items, this.length)
    this.length += items.length
  }

  /** A copy of the contents; the list is emptied and keeps its room. */
  take(): Int32Array {
    const taken = this.items.slice(0, this.length)
    this.length = 0
    return taken
  }

  clear(): void {
    this.length = 0
  }

  private reserve(length: number): void {
    if (length <= this.items.length) return
    const grown = new Int32Array(Math.max(length, this.items.length * 2))
    grown.set(this.items)
    this.items = grown
  }
}
