import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { assert } from '../kernel/errors.ts'
import type { ByteString, KvIterator, StoreChanges, WriteStore } from '../kernel/kv.ts'
import { ChangeLog } from './changelog.ts'
import type { CommittedState } from './committed.ts'
import { SnapshotDamagedError, StorageOpenError } from './errors.ts'
import { lockDirectory } from './lock.ts'
import { type LogFiles, syncDirectory } from './log-files.ts'
import type { LogRecord, ReadRecord } from './log-format.ts'
import { readLog } from './log-reader.ts'
import { MultiStore, type MultiStoreOptions } from './multistore.ts'
import { removeUnfinished, Snapshotter, setAside } from './snapshot.ts'
import { listSnapshots } from './snapshot-format.ts'
import { loadSnapshot } from './snapshot-loader.ts'
import type { SnapshotResult } from './snapshot-writer.ts'

/** The format of the data folder; a folder with a higher one is refused. */
export const STORAGE_FORMAT = 1
const NO_META: Uint8Array = new Uint8Array()
/** After a snapshot failed, versions until the next attempt. */
const RETRY_VERSIONS = 100

export interface StorageOptions extends MultiStoreOptions {
  /** Versions between two snapshots (default 1,000). */
  readonly snapshotInterval?: number
  /** Bytes of log since the last snapshot that make the next one due (default 32 MiB). */
  readonly snapshotLogBytes?: number
  /** Told what recovery found and cut, and what failed in the background; one sentence each. */
  readonly report?: (message: string) => void
  /** The file operations of the log. */
  readonly files?: LogFiles
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
  private readonly unlock: () => Promise<void>
  private readonly options: Required<Pick<StorageOptions, 'snapshotInterval' | 'snapshotLogBytes' | 'report'>>
  private pending: LogRecord | undefined
  private snapshotDone: Promise<unknown> = Promise.resolve()
  private lastSnapshot: number
  private retryAt = 0
  private closing = false
  private readonly snapshotCounts = { written: 0, failed: 0, seconds: 0 }
  private logBytes: number

  constructor(recovered: Recovered, directory: string, unlock: () => Promise<void>, options: StorageOptions) {
    this.store = recovered.store
    this.log = recovered.log
    this.lastSnapshot = recovered.snapshotVersion
    this.logBytes = recovered.logBytes
    this.unlock = unlock
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
   * Makes the prepared version durable, then visible. Throws LogWriteError if the disk refuses; the version is then not
   * committed and the process must end: a restart recovers the version before.
   */
  commit(): void {
    const { pending } = this
    assert(pending !== undefined, 'commit without a prepared version')
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
      const older = this.snapshotter.prune()
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
  try {
    checkFormat(directory)
    return new Storage(recover(directory, names, options), directory, unlock, options)
  } catch (failure) {
    await unlock()
    throw failure
  }
}

interface Recovered {
  readonly store: MultiStore
  readonly log: ChangeLog
  readonly snapshotVersion: number
  readonly logBytes: number
}

function recover(directory: string, names: readonly string[], options: StorageOptions): Recovered {
  const report = options.report ?? (() => {})
  for (const part of [snapshotDirectory(directory), logDirectory(directory)])
    mkdirSync(part, { recursive: true })
  removeUnfinished(snapshotDirectory(directory))
  const { store, damaged } = restoreNewest(directory, names, options)
  const snapshotVersion = store.version
  const from = snapshotVersion === 0 ? (options.initialVersion ?? 1) : snapshotVersion + 1
  const end = readLog(
    logDirectory(directory),
    names,
    from,
    (record) => replay(directory, store, record),
    report,
  )
  if (store.version === 0 && damaged > 0) {
    throw new StorageOpenError(
      directory,
      'no snapshot of it can be used, and the log is gone: restore it or sync again',
    )
  }
  const log = new ChangeLog(logDirectory(directory), names, end, options.files)
  if (end.version < store.version) log.rotate()
  return { store, log, snapshotVersion, logBytes: end.recordBytes }
}

function restoreNewest(directory: string, names: readonly string[], options: StorageOptions) {
  let damaged = 0
  for (const snapshot of listSnapshots(snapshotDirectory(directory))) {
    const store = new MultiStore(names, options)
    try {
      store.restore((target) => loadSnapshot(snapshot.file, names, target))
      return { store, damaged }
    } catch (failure) {
      if (!(failure instanceof SnapshotDamagedError)) throw failure
      options.report?.(`${failure.message}; it is set aside and the one before it is used`)
      setAside(snapshot)
      damaged++
    }
  }
  return { store: new MultiStore(names, options), damaged }
}

function replay(directory: string, store: MultiStore, { version, appHash, meta, changes }: ReadRecord): void {
  const reached = store.prepare(version, changes, new Uint8Array(meta))
  if (!Buffer.from(reached).equals(appHash)) {
    const [got, logged] = [reached, appHash].map((each) => Buffer.from(each).toString('hex'))
    throw new StorageOpenError(
      directory,
      `version ${version} of its log gives app hash ${got}, but ${logged} was committed: ` +
        'restore the folder from a backup, or empty it and let the node sync again',
    )
  }
  store.publish()
}

function checkFormat(directory: string): void {
  const file = join(directory, 'FORMAT')
  if (!existsSync(file)) {
    writeFileSync(file, `wadi-store ${STORAGE_FORMAT}\n`, { mode: 0o600, flush: true })
    syncDirectory(directory)
    return
  }
  const text = readFileSync(file, 'utf8').trim()
  const format = /^wadi-store (\d+)$/.exec(text)?.[1]
  if (format === undefined)
    throw new StorageOpenError(directory, `its FORMAT file says "${text}", not wadi-store`)
  if (Number(format) !== STORAGE_FORMAT) {
    throw new StorageOpenError(
      directory,
      `it has format ${format}, this program reads format ${STORAGE_FORMAT}: use the release that ` +
        `wrote it, or a newer one`,
    )
  }
}

function logDirectory(directory: string): string {
  return join(directory, 'log')
}

function snapshotDirectory(directory: string): string {
  return join(directory, 'snapshots')
}
