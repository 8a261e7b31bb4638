import type { ByteString, KvIterator, StoreChanges, WriteStore } from '../kernel/kv.ts'
import type { Allocator } from './allocator.ts'
import type { FlatIndex } from './flat-index.ts'
import { IntList } from './int-list.ts'
import { KeyProbe, recordKey } from './key-probe.ts'
import { checkLengths, createLeaf, freeLeaf } from './leaf.ts'
import { sortLeaves } from './leaf-order.ts'
import { SIZE, VALUE, VALUE_LENGTH } from './memory.ts'
import { leafValue } from './walk.ts'

/** Leaves of one store, without a tree over them yet. */
interface Bed {
  readonly leaves: IntList
  /** The same in order of keys, if nothing was written since. */
  order: Int32Array | undefined
  /** Counts what makes an order outdated. */
  changes: number
}

const NONE = new Int32Array()
/** A store with so many entries gets room at once for as many as are expected. */
const LONG_BED = 4_096

/**
 * What is written before the first version: leaves in the memory of the trees, found through the flat index. Genesis
 * writes millions of entries and takes none back one by one, so nothing is kept of them beside the leaf itself, and
 * the tree is built over all of them at once.
 */
export class Foundation implements WriteStore {
  private readonly allocator: Allocator
  private readonly indexOf: (slot: number) => FlatIndex
  private readonly beds: Bed[]
  private readonly probe = new KeyProbe()
  /** How many entries a store may get that has many. */
  expected = 0

  constructor(stores: number, allocator: Allocator, indexOf: (slot: number) => FlatIndex) {
    this.allocator = allocator
    this.indexOf = indexOf
    this.beds = Array.from({ length: stores }, () => ({ leaves: new IntList(), order: NONE, changes: 0 }))
  }

  get(slot: number, key: ByteString): Uint8Array | undefined {
    const leaf = this.indexOf(slot).get(key)
    return leaf === 0 ? undefined : leafValue(this.allocator.memory, leaf)
  }

  has(slot: number, key: ByteString): boolean {
    return this.indexOf(slot).get(key) !== 0
  }

  set(slot: number, key: ByteString, value: Uint8Array): void {
    const index = this.indexOf(slot)
    const leaf = index.lacks(key) ? 0 : index.get(key)
    if (leaf !== 0) {
      this.replaceValue(leaf, value)
      return
    }
    this.allocator.reserveNodes(1)
    const created = createLeaf(this.allocator, index.probe, value, 1, 0)
    index.addMissing(created)
    const bed = this.beds[slot] as Bed
    bed.leaves.push(created)
    if (bed.leaves.length === LONG_BED) index.expect(this.expected)
    bed.order = undefined
    bed.changes++
  }

