import { assert } from '../kernel/errors.ts'
import type { ByteString, KvIterator, ReadStore, StoreChanges, WriteStore } from '../kernel/kv.ts'
import { SortedKeys } from './sorted-keys.ts'

/** A value, or that the key was removed. Undefined is what the overlay says nothing of: one look-up tells all three. */
type Entry = Uint8Array | typeof REMOVED
const REMOVED = null

interface Layer {
  readonly entries: Map<ByteString, Entry>
  readonly order: SortedKeys
}

/**
 * Writes over a store that stays as it is, with a journal that takes any of them back. There is one journal,
 * whatever the depth: a checkpoint is its length, reverting is undoing down to it. Values are kept, not copied,
 * and must not be
 * changed after.
 */
export class Overlay implements WriteStore {
  private readonly base: ReadStore
  private layers: Layer[] = []
  // Triples: slot, key, what the overlay held before.
  private readonly journal: (number | ByteString | Entry | undefined)[] = []

  constructor(base: ReadStore) {
    this.base = base
  }

  /** Whether there is nothing to commit. */
  get isEmpty(): boolean {
    return this.layers.every((layer) => layer.entries.size === 0)
  }

  get(slot: number, key: ByteString): Uint8Array | undefined {
    const entry = this.layers[slot]?.entries.get(key)
    if (entry === undefined) return this.base.get(slot, key)
    return entry === REMOVED ? undefined : entry
  }

  has(slot: number, key: ByteString): boolean {
    const entry = this.layers[slot]?.entries.get(key)
    return entry === undefined ? this.base.has(slot, key) : entry !== REMOVED
  }

  set(slot: number, key: ByteString, value: Uint8Array): void {
    this.write(slot, key, value)
  }

  delete(slot: number, key: ByteString): void {
    this.write(slot, key, REMOVED)
  }

  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    const base = this.base.iterate(slot, start, end, reverse)
    return new OverlayIterator(this.layer(slot), base, { start, end, reverse })
  }

  /** A mark to {@link revert} to. */
  checkpoint(): number {
    return this.journal.length
  }

  /** Takes back every write since the mark. */
  revert(mark: number): void {
    const { journal } = this
    assert(mark <= journal.length, `revert to ${mark}, the journal has ${journal.length}`)
    while (journal.length > mark) {
      const before = journal.pop() as Entry | undefined
      const key = journal.pop() as ByteString
      const { entries } = this.layer(journal.pop() as number)
      if (before === undefined) entries.delete(key)
      else entries.set(key, before)
    }
  }

  /** Makes all writes so far final for the journal: marks taken before are void. */
  settle(): void {
    this.journal.length = 0
  }

  /** Forgets all writes. */
  clear(): void {
    this.layers = []
    this.journal.length = 0
  }

  /** All writes, per slot, in order of keys; slots without any are undefined. */
  changes(): (StoreChanges | undefined)[] {
    return Array.from(this.layers, (layer) => {
      if (layer === undefined || layer.entries.size === 0) return undefined
      const keys = [...layer.entries.keys()].sort((a, b) => (a < b ? -1 : 1))
      return { keys, values: keys.map((key) => layer.entries.get(key) ?? undefined) }
    })
  }

  private write(slot: number, key: ByteString, entry: Entry): void {
    const { entries, order } = this.layer(slot)
    const before = entries.get(key)
    if (before === undefined) order.add(key)
    this.journal.push(slot, key, before)
    entries.set(key, entry)
  }

  private layer(slot: number): Layer {
    while (this.layers.length <= slot) this.layers.push({ entries: new Map(), order: new SortedKeys() })
    return this.layers[slot] as Layer
  }
}

interface Range {
  readonly start: ByteString
  readonly end: ByteString | undefined
  readonly reverse: boolean
}

/**
 * Merges overlay and base. Each step searches the overlay anew from the last key, so writes and removals in between are
 * seen if they lie ahead and never disturb the walk.
 */
class OverlayIterator implements KvIterator {
  key: ByteString = ''
  value: Uint8Array = new Uint8Array(0)
  private readonly layer: Layer
  private readonly base: KvIterator
  private readonly range: Range
  private started = false
  private done = false
  private baseReady: boolean

  constructor(layer: Layer, base: KvIterator, range: Range) {
    this.layer = layer
    this.base = base
    this.range = range
    this.baseReady = base.next()
  }

  next(): boolean {
    const { reverse } = this.range
    while (!this.done) {
      const written = this.nextWritten()
      const stored = this.baseReady ? this.base.key : undefined
      if (written === undefined && stored === undefined) break
      const takeWritten =
        written !== undefined && (stored === undefined || (reverse ? written >= stored : written <= stored))
      this.key = (takeWritten ? written : stored) as ByteString
      this.started = true
      const value = takeWritten ? this.layer.entries.get(this.key) : this.base.value
      if (stored === this.key) this.baseReady = this.base.next()
      if (value === undefined || value === REMOVED) continue
      this.value = value
      return true
    }
    this.done = true
    return false
  }

  private nextWritten(): ByteString | undefined {
    const { start, end, reverse } = this.range
    const { order, entries } = this.layer
    let key: ByteString | undefined
    if (reverse) key = order.below(this.started ? this.key : end)
    else key = order.ceiling(this.started ? this.key : start, this.started)
    // Keys that were reverted stay in the order.
    while (key !== undefined && !entries.has(key)) key = reverse ? order.below(key) : order.ceiling(key, true)
    if (key === undefined) return undefined
    if (reverse) return key >= start ? key : undefined
    return end === undefined || key < end ? key : undefined
  }
}
