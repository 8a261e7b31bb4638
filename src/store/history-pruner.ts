import { HistoryDamagedError } from './errors.ts'
import type { HistoryDatabase, HistoryEntry } from './history-database.ts'
import {
  encodeVersion,
  type InnerNode,
  NO_ROOT,
  type NodeRef,
  nodeKey,
  versionKey,
} from './history-format.ts'
import { HEIGHT_MAX } from './memory.ts'

/** Removals go to the database when so many are together: some 20 MiB of memory. */
const BATCH_ENTRIES = 50_000

export interface PrunedVersions {
  readonly versions: number
  readonly nodes: number
}

/**
 * Removes the oldest versions, one after the other: of each the nodes that the version after it does not have.
 *
 * First the version stops being kept, then its nodes go, children before their parents. So after a kill in between,
 * what is left hangs together, and the same work goes on where it was.
 */
export class HistoryPruner {
  private readonly db: HistoryDatabase
  private readonly batch: number
  private nodes = 0

  constructor(db: HistoryDatabase, batch: number = BATCH_ENTRIES) {
    this.db = db
    this.batch = batch
  }

  /** Removes versions below `keepFrom`, at most `limit` of them, and never the last. */
  async prune(keepFrom: number, limit: number): Promise<PrunedVersions> {
    this.nodes = 0
    const versions = await this.db.oldest(limit + 1)
    let done = 0
    for (let i = 0; i + 1 < versions.length && (versions[i] as number) < keepFrom; i++) {
      await this.remove(versions[i] as number, versions[i + 1] as number)
      done++
    }
    return { versions: done, nodes: this.nodes }
  }

  private async remove(version: number, next: number): Promise<void> {
    const [old, kept] = [this.db.stored(version), this.db.stored(next)]
    if (old === undefined || kept === undefined) return
    await this.db.write(
      [{ key: versionKey(version), value: encodeVersion({ ...old, leaving: true }) }],
      false,
    )
    const entries: HistoryEntry[] = []
    for (const slot of this.db.names.keys()) {
      const [from, to] = [old.roots[slot] ?? NO_ROOT, kept.roots[slot] ?? NO_ROOT]
      if (from.version === 0 || (from.version === to.version && from.hash === to.hash)) continue
      for (const ref of this.leaving(slot, from, this.shared(slot, to, version))) {
        entries.push({ key: nodeKey(slot, ref), value: undefined })
        if (entries.length >= this.batch) await this.flush(entries)
      }
    }
    this.nodes += entries.length
    await this.db.write([...entries, { key: versionKey(version), value: undefined }], false)
  }

  private async flush(entries: HistoryEntry[]): Promise<void> {
    this.nodes += entries.length
    await this.db.write(entries, false)
    entries.length = 0
  }

  /** The nodes of `version` or before right below those that came later: from there down both trees are the same. */
  private shared(slot: number, root: NodeRef, version: number): Set<string> {
    const found = new Set<string>()
    const pending = root.version === 0 ? [] : [root]
    for (let ref = pending.pop(); ref !== undefined; ref = pending.pop()) {
      if (ref.version <= version) {
        found.add(ref.hash)
        continue
      }
      const node = this.db.node(slot, ref)
      if (node === undefined) throw this.missing(slot, ref)
      if (node.height > 0) pending.push((node as InnerNode).left, (node as InnerNode).right)
    }
    return found
  }

  /** What of a tree is not shared, children first. A child that is not there was removed before a kill. */
  private *leaving(slot: number, ref: NodeRef, shared: ReadonlySet<string>, depth = 0): Generator<NodeRef> {
    if (shared.has(ref.hash)) return
    const node = this.db.node(slot, ref)
    if (node === undefined) return
    if (depth > HEIGHT_MAX) throw new HistoryDamagedError(this.db.directory, ref.version, 'a tree too deep')
    if (node.height > 0) {
      yield* this.leaving(slot, (node as InnerNode).left, shared, depth + 1)
      yield* this.leaving(slot, (node as InnerNode).right, shared, depth + 1)
    }
    yield ref
  }

  private missing(slot: number, ref: NodeRef): HistoryDamagedError {
    const what = `a node of ${this.db.names[slot]} that it made is missing`
    return new HistoryDamagedError(this.db.directory, ref.version, what)
  }
}
