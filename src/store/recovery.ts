import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChangeLog } from './changelog.ts'
import { SnapshotDamagedError, StorageOpenError } from './errors.ts'
import { type LogFiles, syncDirectory } from './log-files.ts'
import type { ReadRecord } from './log-format.ts'
import { type LogEnd, type LogRange, listSegments, readLog } from './log-reader.ts'
import { MultiStore, type MultiStoreOptions } from './multistore.ts'
import { removeUnfinished, setAside } from './snapshot.ts'
import { listSnapshots, type SnapshotFile } from './snapshot-format.ts'
import { loadSnapshot } from './snapshot-loader.ts'

/** The format of the data folder; a folder with a higher one is refused. */
export const STORAGE_FORMAT = 1

export interface RecoveryOptions extends MultiStoreOptions {
  /** Told what recovery found and cut, and what failed in the background; one sentence each. */
  readonly report?: (message: string) => void
  /** The file operations of the log. */
  readonly files?: LogFiles
}

/** Whoever takes every version that comes back, from one on. */
export interface Follower {
  /** The first version that is wanted; 0 for whichever is first in the newest snapshot. */
  readonly next: number
  /** Called once before anything is replayed, with the first version that will be there. */
  begin(store: MultiStore, first: number): void
  /** Called before a version is replayed: resolves when it may come. */
  room(): Promise<void>
}

/** A data folder brought back to memory. */
export interface Recovered {
  readonly store: MultiStore
  readonly log: ChangeLog
  readonly snapshotVersion: number
  readonly logBytes: number
}

/** Loads the newest usable snapshot, or the newest that `follower` needs, and replays the log after it. */
export async function recover(
  directory: string,
  names: readonly string[],
  options: RecoveryOptions,
  follower?: Follower,
): Promise<Recovered> {
  prepareFolders(directory)
  const { initialVersion = 1, files } = options
  const snapshots = listSnapshots(snapshotDirectory(directory))
  const candidates =
    follower === undefined ? snapshots : inOrderFor(follower.next, snapshots, directory, initialVersion)
  const { store, damaged } = restoreFirst(candidates, names, options)
  const snapshotVersion = store.version
  const from = snapshotVersion === 0 ? initialVersion : snapshotVersion + 1
  follower?.begin(store, snapshotVersion === 0 ? initialVersion : snapshotVersion)
  const end = await replayLog(directory, store, { from }, options, follower)
  if (store.version === 0 && damaged > 0) {
    throw new StorageOpenError(
      directory,
      'no snapshot of it can be used, and the log is gone: restore it or sync again',
    )
  }
  const log = new ChangeLog(logDirectory(directory), names, end, files)
  if (end.version < store.version) log.rotate()
  return { store, log, snapshotVersion, logBytes: end.recordBytes }
}

/**
 * The store as it was at a height, the last one when absent, from a snapshot and the log. Where they do not give that
 * height, the store has another version, 0 if none.
 */
export async function recoverAt(
  directory: string,
  names: readonly string[],
  height: number | undefined,
  options: RecoveryOptions,
): Promise<MultiStore> {
  prepareFolders(directory)
  const { initialVersion = 1 } = options
  const through = height ?? Number.POSITIVE_INFINITY
  const before = listSnapshots(snapshotDirectory(directory)).filter(({ version }) => version <= through)
  const { store } = restoreFirst(before, names, options)
  const from = store.version === 0 ? initialVersion : store.version + 1
  const first = listSegments(logDirectory(directory))[0]?.first ?? Number.POSITIVE_INFINITY
  if (from <= through && first <= from) await replayLog(directory, store, { from, through }, options)
  return store
}

/** The heights that snapshots and log give; undefined where there are none. */
export function recoverableHeights(
  directory: string,
  names: readonly string[],
  options: RecoveryOptions,
): { readonly first: number; readonly last: number } | undefined {
  prepareFolders(directory)
  const { initialVersion = 1, report = () => {} } = options
  const snapshots = listSnapshots(snapshotDirectory(directory))
  const records = readLog(logDirectory(directory), names, { from: Number.MAX_SAFE_INTEGER }, report)
  const { value: end } = records.next() as { value: LogEnd }
  const begin = (end.segments[0]?.first ?? Number.POSITIVE_INFINITY) <= initialVersion
  const first = begin ? initialVersion : snapshots.at(-1)?.version
  const last = Math.max(end.version, snapshots[0]?.version ?? 0)
  return first === undefined || last === 0 ? undefined : { first, last }
}

function prepareFolders(directory: string): void {
  for (const part of [snapshotDirectory(directory), logDirectory(directory)])
    mkdirSync(part, { recursive: true })
  removeUnfinished(snapshotDirectory(directory))
}

/**
 * Snapshots from which version `next` can be had, the newest first, then the beginning of the log, if it is there, then
 * what leaves the smallest gap. `undefined` is no snapshot.
 */
function inOrderFor(
  next: number,
  snapshots: readonly SnapshotFile[],
  directory: string,
  initialVersion: number,
): readonly (SnapshotFile | undefined)[] {
  if (next === 0) return snapshots
  const before = snapshots.filter(({ version }) => version <= next)
  const after = snapshots.filter(({ version }) => version > next).reverse()
  const first = listSegments(logDirectory(directory))[0]?.first
  return [...before, ...(first !== undefined && first <= initialVersion ? [undefined] : []), ...after]
}

function restoreFirst(
  candidates: readonly (SnapshotFile | undefined)[],
  names: readonly string[],
  options: RecoveryOptions,
): { readonly store: MultiStore; readonly damaged: number } {
  let damaged = 0
  for (const snapshot of candidates) {
    const store = new MultiStore(names, options)
    if (snapshot === undefined) return { store, damaged: 0 }
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

async function replayLog(
  directory: string,
  store: MultiStore,
  range: LogRange,
  options: RecoveryOptions,
  follower?: Follower,
): Promise<LogEnd> {
  const records = readLog(logDirectory(directory), store.names, range, options.report ?? (() => {}))
  for (;;) {
    const { done, value } = records.next()
    if (done === true) return value
    try {
      await follower?.room()
      replay(directory, store, value)
    } catch (error) {
      records.return(undefined as never)
      throw error
    }
  }
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

/** Marks a new folder, and refuses one of another format. */
export function checkFormat(directory: string): void {
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

export function logDirectory(directory: string): string {
  return join(directory, 'log')
}

export function snapshotDirectory(directory: string): string {
  return join(directory, 'snapshots')
}