  delete(slot: number, key: ByteString): void {
    const index = this.indexOf(slot)
    const leaf = index.get(key)
    if (leaf === 0) return
    index.update(key, leaf, 0)
    const bed = this.beds[slot] as Bed
    this.allocator.memory.words[leaf * 32 + SIZE] = 0 // its record stays until the next order leaves it out
    bed.order = undefined
    bed.changes++
  }

  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    return new BedCursor(this, slot, { start, end, reverse })
  }

  /** Leaves of a store in order of keys. */
  ordered(slot: number): Int32Array {
    const bed = this.beds[slot] as Bed
    if (bed.order !== undefined) return bed.order
    const { words } = this.allocator.memory
    const all = bed.leaves.take()
    let count = 0
    for (const leaf of all) {
      if (words[leaf * 32 + SIZE] === 0) freeLeaf(this.allocator, leaf)
      else all[count++] = leaf
    }
    const order = all.subarray(0, count)
    sortLeaves(this.allocator.memory, order)
    bed.leaves.append(order)
    bed.order = order
    return order
  }

  changesOf(slot: number): number {
    return (this.beds[slot] as Bed).changes
  }

  /**
   * Leaves of a store in order of keys as `changes` leave them: with new leaves for what is set, which the index does
   * not know yet. `moved` gets per change the leaf before and after it; 0 is none.
   */
  changed(slot: number, { keys, values }: StoreChanges, moved: IntList): Int32Array {
    const old = this.ordered(slot)
    const index = this.indexOf(slot)
    const result = new Int32Array(old.length + keys.length)
    let from = 0
    let count = 0
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as ByteString
      const value = values[i]
      const before = index.get(key)
      const to = this.countBelow(old, key)
      result.set(old.subarray(from, to), count)
      count += to - from
      from = before === 0 ? to : to + 1
      let after = 0
      if (value !== undefined) {
        this.probe.set(key)
        this.allocator.reserveNodes(1)
        after = createLeaf(this.allocator, this.probe, value, 1, 0)
        result[count++] = after
      }
      moved.push(before)
      moved.push(after)
    }
    result.set(old.subarray(from), count)
    return result.subarray(0, count + old.length - from)
  }

  keyOf(leaf: number): ByteString {
    return recordKey(this.allocator.memory, leaf)
  }

  valueOf(leaf: number): Uint8Array {
    return leafValue(this.allocator.memory, leaf)
  }

  /** How many of the leaves, which are in order, lie below the key. */
  countBelow(leaves: Int32Array, key: ByteString): number {
    this.probe.set(key)
    let low = 0
    let high = leaves.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.probe.compare(this.allocator.memory, (leaves[middle] as number) * 32) > 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Forgets all leaves: a tree has them now. */
  release(): void {
    for (const bed of this.beds) {
      bed.leaves.clear()
      bed.order = NONE
      bed.changes++
    }
  }

  /** Gives all leaves back; the indexes are the caller's to empty. */
  free(): void {
    for (const bed of this.beds) for (const leaf of bed.leaves.take()) freeLeaf(this.allocator, leaf)
    this.release()
  }

  private replaceValue(leaf: number, value: Uint8Array): void {
    checkLengths(0, value.length)
    const { words } = this.allocator.memory
    const at = leaf * 32
    this.allocator.freeBlock(words[at + VALUE] as number, words[at + VALUE_LENGTH] as number)
    words[at + VALUE] = this.allocator.takeValue(value)
    words[at + VALUE_LENGTH] = value.length
  }
}

interface Range {
  readonly start: ByteString
  readonly end: ByteString | undefined
  readonly reverse: boolean
}

/** Walks the leaves in order; after a write it finds its place again by the key it stood at. */
class BedCursor implements KvIterator {
  key: ByteString = ''
  private readonly foundation: Foundation
  private readonly slot: number
  private readonly range: Range
  private order: Int32Array = NONE
  private changes = -1
  private at = 0
  private started = false
  private leaf = 0

  constructor(foundation: Foundation, slot: number, range: Range) {
    this.foundation = foundation
    this.slot = slot
    this.range = range
  }

  get value(): Uint8Array {
    return this.foundation.valueOf(this.leaf)
  }

  next(): boolean {
    const { start, end, reverse } = this.range
    if (this.changes !== this.foundation.changesOf(this.slot)) this.seek()
    else this.at += reverse ? -1 : 1
    const leaf = this.order[this.at]
    if (leaf === undefined) return false
    const key = this.foundation.keyOf(leaf)
    if (reverse ? key < start : end !== undefined && key >= end) return false
    this.leaf = leaf
    this.key = key
    this.started = true
    return true
  }

  private seek(): void {
    const { foundation, started } = this
    const { start, end, reverse } = this.range
    this.order = foundation.ordered(this.slot)
    this.changes = foundation.changesOf(this.slot)
    const from = started ? this.key : reverse ? end : start
    if (from === undefined) {
      this.at = this.order.length - 1
      return
    }
    this.at = foundation.countBelow(this.order, from)
    const leaf = this.order[this.at]
    if (reverse) this.at--
    else if (started && leaf !== undefined && foundation.keyOf(leaf) === from) this.at++
  }
}
