import type { ByteString, KvIterator, ReadStore } from '../kernel/kv.ts'
import { ControlBlock, PINS, type Pin, type VersionRecord } from './control.ts'
import { StoreLimitError, VersionPrunedError } from './errors.ts'
import type { HashText } from './iavl-hash.ts'
import { KeyProbe } from './key-probe.ts'
import { Memory, SIZE } from './memory.ts'
import type { StoreShare } from './multistore.ts'
import { memoryTree, type ProofOp, proofOps } from './proofs.ts'
import { findLeaf, leafValue, TreeCursor } from './walk.ts'

/** How long a pin holds superseded nodes back when nothing else is asked for. */
export const PIN_LIMIT_MS = 10_000

/**
 * Reads committed versions from another thread than the one that writes them. The memory is the same: nothing is copied
 * or sent. A version is pinned, read, and released.
 */
export class StoreReader {
  readonly names: readonly string[]
  readonly memory: Memory
  private readonly control: ControlBlock
  private readonly reader: number

  constructor(share: StoreShare) {
    this.names = share.names
    this.memory = new Memory(share.memory)
    this.control = ControlBlock.attach(share.control)
    this.reader = share.reader
  }

  /** The last committed version; 0 before the first. */
  get version(): number {
    return this.control.latest
  }

  get oldestVersion(): number {
    return this.control.floor
  }

  /** The version that the history takes next; 0 where none is written. */
  get historyNext(): number {
    return this.control.historyNext
  }

  /**
   * Holds a version for reading: its nodes are not reused until {@link PinnedVersion.release}, or until the
   * version left the window and `limitMs` have passed.
   */
  pin(version: number, limitMs: number = PIN_LIMIT_MS): PinnedVersion | 'pruned' | 'future' {
    if (version > this.control.latest) return 'future'
    if (version < 1) return 'pruned'
    const pin = this.control.takePin(version, limitMs, this.reader)
    if (pin === undefined) throw new StoreLimitError(`${PINS} readers hold a version already: try again`)
    // The order matters: first the pin, then the look at what is offered (see control.ts).
    const record = this.control.floor <= version ? this.control.read(version) : undefined
    if (record === undefined || !this.control.holds(pin)) {
      this.control.releasePin(pin)
      return 'pruned'
    }
    this.memory.refresh() // the roots are known, so everything below them exists
    return new PinnedVersion(this, this.control, pin, record)
  }
}

/** One committed version, wherever it is kept. */
export interface StoredVersion extends ReadStore {
  readonly version: number
  readonly appHash: Uint8Array
  /** What the application said of the version beside its state. */
  readonly meta: Uint8Array
  /** Keys in all stores together. */
  readonly keys: number
  /**
   * The ICS-23 proof that `key` has its value, or that it is absent: from the key to the store, from there to the app
   * hash.
   */
  proof(slot: number, key: ByteString): readonly [ProofOp, ProofOp]
  /** Throws if what was read since the last call cannot be trusted. */
  check(): void
  release(): void
}

/** One committed version, unchanging as long as it is held. Reads throw {@link VersionPrunedError} once it is not. */
export class PinnedVersion implements StoredVersion {
  readonly version: number
  readonly record: VersionRecord
  private readonly reader: StoreReader
  private readonly control: ControlBlock
  private readonly pin: Pin
  private readonly probe = new KeyProbe()
  private released = false

  constructor(reader: StoreReader, control: ControlBlock, pin: Pin, record: VersionRecord) {
    this.reader = reader
    this.control = control
    this.pin = pin
    this.record = record
    this.version = record.version
  }

  get appHash(): Uint8Array {
    return Buffer.from(this.record.appHash, 'latin1')
  }

  get meta(): Uint8Array {
    return this.record.meta
  }

  get keys(): number {
    const { words } = this.reader.memory
    return this.record.roots.reduce(
      (sum, root) => sum + (root === 0 ? 0 : (words[root * 32 + SIZE] as number)),
      0,
    )
  }

  rootHash(slot: number): Uint8Array {
    return Buffer.from(this.record.hashes[slot] as HashText, 'latin1')
  }

  get(slot: number, key: ByteString): Uint8Array | undefined {
    return this.guarded(() => {
      const leaf = this.find(slot, key)
      return leaf === 0 ? undefined : leafValue(this.reader.memory, leaf)
    })
  }

  has(slot: number, key: ByteString): boolean {
    return this.guarded(() => this.find(slot, key) !== 0)
  }

  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    const range = { root: this.root(slot), start, end, reverse }
    return this.guarded(() => new TreeCursor(this.reader.memory, range, this.probe, () => this.check()))
  }

  proof(slot: number, key: ByteString): readonly [ProofOp, ProofOp] {
    const roots = this.reader.names.map((name, i) => ({ name, root: this.record.hashes[i] as HashText }))
    return this.guarded(() => proofOps(memoryTree(this.reader.memory, this.root(slot)), key, roots, slot))
  }

  /** Throws if the version may have been freed meanwhile: what was read since the last call is then worthless. */
  check(): void {
    if (this.released || !this.control.holds(this.pin)) throw new VersionPrunedError(this.version)
  }

  release(): void {
    this.released = true
    this.control.releasePin(this.pin)
  }

  private root(slot: number): number {
    const root = this.record.roots[slot]
    if (root === undefined) throw new RangeError(`store ${slot} does not exist`)
    return root
  }

  private find(slot: number, key: ByteString): number {
    this.probe.set(key)
    return findLeaf(this.reader.memory, this.root(slot), this.probe)
  }

  // A broken pin may make a read see anything; whatever it led to, the answer is that the version is gone.
  private guarded<T>(read: () => T): T {
    try {
      return read()
    } finally {
      this.check()
    }
  }
}
