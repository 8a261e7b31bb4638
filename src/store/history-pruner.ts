import { HistoryDamagedError } from './errors.ts'
import type { HistoryDatabase, HistoryEntry } from './history-database.ts'
import {
  encodeVersion,
  type HistoryNode,
  type HistoryVersion,
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
 *
 * What is damaged does not stop it. Where a record cannot be read, what only it led to is not found any more and stays
 * on the disk; nothing goes that may be needed by a version that is kept. Each such version is reported, once.
 */
export class HistoryPruner {
  private readonly db: HistoryDatabase
  private readonly report: (message: string) => void
  private readonly batch: number
  private nodes = 0
  /** What was found while a version was removed. */
  private damage: HistoryDamagedError | undefined

  constructor(db: HistoryDatabase, report: (message: string) => void, batch: number = BATCH_ENTRIES) {
    this.db = db
    this.report = report
    this.batch = batch
  }

  /** Removes versions below `keepFrom`, at most `limit` of them, and never the last. */
  async prune(keepFrom: number, limit: number): Promise<PrunedVersions> {
    this.nodes = 0
    const versions = await this.db.oldest(limit + 1)
    let done = 0
    for (let i = 0; i + 1 < versions.length && (versions[i] as number) < keepFrom; i++) {
      const version = versions[i] as number
      this.damage = undefined
      await this.remove(version, versions.slice(i + 1))
      if (this.damage !== undefined) this.report(leftovers(version, this.damage))
      done++
    }
    return { versions: done, nodes: this.nodes }
  }

  private async remove(version: number, later: readonly number[]): Promise<void> {
    const old = this.read(version)
    const kept = this.firstIntact(later)
    if (old === undefined || kept === undefined) {
      await this.db.write([{ key: versionKey(version), value: undefined }], false)
      return
    }
    await this.db.write(
      [{ key: versionKey(version), value: encodeVersion({ ...old, leaving: true }) }],
      false,
    )
    const entries: HistoryEntry[] = []
    for (const slot of this.db.names.keys()) {
      const [from, to] = [old.roots[slot] ?? NO_ROOT, kept.roots[slot] ?? NO_ROOT]
      if (from.version === 0 || (from.version === to.version && from.hash === to.hash)) continue
      const shared = this.shared(slot, to, version)
      if (shared === undefined) continue
      for (const ref of this.leaving(slot, from, shared)) {
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

  private firstIntact(versions: readonly number[]): HistoryVersion | undefined {
    for (const version of versions) {
      const found = this.db.inspect(version)
      if (found !== undefined && found !== 'damaged') return found
    }
    return this.read(versions[0] as number) // to be reported
  }

  private read(version: number): HistoryVersion | undefined {
    return this.tolerating(() => this.db.stored(version))
  }

  /** A node, if it is there and intact. */
  private node(slot: number, ref: NodeRef): HistoryNode | undefined {
    return this.tolerating(() => this.db.node(slot, ref))
  }

  private tolerating<T>(read: () => T | undefined): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof HistoryDamagedError)) throw error
      this.damage ??= error
      return undefined
    }
  }

  /**
   * The nodes of `version` or before right below those that came later: from there down both trees are the
   * same. Undefined where that cannot be known.
   */
  private shared(slot: number, root: NodeRef, version: number): Set<string> | undefined {
    const found = new Set<string>()
    const pending = root.version === 0 ? [] : [root]
    for (let ref = pending.pop(); ref !== undefined; ref = pending.pop()) {
      if (ref.version <= version) {
        found.add(ref.hash)
        continue
      }
      const node = this.node(slot, ref)
      if (node === undefined) {
        this.damage ??= this.missing(slot, ref)
        return undefined
      }
      if (node.height > 0) pending.push((node as InnerNode).left, (node as InnerNode).right)
    }
    return found
  }

  /**
   * What of a tree is not shared, children first. A child that is not there was removed before a kill; one that is
   * damaged goes, and with it the way to its own children.
   */
  private *leaving(slot: number, ref: NodeRef, shared: ReadonlySet<string>, depth = 0): Generator<NodeRef> {
    if (shared.has(ref.hash)) return
    const node = this.node(slot, ref)
    if (node === undefined && !this.db.has(slot, ref)) return
    if (depth > HEIGHT_MAX) throw new HistoryDamagedError(this.db.directory, ref.version, 'a tree too deep')
    if (node !== undefined && node.height > 0) {
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

function leftovers(version: number, { reason }: HistoryDamagedError): string {
  return `history: height ${version} is removed, but what only it needed may stay on the disk, because ${reason}`
}
