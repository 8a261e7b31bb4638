import { performance } from 'node:perf_hooks'
import { assert } from '../kernel/errors.ts'
import type { ByteString, KvIterator, ReadStore, StoreChanges } from '../kernel/kv.ts'
import { Allocator } from './allocator.ts'
import { ControlBlock, META_BYTES, type VersionRecord } from './control.ts'
import { VersionPrunedError } from './errors.ts'
import { FlatIndex } from './flat-index.ts'
import { TreeWriter } from './iavl.ts'
import { EMPTY_HASH, type HashText, hashNode } from './iavl-hash.ts'
import { IntList } from './int-list.ts'
import { KeyProbe } from './key-probe.ts'
import { allocateMemory, type Memory, type SharedMemory } from './memory.ts'
import { simpleRoot } from './simple-merkle.ts'
import type { SnapshotTarget } from './snapshot-loader.ts'
import { VersionWindow, type WindowLimits } from './version-window.ts'
import { leafValue, TreeCursor } from './walk.ts'

export interface MultiStoreOptions {
  /** Versions that stay readable, the latest included (default 100). */
  readonly historyVersions?: number
  /** Bytes of replaced nodes and values beyond which fewer versions are kept (default 512 MiB). */
  readonly historyBytes?: number
  /** Versions that stay readable whatever they cost (default 10). */
  readonly minHistory?: number
  /** The first version (default 1). */
  readonly initialVersion?: number
  /** A clock in milliseconds, for the time limit of pins. */
  readonly now?: () => number
}

/** What a thread needs to read committed versions: see reader.ts. May be sent with `postMessage`. */
export interface StoreShare {
  readonly memory: SharedMemory
  readonly control: SharedArrayBuffer
  readonly names: readonly string[]
  /** Number of the reader; its pins carry it. */
  readonly reader: number
}

const NO_META = new Uint8Array()

interface Prepared {
  readonly record: VersionRecord
  readonly changes: readonly (StoreChanges | undefined)[]
  /** Per change the leaf before and after it; 0 is none. */
  readonly leaves: Int32Array
}

/**
 * The committed state of the chain: one tree per store under one app hash. A version is prepared, and then either
 * published or discarded; until then every read sees the version before it.
 */
export class MultiStore implements ReadStore {
  readonly names: readonly string[]
  readonly memory: Memory
  readonly allocator: Allocator
  private readonly control: ControlBlock
  private readonly writer: TreeWriter
  private readonly indexes: FlatIndex[]
  private readonly probe = new KeyProbe()
  private readonly leaves = new IntList(1024)
  private readonly window: VersionWindow
  private readonly initialVersion: number
  private record: VersionRecord
  private prepared: Prepared | undefined
  private readers = 0

  constructor(names: readonly string[], options: MultiStoreOptions = {}) {
    this.names = names
    this.memory = allocateMemory()
    this.allocator = new Allocator(this.memory)
    const limits: WindowLimits = {
      versions: options.historyVersions ?? 100,
      bytes: options.historyBytes ?? 512 * 1024 * 1024,
      minimum: options.minHistory ?? 10,
      now: options.now ?? (() => performance.now()),
    }
    this.control = ControlBlock.create(names.length, limits.versions)
    this.window = new VersionWindow(this.control, this.allocator, limits)
    this.initialVersion = options.initialVersion ?? 1
    this.writer = new TreeWriter(this.allocator)
    this.indexes = names.map(() => new FlatIndex(this.memory))
    this.record = {
      version: 0,
      appHash: EMPTY_HASH,
      meta: NO_META,
      roots: names.map(() => 0),
      hashes: names.map(() => EMPTY_HASH),
    }
  }

  /** The last published version; 0 before the first. */
  get version(): number {
    return this.record.version
  }

  /** The oldest version that readers are offered; 0 before the first. */
  get oldestVersion(): number {
    return this.control.floor
  }

  get appHash(): Uint8Array {
    return Buffer.from(this.record.appHash, 'latin1')
  }

  /** What was given to `prepare` with the last published version. */
  get meta(): Uint8Array {
    return this.record.meta
  }

  /** Root hash of one store's tree at the last published version. */
  rootHash(slot: number): Uint8Array {
    return Buffer.from(this.record.hashes[slot] as HashText, 'latin1')
  }

  get(slot: number, key: ByteString): Uint8Array | undefined {
    const leaf = this.index(slot).get(key)
    return leaf === 0 ? undefined : leafValue(this.memory, leaf)
  }

