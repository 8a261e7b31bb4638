import type { ByteString } from '#lib/bytes.ts'

/*
 * What collections read and write: ordered key-value stores, one per module, addressed by slot. A key is a byte
 * string: it compares with `<` exactly as its bytes do, hashes fast as a Map key, and needs no allocation per look-up.
 */
export type { ByteString }

/** A cursor over `start ≤ key < end`; `key` and `value` are valid after `next()` returned true. */
export interface KvIterator {
  /** Moves to the next entry in order; false at the end. Writes made meanwhile beyond the cursor are seen. */
  next(): boolean
  readonly key: ByteString
  readonly value: Uint8Array
}

/** The read half. `slot` is the number of the module's store in the chain's order. Values must not be mutated. */
export interface ReadStore {
  get(slot: number, key: ByteString): Uint8Array | undefined
  has(slot: number, key: ByteString): boolean
  /** `end` undefined means up to the last key; `reverse` walks from the highest key down. */
  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator
}

/** The write half: an overlay that can take every write back (see store/overlay.ts). */
export interface WriteStore extends ReadStore {
  set(slot: number, key: ByteString, value: Uint8Array): void
  delete(slot: number, key: ByteString): void
}

/** All changes of one block to one store, sorted by key, each key once; `undefined` is a removal. */
export interface StoreChanges {
  readonly keys: readonly ByteString[]
  readonly values: readonly (Uint8Array | undefined)[]
}
