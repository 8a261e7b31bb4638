import { mkdirSync } from 'node:fs'
import { assert } from '../kernel/errors.ts'
import type { ByteString, KvIterator, StoreChanges, WriteStore } from '../kernel/kv.ts'
import type { ChangeLog } from './changelog.ts'
import type { CommittedState } from './committed.ts'
import { History, type HistoryOptions, historyDirectory, historyNext } from './history.ts'
import { lockDirectory } from './lock.ts'
import type { LogRecord } from './log-format.ts'
import type { MultiStore } from './multistore.ts'
import { checkFormat, type Recovered, type RecoveryOptions, recover, snapshotDirectory } from './recovery.ts'
import { Snapshotter } from './snapshot.ts'
import type { SnapshotResult } from './snapshot-writer.ts'

const NO_META: Uint8Array = new Uint8Array()
/** After a snapshot failed, versions until the next attempt. */
const RETRY_VERSIONS = 100

export interface StorageOptions extends RecoveryOptions {
  /** Versions between two snapshots (default 1,000). */
  readonly snapshotInterval?: number
  /** Bytes of log since the last snapshot that make the next one due (default 32 MiB). */
  readonly snapshotLogBytes?: number
  /** Keeps versions on the disk that have left memory; without it none. */
  readonly history?: HistoryOptions
}

export interface SnapshotCounts {
  /** Of the newest snapshot; 0 without one. */
  readonly version: number
  readonly written: number
  readonly failed: number
  /** How long the last one took; 0 before the first. */
  readonly seconds: number
}

/**
 * The committed state with its data folder: what `commit` returned for survives the end of the process at any
 * moment.
 */
export class Storage implements CommittedState {
  readonly store: MultiStore
  private readonly log: ChangeLog
  private readonly snapshotter: Snapshotter
  private readonly history: History | undefined
  private readonly unlock: () => Promise<void>
  private readonly options: Required<Pick<StorageOptions, 'snapshotInterval' | 'snapshotLogBytes' | 'report'>>
  private pending: LogRecord | undefined
  private snapshotDone: Promise<unknown> = Promise.resolve()
  private lastSnapshot: number
  private retryAt = 0
  private closing = false
  private readonly snapshotCounts = { written: 0, failed: 0, seconds: 0 }
  private logBytes: number

  constructor(
    recovered: Recovered,
    directory: string,
    parts: { readonly unlock: () => Promise<void>; readonly history: History | undefined },
    options: StorageOptions,
  ) {
    this.store = recovered.store
    this.log = recovered.log
    this.lastSnapshot = recovered.snapshotVersion
    this.logBytes = recovered.logBytes
    this.unlock = parts.unlock
    this.history = parts.history
    this.snapshotter = new Snapshotter(snapshotDirectory(directory), this.store)
    this.options = {
      snapshotInterval: options.snapshotInterval ?? 1000,
      snapshotLogBytes: options.snapshotLogBytes ?? 32 * 1024 * 1024,
      report: options.report ?? (() => {}),
    }
  }

  /** What became of snapshots since the folder was opened. */
  get snapshots(): SnapshotCounts {
    return { ...this.snapshotCounts, version: this.lastSnapshot }
  }

  /** The last committed version; 0 before the first. */
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

  /** Applies the next version without making it visible or durable; returns its app hash. */
  prepare(version: number, changes: readonly (StoreChanges | undefined)[], meta = NO_META): Uint8Array {
    const appHash = this.store.prepare(version, changes, meta)
    const { memory, names } = this.store
    const logged = names.map((_, slot) => {
      const leaves = this.store.foundedLeaves(slot)
      return leaves === undefined ? changes[slot] : { memory, leaves }
    })
    this.pending = { version, appHash, meta, changes: logged }
    return appHash
  }

  /**
   * Makes the prepared version durable, then visible. Throws LogWriteError if the disk refuses, and HistoryError if the
   * history is no longer written; the version is then not committed and the process must end: a restart recovers the
   * version before, and what the history lacks.
   */
  commit(): void {
    const { pending } = this
    assert(pending !== undefined, 'commit without a prepared version')
    if (this.history?.failure !== undefined) throw this.history.failure
    const bytes = this.log.append(pending)
    this.pending = undefined
    this.store.publish()
    this.logBytes += bytes
    if (this.isSnapshotDue()) this.snapshotDone = this.snapshot().catch(() => {})
  }

  /** Drops the prepared version and the foundation; does nothing if there is neither. */
  discard(): void {
    this.pending = undefined
    this.store.discard()
  }

  /** Writes a snapshot of the last committed version in the background. A failure is reported, and rejects. */
  async snapshot(): Promise<SnapshotResult> {
    const { version } = this
    const logBytes = this.logBytes
    const begun = performance.now()
    this.log.rotate()
    this.logBytes = 0
    try {
      const result = await this.snapshotter.write(version)
      this.lastSnapshot = version
      this.snapshotCounts.written++
      this.snapshotCounts.seconds = (performance.now() - begun) / 1000
      // What the history does not have for certain must be found in the log after the next start.
      const older = this.snapshotter.prune(
        this.history === undefined ? version : this.store.history.historySafe,
      )
      if (older !== undefined) this.log.dropThrough(older.version)
      return result
    } catch (failure) {
      this.logBytes += logBytes
      this.retryAt = version + RETRY_VERSIONS
      if (!this.closing) this.snapshotCounts.failed++
      const { message } = failure as Error
      if (!this.closing)
        this.options.report(`snapshot of version ${version} failed, the log stays: ${message}`)
      throw failure
    }
  }

  /** Ends the background work and gives the folder back. What is prepared but not committed is lost. */
  async close(): Promise<void> {
    this.closing = true
    await this.snapshotter.stop()
    await this.snapshotDone
    await this.history?.close()
    this.log.close()
    await this.unlock()
  }

  private isSnapshotDue(): boolean {
    const { snapshotInterval, snapshotLogBytes } = this.options
    if (this.snapshotter.isRunning || this.version < this.retryAt) return false
    return this.version - this.lastSnapshot >= snapshotInterval || this.logBytes >= snapshotLogBytes
  }
}

/** Opens a data folder, or makes one, and recovers: the newest usable snapshot, then the log after it. */
export async function openStorage(
  directory: string,
  names: readonly string[],
  options: StorageOptions = {},
): Promise<Storage> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const unlock = await lockDirectory(directory)
  let history: History | undefined
  try {
    checkFormat(directory)
    const recovered = await recoverFollowed(directory, names, options, (made) => {
      history = made
    })
    return new Storage(recovered, directory, { unlock, history }, options)
  } catch (failure) {
    await history?.close()
    await unlock()
    throw failure
  }
}

/** Recovers, and lets the history take every version that comes back and that it lacks. */
async function recoverFollowed(
  directory: string,
  names: readonly string[],
  options: StorageOptions,
  made: (history: History) => void,
): Promise<Recovered> {
  const { history: wanted, report = () => {} } = options
  if (wanted === undefined) return recover(directory, names, options)
  const where = historyDirectory(directory)
  const next = await historyNext(where, names)
  let history: History | undefined
  const recovered = await recover(
    directory,
    names,
    { ...options, keepsHistory: true },
    {
      next,
      begin(store, first) {
        const from = Math.max(next, first)
        if (next > 0 && from > next)
          report(
            `heights ${next} to ${from - 1} will be missing in the history: the log does not reach back to them`,
          )
        history = new History(where, store, { ...wanted, from }, report)
        made(history)
      },
      room: async () => history?.room(),
    },
  )
  await history?.recovered()
  return recovered
}
