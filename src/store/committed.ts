import type { ReadStore, StoreChanges, WriteStore } from '../kernel/kv.ts'

/** The committed state as the application needs it; storage.ts keeps one on disk. */
export interface CommittedState extends ReadStore {
  /** Height of the last committed block; 0 before the first. */
  readonly version: number
  readonly appHash: Uint8Array
  /** What was given to `prepare` with that version; empty before the first. */
  readonly meta: Uint8Array
  /**
   * Where genesis writes: read at once, part of the first version that is prepared; `discard` gives it up. `expected`
   * is about how many entries a large store will get.
   */
  foundation(expected?: number): WriteStore
  /** Applies a block's changes, by store slot, and returns the app hash; nobody sees them before `commit`. */
  prepare(version: number, changes: readonly (StoreChanges | undefined)[], meta: Uint8Array): Uint8Array
  /** Makes the prepared version durable, then current. */
  commit(): void
  /** Drops the prepared version and the foundation, if there are any. */
  discard(): void
}
