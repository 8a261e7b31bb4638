import type { ByteString, KvIterator } from '../kernel/kv.ts'
import { HistoryBudgetError, HistoryDamagedError, VersionPrunedError } from './errors.ts'
import { type HeightRange, HistoryDatabase } from './history-database.ts'
import type { HistoryNode, HistoryVersion, InnerNode, LeafNode, NodeRef } from './history-format.ts'
import { HEIGHT_MAX } from './memory.ts'
import { type KeyPath, type ProofOp, type ProvableTree, proofOps } from './proofs.ts'
import type { StoredVersion } from './reader.ts'

/** Records of the history that one query may read: some 0.2 s of the thread that every other query waits for. */
export const HISTORY_NODES = 20_000

/** The versions that a history holds, for a thread that answers queries. */
export class HistoryReader {
  private readonly db: HistoryDatabase
  private readonly last: number

  private constructor(db: HistoryDatabase, last: number) {
    this.db = db
    this.last = last
  }

  /** Opens a history that exists. Throws HistoryError. */
  static async open(directory: string, names: readonly string[]): Promise<HistoryReader> {
    const db = await HistoryDatabase.open(directory, names)
    return new HistoryReader(db, await db.last())
  }

  /** One version; undefined if it is not kept. `budget` are the records that may be read for it. */
  version(version: number, budget: number = HISTORY_NODES): HistoricalVersion | undefined {
    const record = this.db.version(version)
    return record === undefined ? undefined : new HistoricalVersion(this.db, record, budget)
  }

  /** The heights that are kept, oldest first; `next` is what a writer takes next, 0 if there is none. */
  ranges(next = 0): HeightRange[] {
    return this.db.ranges(Math.max(next - 1, this.last)).reverse()
  }

  async close(): Promise<void> {
    await this.db.close()
  }
}

/** One old version, read from the history. Every node is checked against the hash that its parent names. */
export class HistoricalVersion implements StoredVersion {
  readonly version: number
  private readonly db: HistoryDatabase
  private readonly record: HistoryVersion
  private readonly budget: number
  private read = 0

  constructor(db: HistoryDatabase, record: HistoryVersion, budget: number = HISTORY_NODES) {
    this.db = db
    this.record = record
    this.version = record.version
    this.budget = budget
  }

  get appHash(): Uint8Array {
    return Buffer.from(this.record.appHash, 'latin1')
  }

  get meta(): Uint8Array {
    return this.record.meta
  }

  get keys(): number {
    const sizes = this.record.roots.map((root, slot) => {
      if (root.version === 0) return 0
      const node = this.node(slot, root)
      return node.height === 0 ? 1 : (node as InnerNode).size
    })
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  get(slot: number, key: ByteString): Uint8Array | undefined {
    const leaf = this.descend(slot, key)
    return leaf?.key === key ? leaf.value : undefined
  }

  has(slot: number, key: ByteString): boolean {
    return this.descend(slot, key)?.key === key
  }

  iterate(slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    return new HistoryCursor((ref) => this.node(slot, ref), this.root(slot), { start, end, reverse })
  }

  proof(slot: number, key: ByteString): readonly [ProofOp, ProofOp] {
    const roots = this.db.names.map((name, i) => ({ name, root: this.root(i).hash }))
    return proofOps(this.tree(slot), key, roots, slot)
  }

  /** Nothing to say: what was read has the hash that it has to have. */
  check(): void {}

  release(): void {}

  private root(slot: number): NodeRef {
    const root = this.record.roots[slot]
    if (root === undefined) throw new RangeError(`store ${slot} does not exist`)
    return root
  }

  private node(slot: number, ref: NodeRef): HistoryNode {
    if (++this.read > this.budget) throw new HistoryBudgetError(this.budget)
    const node = this.db.node(slot, ref)
    if (node !== undefined) return node
    // Pruned under way, or it should be there.
    if (this.db.version(this.version) === undefined) throw new VersionPrunedError(this.version)
    const what = `a node of ${this.db.names[slot]} that height ${ref.version} made is missing`
    throw new HistoryDamagedError(this.db.directory, this.version, what)
  }

  /** The leaf at which a search for the key ends; undefined in an empty store. */
  private descend(slot: number, key: ByteString): LeafNode | undefined {
    let ref = this.root(slot)
    if (ref.version === 0) return undefined
    for (let depth = 0; depth < HEIGHT_MAX; depth++) {
      const node = this.node(slot, ref)
      if (node.height === 0) return node as LeafNode
      const inner = node as InnerNode
      ref = key < inner.key ? inner.left : inner.right
    }
    throw new HistoryDamagedError(this.db.directory, this.version, `a tree deeper than ${HEIGHT_MAX}`)
  }

  private tree(slot: number): ProvableTree {
    return {
      neighbour: (key, below) => {
        const range = below ? { start: '', end: key } : { start: key, end: undefined }
        const cursor = this.iterate(slot, range.start, range.end, below)
        return cursor.next() ? cursor.key : undefined
      },
      path: (key) => this.path(slot, key),
    }
  }

  private path(slot: number, key: ByteString): KeyPath {
    const steps: KeyPath['steps'][number][] = []
    let ref = this.root(slot)
    for (let depth = 0; depth < HEIGHT_MAX; depth++) {
      const node = this.node(slot, ref)
      if (node.height === 0) {
        const { value } = node as LeafNode
        return { key: node.key, value, version: ref.version, steps }
      }
      const { height, size, left, right } = node as InnerNode
      const goLeft = key < node.key
      steps.push({ height, size, version: ref.version, left: left.hash, right: right.hash, goLeft })
      ref = goLeft ? left : right
    }
    throw new HistoryDamagedError(this.db.directory, this.version, `a tree deeper than ${HEIGHT_MAX}`)
  }
}

interface Range {
  readonly start: ByteString
  readonly end: ByteString | undefined
  readonly reverse: boolean
}

/** Walks the leaves between two keys, reading nodes when it comes to them. */
class HistoryCursor implements KvIterator {
  key: ByteString = ''
  value: Uint8Array = new Uint8Array()
  private readonly node: (ref: NodeRef) => HistoryNode
  private readonly range: Range
  // Subtrees still to visit, nearest on top.
  private readonly pending: NodeRef[] = []

  constructor(node: (ref: NodeRef) => HistoryNode, root: NodeRef, range: Range) {
    this.node = node
    this.range = range
    const isEmpty = range.end !== undefined && range.start >= range.end
    if (root.version !== 0 && !isEmpty) this.pending.push(root)
  }

  next(): boolean {
    const { start, end, reverse } = this.range
    for (let ref = this.pending.pop(); ref !== undefined; ref = this.pending.pop()) {
      const node = this.node(ref)
      if (node.height === 0) {
        const { key, value } = node as LeafNode
        if (key < start || (end !== undefined && key >= end)) continue
        this.key = key
        this.value = value
        return true
      }
      const { key, left, right } = node as InnerNode
      // All keys on the right are at or above the node's key, all on the left below it.
      const wanted = [start < key ? left : undefined, end === undefined || end > key ? right : undefined]
      for (const child of reverse ? wanted : wanted.reverse())
        if (child !== undefined) this.pending.push(child)
    }
    return false
  }
}
