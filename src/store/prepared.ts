import type { StoreChanges } from '../kernel/kv.ts'
import type { Allocator } from './allocator.ts'
import type { VersionRecord } from './control.ts'
import type { FlatIndex } from './flat-index.ts'
import { freeLeaf } from './leaf.ts'

/** A version that is applied and hashed, and seen by nobody. */
export interface Prepared {
  readonly record: VersionRecord
  readonly changes: readonly (StoreChanges | undefined)[]
  /** Per change the leaf before and after it; 0 is none. */
  readonly moved: Int32Array
  /** Stores whose tree was built as a whole, and the leaves below it in order. */
  readonly built: ReadonlyMap<number, Int32Array>
}

/** Lets the indexes follow a version that is published. */
export function updateIndexes(indexes: readonly FlatIndex[], { changes, moved }: Prepared): void {
  let at = 0
  changes.forEach((storeChanges, slot) => {
    const index = indexes[slot] as FlatIndex
    index.reserve(storeChanges?.keys.length ?? 0)
    for (const key of storeChanges?.keys ?? []) {
      index.update(key, moved[at] as number, moved[at + 1] as number)
      at += 2
    }
  })
}

/** Frees the leaves of the foundation that the first version has others in place of, or none. */
export function freeReplaced(allocator: Allocator, { changes, moved, built }: Prepared): void {
  let at = 0
  changes.forEach((storeChanges, slot) => {
    for (const end = at + 2 * (storeChanges?.keys.length ?? 0); at < end; at += 2) {
      if (built.has(slot) && moved[at] !== 0) freeLeaf(allocator, moved[at] as number)
    }
  })
}