  has(slot: number, key: ByteString): boolean {
    return this.index(slot).get(key) !== 0
  }

  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    const { version, roots } = this.record
    const root = roots[slot]
    assert(root !== undefined, `store ${slot} does not exist`)
    const guard = () => {
      if (this.control.floor > version) throw new VersionPrunedError(version)
    }
    return new TreeCursor(this.memory, { root, start, end, reverse }, this.probe, guard)
  }

  /**
   * Applies the changes of the next version, by slot, and hashes; returns its app hash. `meta` is kept with the version
   * and read back with it; it is no part of the hash.
   */
  prepare(
    version: number,
    changes: readonly (StoreChanges | undefined)[],
    meta: Uint8Array = NO_META,
  ): Uint8Array {
    const next = this.version === 0 ? this.initialVersion : this.version + 1
    assert(this.prepared === undefined, `version ${version} prepared while another one is`)
    assert(meta.length <= META_BYTES, `${meta.length} bytes of meta, at most ${META_BYTES}`)
    assert(version === next, `version ${version} prepared, ${next} expected`)
    assert(
      changes.length <= this.names.length,
      `changes of ${changes.length} stores, there are ${this.names.length}`,
    )
    const roots = [...this.record.roots]
    this.leaves.clear()
    this.writer.begin(version)
    try {
      changes.forEach((storeChanges, slot) => {
        if (storeChanges !== undefined) roots[slot] = this.apply(roots[slot] as number, storeChanges)
      })
    } catch (failure) {
      this.writer.journal.abandon(roots)
      throw failure
    }
    const hashes = roots.map((root, slot) => this.hashRoot(root, slot))
    const appHash = simpleRoot(this.names.map((name, slot) => ({ name, root: hashes[slot] as HashText })))
    this.prepared = { record: { version, appHash, meta, roots, hashes }, changes, leaves: this.leaves.take() }
    return Buffer.from(appHash, 'latin1')
  }

  /** Makes the prepared version the current one. */
  publish(): void {
    const { prepared } = this
    assert(prepared !== undefined, 'publish without a prepared version')
    this.prepared = undefined
    this.updateIndexes(prepared)
    this.record = prepared.record
    this.window.add(this.writer.journal.seal())
    this.control.publish(prepared.record)
    this.window.reclaim(this.version)
  }

  /** Drops the prepared version completely; does nothing if there is none. */
  discard(): void {
    if (this.prepared === undefined) return
    this.writer.journal.abandon(this.prepared.record.roots)
    this.prepared = undefined
  }

  /** What another thread needs to read committed versions. */
  reader(): StoreShare {
    this.readers++
    return {
      memory: this.memory.shared,
      control: this.control.buffer,
      names: this.names,
      reader: this.readers,
    }
  }

  /** Frees the pins of a reader whose thread ended. */
  dropReader(share: StoreShare): void {
    this.control.freeReader(share.reader)
  }

  /**
   * Continues from a stored version; only right after construction. `load` fills the memory, reports every leaf and
   * returns the version's record.
   */
  restore(load: (target: SnapshotTarget) => VersionRecord): void {
    assert(this.version === 0 && this.prepared === undefined, 'restore into a store in use')
    this.record = load({
      allocator: this.allocator,
      onStore: (slot, keys) => this.index(slot).reserve(keys),
      onLeaf: (slot, leaf) => (this.indexes[slot] as FlatIndex).add(leaf),
    })
    this.control.publish(this.record)
  }

  private index(slot: number): FlatIndex {
    const index = this.indexes[slot]
    assert(index !== undefined, `store ${slot} does not exist`)
    return index
  }

  private apply(root: number, { keys, values }: StoreChanges): number {
    let current = root
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as ByteString
      const value = values[i]
      assert(i === 0 || (keys[i - 1] as ByteString) < key, 'changes are not in ascending order of keys')
      current = value === undefined ? this.writer.remove(current, key) : this.writer.set(current, key, value)
      this.leaves.push(this.writer.replaced)
      this.leaves.push(this.writer.leaf)
    }
    return current
  }

  private hashRoot(root: number, slot: number): HashText {
    if (root === 0) return EMPTY_HASH
    return root === this.record.roots[slot]
      ? (this.record.hashes[slot] as HashText)
      : hashNode(this.memory, root)
  }

  private updateIndexes({ changes, leaves }: Prepared): void {
    let at = 0
    changes.forEach((storeChanges, slot) => {
      const index = this.indexes[slot] as FlatIndex
      index.reserve(storeChanges?.keys.length ?? 0)
      for (const key of storeChanges?.keys ?? []) {
        index.update(key, leaves[at] as number, leaves[at + 1] as number)
        at += 2
      }
    })
  }
}
