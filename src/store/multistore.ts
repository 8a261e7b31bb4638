import { performance } from 'node:perf_hooks'
import { assert } from '../kernel/errors.ts'
import type { ByteString, KvIterator, ReadStore, StoreChanges, WriteStore } from '../kernel/kv.ts'
import { Allocator } from './allocator.ts'
import { ControlBlock, META_BYTES, type VersionRecord } from './control.ts'
import { VersionPrunedError } from './errors.ts'
import { FlatIndex } from './flat-index.ts'
import { Foundation } from './foundation.ts'
import { TreeWriter } from './iavl.ts'
import { EMPTY_HASH, type HashText, hashNode } from './iavl-hash.ts'
import { IntList } from './int-list.ts'
import { KeyProbe } from './key-probe.ts'
import { allocateMemory, type Memory, type SharedMemory } from './memory.ts'
import { freeReplaced, type Prepared, updateIndexes } from './prepared.ts'
import { simpleRoot } from './simple-merkle.ts'
import type { SnapshotTarget } from './snapshot-loader.ts'
import { freeTree, TreeBuilder } from './tree-builder.ts'
import { type StoreUsage, storeUsage } from './usage.ts'
import { HISTORY_BACKLOG, VersionWindow, type WindowLimits } from './version-window.ts'
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
  /** Versions wait for a thread that writes the history. */
  readonly keepsHistory?: boolean
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

const NO_CHANGES: StoreChanges = { keys: [], values: [] }

/**
 * The committed state of the chain: one tree per store under one app hash. A version is prepared, and then either
 * published or discarded; until then every read sees the version before it.
 */
export class MultiStore implements ReadStore {
  readonly names: readonly string[]
  readonly memory: Memory
  readonly allocator: Allocator
  /** The memory of all readable versions, and who holds one of them. */
  readonly usage = (): StoreUsage => storeUsage(this.allocator, this.control, this.window)
  private readonly control: ControlBlock
  private readonly writer: TreeWriter
  private readonly indexes: FlatIndex[]
  private readonly probe = new KeyProbe()
  private readonly moved = new IntList(1024)
  private readonly builder: TreeBuilder
  private readonly ground: Foundation
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
    const ring =
      options.keepsHistory === true ? Math.max(limits.versions, HISTORY_BACKLOG.versions) : limits.versions
    this.control = ControlBlock.create(names.length, ring)
    this.window = new VersionWindow(this.control, this.allocator, limits)
    this.initialVersion = options.initialVersion ?? 1
    this.writer = new TreeWriter(this.allocator)
    this.builder = new TreeBuilder(this.allocator)
    this.indexes = names.map(() => new FlatIndex(this.memory))
    this.ground = new Foundation(names.length, this.allocator, (slot) => this.index(slot))
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

  /** What the thread that writes the history says of itself. */
  get history(): Pick<ControlBlock, 'historyNext' | 'historySafe' | 'advanceHistory'> {
    return this.control
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
    if (root === 0) return this.ground.iterate(slot, start, end, reverse)
    const guard = () => {
      if (this.control.floor > version) throw new VersionPrunedError(version)
    }
    return new TreeCursor(this.memory, { root, start, end, reverse }, this.probe, guard)
  }

  /**
   * Where genesis writes, before the first version: read at once like any state, and part of the first version that is
   * prepared. `discard` gives it up. `expected` is about how many entries a large store will get.
   */
  foundation(expected = 0): WriteStore {
    assert(this.version === 0 && this.prepared === undefined, 'a foundation is laid before the first version')
    this.ground.expected = expected
    return this.ground
  }

  /** The leaves of a store whose prepared tree was built over a foundation, in order of keys. */
  foundedLeaves(slot: number): Int32Array | undefined {
    return this.ground.ordered(slot).length === 0 ? undefined : this.prepared?.built.get(slot)
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
    const built = new Map<number, Int32Array>()
    this.moved.clear()
    this.writer.begin(version)
    try {
      for (const slot of this.names.keys()) this.apply(slot, roots, changes[slot] ?? NO_CHANGES, built)
    } catch (failure) {
      this.abandon(roots, built)
      throw failure
    }
    const hashes = roots.map((root, slot) => this.hashRoot(root, slot))
    const appHash = simpleRoot(this.names.map((name, slot) => ({ name, root: hashes[slot] as HashText })))
    const record = { version, appHash, meta, roots, hashes }
    this.prepared = { record, changes, moved: this.moved.take(), built }
    return Buffer.from(appHash, 'latin1')
  }

  /** Makes the prepared version the current one. */
  publish(): void {
    const { prepared } = this
    assert(prepared !== undefined, 'publish without a prepared version')
    this.prepared = undefined
    updateIndexes(this.indexes, prepared)
    freeReplaced(this.allocator, prepared)
    this.ground.release()
    this.record = prepared.record
    this.window.add(this.writer.journal.seal())
    this.control.publish(prepared.record)
    this.window.reclaim(this.version)
  }

  /** Drops the prepared version and the foundation completely; does nothing if there is neither. */
  discard(): void {
    const { prepared } = this
    this.prepared = undefined
    if (prepared !== undefined) {
      freeReplaced(this.allocator, prepared)
      this.abandon(prepared.record.roots, prepared.built)
    }
    if (this.version > 0) return
    if (prepared === undefined) this.ground.free()
    this.names.forEach((_, slot) => {
      this.indexes[slot] = new FlatIndex(this.memory)
    })
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

  private apply(slot: number, roots: number[], changes: StoreChanges, built: Map<number, Int32Array>): void {
    const { keys, values } = changes
    for (let i = 1; i < keys.length; i++) {
      const ascends = (keys[i - 1] as ByteString) < (keys[i] as ByteString)
      assert(ascends, 'changes are not in ascending order of keys')
    }
    let root = roots[slot] as number
    if (root === 0) {
      const leaves = this.ground.changed(slot, changes, this.moved)
      roots[slot] = this.builder.build(leaves, this.writer.journal.version)
      built.set(slot, leaves)
      return
    }
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as ByteString
      const value = values[i]
      root = value === undefined ? this.writer.remove(root, key) : this.writer.set(root, key, value)
      this.moved.push(this.writer.replaced)
      this.moved.push(this.writer.leaf)
    }
    roots[slot] = root
  }

  /** Takes back what a version created; all there is of a tree that was built is its own. */
  private abandon(roots: readonly number[], built: ReadonlyMap<number, Int32Array>): void {
    for (const slot of built.keys()) freeTree(this.allocator, roots[slot] as number)
    this.writer.journal.abandon(roots.filter((_, slot) => !built.has(slot)))
    this.ground.release()
  }

  private hashRoot(root: number, slot: number): HashText {
    if (root === 0) return EMPTY_HASH
    return root === this.record.roots[slot]
      ? (this.record.hashes[slot] as HashText)
      : hashNode(this.memory, root)
  }
}
