import type { ByteString } from '../kernel/kv.ts'

const CHUNK_MAX = 512

/**
 * A growing set of keys in order: arrays of at most 512 keys, so that an insertion moves few and a search is two binary
 * searches. New keys wait unsorted until somebody asks for the order; a block that never iterates pays one push a key.
 */
export class SortedKeys {
  private chunks: ByteString[][] = []
  private fresh: ByteString[] = []
  private sorted = 0

  /** Adds a key; adding it again does no harm. */
  add(key: ByteString): void {
    this.fresh.push(key)
  }

  clear(): void {
    this.chunks = []
    this.fresh = []
    this.sorted = 0
  }

  /** The lowest key at or above `key` (with `strict`: above it). */
  ceiling(key: ByteString, strict: boolean): ByteString | undefined {
    this.settle()
    // The last chunk that starts at or before the key, or the first.
    const at = Math.max(0, this.chunkCount((first) => first <= key) - 1)
    const chunk = this.chunks[at]
    if (chunk === undefined) return undefined
    const index = count(chunk, (each) => (strict ? each <= key : each < key))
    return index < chunk.length ? chunk[index] : this.chunks[at + 1]?.[0]
  }

  /** The highest key below `key`; of all if undefined. */
  below(key: ByteString | undefined): ByteString | undefined {
    this.settle()
    if (key === undefined) return this.chunks.at(-1)?.at(-1)
    const at = this.chunkCount((first) => first < key) - 1
    const chunk = this.chunks[at]
    return chunk?.[count(chunk, (each) => each < key) - 1]
  }

  private settle(): void {
    const { fresh } = this
    if (fresh.length === 0) return
    this.fresh = []
    // Many at once: merge everything; few: one by one.
    if (fresh.length > 16 && fresh.length * 8 > this.sorted) this.rebuild(fresh)
    else for (const key of fresh) this.insert(key)
  }

  private rebuild(fresh: ByteString[]): void {
    const all = this.chunks.flat().concat(fresh)
    all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    this.chunks = []
    let chunk: ByteString[] = []
    let last: ByteString | undefined
    this.sorted = 0
    for (const key of all) {
      if (key === last) continue
      last = key
      if (chunk.length === 0) this.chunks.push(chunk)
      this.sorted++
      if (chunk.push(key) === CHUNK_MAX / 2) chunk = []
    }
  }

  private insert(key: ByteString): void {
    const at = Math.max(0, this.chunkCount((first) => first <= key) - 1)
    const chunk = this.chunks[at]
    if (chunk === undefined) {
      this.chunks.push([key])
      this.sorted = 1
      return
    }
    const index = count(chunk, (each) => each < key)
    if (chunk[index] === key) return
    chunk.splice(index, 0, key)
    this.sorted++
    if (chunk.length > CHUNK_MAX) this.chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX / 2))
  }

  private chunkCount(holds: (first: ByteString) => boolean): number {
    return count(this.chunks, (chunk) => holds(chunk[0] as ByteString))
  }
}

/** How many items at the front satisfy `holds`, which no later item may satisfy. */
function count<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(items[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}
