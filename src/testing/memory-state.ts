import type { ByteString, KvIterator, StoreChanges, WriteStore } from '../kernel/kv.ts'
import type { CommittedState } from '../store/committed.ts'
import { MultiStore, type MultiStoreOptions } from '../store/multistore.ts'

/** The committed state in memory alone: the same trees and hashes as on disk, and nothing survives the process. */
export class MemoryState implements CommittedState {
  readonly store: MultiStore

  /** @param names the chain's stores, by slot: `chain.stores` */
  constructor(names: readonly string[], options: MultiStoreOptions = {}) {
    this.store = new MultiStore(names, options)
  }

  get version(): number {
    return this.store.version
  }

  get appHash(): Uint8Array {
    return this.store.appHash
  }

  get meta(): Uint8Array {
    return this.store.meta
  }

  get(slot: number, key: ByteString): Uint8Array | undefined {
    return this.store.get(slot, key)
  }

  has(slot: number, key: ByteString): boolean {
    return this.store.has(slot, key)
  }

  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    return this.store.iterate(slot, start, end, reverse)
  }

  foundation(expected?: number): WriteStore {
    return this.store.foundation(expected)
  }

  prepare(version: number, changes: readonly (StoreChanges | undefined)[], meta: Uint8Array): Uint8Array {
    return this.store.prepare(version, changes, meta)
  }

  commit(): void {
    this.store.publish()
  }

  discard(): void {
    this.store.discard()
  }
}
