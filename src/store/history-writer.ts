import { HistoryError } from './errors.ts'
import type { HistoryDatabase, HistoryEntry } from './history-database.ts'
import {
  encodeInner,
  encodeLeaf,
  encodeVersion,
  type HistoryVersion,
  NO_ROOT,
  type NodeRef,
  nodeKey,
  versionKey,
} from './history-format.ts'
import type { HashText } from './iavl-hash.ts'
import { recordKey } from './key-probe.ts'
import {
  HEIGHT_MASK,
  LEFT,
  LEFT_HASH,
  META,
  type Memory,
  RIGHT,
  RIGHT_HASH,
  SIZE,
  VERSION,
} from './memory.ts'
import type { PinnedVersion } from './reader.ts'
import { leafValue } from './walk.ts'

/** Entries are written when they reach this many bytes; what a version adds is seen only with its last ones. */
const BATCH_BYTES = 8 * 1024 * 1024
/** Nodes after which it is checked that they can still be trusted. */
const CHECK_NODES = 4096

/** What a version added to the history. */
export interface WrittenVersion {
  readonly version: HistoryVersion
  readonly nodes: number
  readonly bytes: number
}

interface Pending {
  readonly slot: number
  readonly node: number
  readonly hash: HashText
}

/**
 * Writes committed versions into the history, in order: of each the nodes that the version before does not have. They
 * are found without a comparison, because a node knows the version that made it, and above it all is at least as new.
 */
export class HistoryWriter {
  private readonly db: HistoryDatabase
  private readonly memory: Memory
  private last: HistoryVersion | undefined
  /** The first version after opening finds what it builds upon, or the history is of another chain. */
  private verified = false

  constructor(db: HistoryDatabase, memory: Memory, last: HistoryVersion | undefined) {
    this.db = db
    this.memory = memory
    this.last = last
  }

  /** The last version that was written. */
  get lastVersion(): HistoryVersion | undefined {
    return this.last
  }

  /**
   * Writes one version, which must be held and be newer than the last; `HistoryDatabase.sync` makes it durable. Throws
   * HistoryError, and VersionPrunedError if the version was not held long enough.
   */
  async write(pinned: PinnedVersion): Promise<WrittenVersion> {
    const { record } = pinned
    const after = this.last?.version ?? 0
    const pending = record.roots
      .map((node, slot) => ({ slot, node, hash: record.hashes[slot] as HashText }))
      .filter(({ node }) => node !== 0)
    const counts = { nodes: 0, bytes: 0 }
    while (pending.length > 0) {
      const entries = this.collect(pending, after, pinned, counts)
      if (pending.length > 0) await this.db.write(entries, false)
      else return this.finish(entries, pinned, counts)
    }
    return this.finish([], pinned, counts)
  }

  /** Takes nodes off `pending` until a batch is full. */
  private collect(
    pending: Pending[],
    after: number,
    pinned: PinnedVersion,
    counts: { nodes: number; bytes: number },
  ): HistoryEntry[] {
    const { words } = this.memory
    const entries: HistoryEntry[] = []
    let bytes = 0
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { slot, node, hash } = next
      const version = words[node * 32 + VERSION] as number
      const ref = { version, hash }
      if (version <= after) {
        if (!this.verified) this.verify(slot, ref, pinned)
        continue
      }
      const value = this.encode(next, pending)
      const key = nodeKey(slot, ref)
      entries.push({ key, value })
      bytes += key.length + value.length
      if (entries.length % CHECK_NODES === 0) pinned.check()
      if (bytes >= BATCH_BYTES) break
    }
    pinned.check()
    counts.nodes += entries.length
    counts.bytes += bytes
    return entries
  }

  private encode({ slot, node }: Pending, pending: Pending[]): Buffer {
    const { words, bytes } = this.memory
    const at = node * 32
    const height = ((words[at + META] as number) & HEIGHT_MASK) >> 16
    const key = recordKey(this.memory, node)
    if (height === 0) return encodeLeaf({ height, key, value: leafValue(this.memory, node) })
    const child = (link: number, hashAt: number): NodeRef => {
      const number = words[at + link] as number
      const hash = bytes.toString('latin1', (at + hashAt) * 4, (at + hashAt) * 4 + 32)
      pending.push({ slot, node: number, hash })
      return { version: words[number * 32 + VERSION] as number, hash }
    }
    const size = words[at + SIZE] as number
    return encodeInner({ height, size, left: child(LEFT, LEFT_HASH), right: child(RIGHT, RIGHT_HASH), key })
  }

  private async finish(
    entries: HistoryEntry[],
    { version, record }: PinnedVersion,
    counts: { nodes: number; bytes: number },
  ): Promise<WrittenVersion> {
    const { words } = this.memory
    const { last } = this
    const follows = last !== undefined && last.version === version - 1
    const written: HistoryVersion = {
      version,
      leaving: false,
      run: follows ? last.run : version,
      before: follows ? last.before : (last?.version ?? 0),
      appHash: record.appHash,
      meta: record.meta,
      roots: record.roots.map((node, slot) =>
        node === 0
          ? NO_ROOT
          : { version: words[node * 32 + VERSION] as number, hash: record.hashes[slot] as HashText },
      ),
    }
    await this.db.write([...entries, { key: versionKey(version), value: encodeVersion(written) }], false)
    this.last = written
    this.verified = true
    return { version: written, ...counts }
  }

  private verify(slot: number, ref: NodeRef, pinned: PinnedVersion): void {
    const there = this.db.has(slot, ref)
    pinned.check()
    if (there) return
    throw new HistoryError(
      this.db.directory,
      `height ${pinned.version} builds on a node of height ${ref.version} that is not in it: it is damaged or of ` +
        'another chain: restore the folder from a backup, or remove it, and history begins anew',
    )
  }
}
