import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, rmSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageOpenError } from './errors.ts'
import { historyDirectory } from './history.ts'
import { type HeightRange, HistoryDatabase } from './history-database.ts'
import { HistoryPruner } from './history-pruner.ts'
import { HistoryReader } from './history-reader.ts'
import { lockDirectory } from './lock.ts'
import { syncDirectory } from './log-files.ts'
import { listSegments, readLog } from './log-reader.ts'
import { type StoredVersion, StoreReader } from './reader.ts'
import {
  checkFormat,
  logDirectory,
  type RecoveryOptions,
  recoverAt,
  recoverableHeights,
  snapshotDirectory,
} from './recovery.ts'
import { listSnapshots } from './snapshot-format.ts'

/**
 * Work on a data folder on which no node runs: looking at old versions, going back, giving room back. Each function
 * expects the folder's lock, which {@link withFolder} holds.
 */
export async function withFolder<T>(directory: string, work: () => Promise<T>): Promise<T> {
  if (!existsSync(join(directory, 'FORMAT'))) {
    throw new StorageOpenError(directory, 'there is no state in it: no node ran on it yet')
  }
  const unlock = await lockDirectory(directory)
  try {
    checkFormat(directory)
    return await work()
  } finally {
    await unlock()
  }
}

/** An old version, and how to let it go. */
export interface OpenedVersion {
  readonly version: StoredVersion
  close(): Promise<void>
}

/** The height was pruned or has not come. */
export interface NotKept {
  /** Oldest first; a height may be in two of them. */
  readonly kept: readonly HeightRange[]
}

/** The state at a height, or the last one: from the history, else from a snapshot and the log. */
export async function openVersion(
  directory: string,
  names: readonly string[],
  height: number | undefined,
  options: RecoveryOptions,
): Promise<OpenedVersion | NotKept> {
  const history = await openHistory(directory, names)
  const old = height === undefined ? undefined : history?.version(height, Number.POSITIVE_INFINITY)
  if (history !== undefined && old !== undefined) return { version: old, close: () => history.close() }
  const ranges = history?.ranges() ?? []
  await history?.close()
  const store = await recoverAt(directory, names, height, options)
  if (store.version === 0 || (height !== undefined && store.version !== height)) {
    const logged = recoverableHeights(directory, names, options)
    return { kept: logged === undefined ? ranges : [...ranges, logged] }
  }
  const share = store.reader()
  const version = new StoreReader(share).pin(store.version)
  if (typeof version === 'string')
    throw new StorageOpenError(directory, `version ${store.version} is ${version}`)
  const close = async () => {
    version.release()
    store.dropReader(share)
  }
  return { version, close }
}

async function openHistory(directory: string, names: readonly string[]): Promise<HistoryReader | undefined> {
  const where = historyDirectory(directory)
  return HistoryDatabase.exists(where) ? HistoryReader.open(where, names) : undefined
}

/** What going back did. */
export interface RolledBack {
  readonly from: number
  readonly to: number
}

/**
 * Takes the state back to a height that snapshots and log give. First the history forgets what is above, then
 * snapshots above go, newest first, at last the log is cut from its end: after a kill at any moment the state is whole,
 * at a height between both, and the same call goes on.
 */
export async function rollBack(
  directory: string,
  names: readonly string[],
  height: number,
  options: RecoveryOptions,
): Promise<RolledBack | NotKept> {
  const kept = recoverableHeights(directory, names, options)
  if (kept === undefined || height < kept.first || height > kept.last) {
    return { kept: kept === undefined ? [] : [kept] }
  }
  // Nothing is removed before it is sure that what remains gives this height.
  const store = await recoverAt(directory, names, height, options)
  if (store.version !== height) return { kept: [kept] }
  const where = historyDirectory(directory)
  if (HistoryDatabase.exists(where)) {
    const db = await HistoryDatabase.open(where, names)
    try {
      await db.removeAbove(height)
    } finally {
      await db.close()
    }
  }
  const snapshots = listSnapshots(snapshotDirectory(directory))
  for (const { file } of snapshots.filter(({ version }) => version > height)) rmSync(file)
  syncDirectory(snapshotDirectory(directory))
  cutLog(logDirectory(directory), names, height, options)
  return { from: kept.last, to: height }
}

/** Removes every record above a height from the log. */
function cutLog(directory: string, names: readonly string[], height: number, options: RecoveryOptions): void {
  const segments = listSegments(directory)
  const later = segments.filter(({ first }) => first > height)
  for (const { file } of later.toReversed()) rmSync(file)
  syncDirectory(directory)
  if (later.length === segments.length) return
  const records = readLog(directory, names, { from: height, through: height }, options.report ?? (() => {}))
  let step = records.next()
  while (step.done !== true) step = records.next()
  const { length, segments: left } = step.value
  const file = openSync((left.at(-1) as (typeof left)[number]).file, 'r+')
  try {
    ftruncateSync(file, length)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

export interface FreedHistory {
  /** Versions removed; undefined where the whole history went. */
  readonly versions: number | undefined
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** What is left, oldest first. */
  readonly kept: readonly HeightRange[]
}

/** Versions that are removed between two reports of progress. */
const ROUND = 50

/**
 * Keeps the latest `keepRecent` versions of the history, 0 for none of it, and gives the room back to the disk.
 * `report` is told what was damaged.
 */
export async function pruneHistory(
  directory: string,
  names: readonly string[],
  keepRecent: number,
  report: (message: string) => void,
  onProgress: (versions: number) => void = () => {},
): Promise<FreedHistory> {
  const where = historyDirectory(directory)
  if (!HistoryDatabase.exists(where)) return { versions: 0, bytesBefore: 0, bytesAfter: 0, kept: [] }
  const bytesBefore = await folderBytes(where)
  if (keepRecent === 0) {
    rmSync(where, { recursive: true })
    return { versions: undefined, bytesBefore, bytesAfter: 0, kept: [] }
  }
  const db = await HistoryDatabase.open(where, names)
  let versions = 0
  let kept: HeightRange[]
  try {
    const last = await db.last()
    const keepFrom = last - keepRecent + 1
    const pruner = new HistoryPruner(db, report)
    for (let round = ROUND; round === ROUND; ) {
      round = (await pruner.prune(keepFrom, ROUND)).versions
      versions += round
      onProgress(round)
    }
    if (versions > 0) await db.compact()
    kept = db.ranges(last).reverse()
  } finally {
    await db.close()
  }
  return { versions, bytesBefore, bytesAfter: await folderBytes(where), kept }
}

/** Bytes of the files in a folder and those below it. */
export async function folderBytes(directory: string): Promise<number> {
  if (!existsSync(directory)) return 0
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
