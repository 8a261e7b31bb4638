import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { StorageOpenError } from './errors.ts'
import { lockDirectory } from './lock.ts'
import { syncDirectory } from './log-files.ts'
import { listSegments } from './log-reader.ts'
import { MultiStore } from './multistore.ts'
import { checkFormat, logDirectory, snapshotDirectory } from './recovery.ts'
import { listSnapshots, snapshotFile } from './snapshot-format.ts'
import { inspectSnapshot, loadSnapshot } from './snapshot-loader.ts'

/** Snapshots as files that are carried from one data folder to another. */
export interface CarriedSnapshot {
  readonly version: number
  /** Hexadecimal. */
  readonly appHash: string
  readonly meta: Uint8Array
  readonly bytes: number
  /** sha256 of the file, hexadecimal. */
  readonly digest: string
}

const PIECE = 4 * 1024 * 1024

/** What a snapshot file is, if every part of it is whole. Throws SnapshotDamagedError. */
export function describeSnapshot(path: string): CarriedSnapshot {
  const { head, foot } = inspectSnapshot(path)
  const { bytes, digest } = readThrough(path)
  return { version: head.version, appHash: foot.appHash, meta: Buffer.from(head.meta, 'hex'), bytes, digest }
}

/** Copies a snapshot of a data folder to `to`, which appears when it is complete and every node of it was hashed. */
export function copySnapshot(from: string, names: readonly string[], to: string): CarriedSnapshot {
  checkedLoad(from, names)
  const draft = `${to}.${process.pid}.tmp`
  try {
    copyDurably(from, draft)
    const described = describeSnapshot(draft)
    renameSync(draft, to)
    syncDirectory(dirname(to))
    return described
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * Begins the state of a data folder from a snapshot file. The file is copied, shown to `accept`, which throws if it is
 * not wanted, checked down to every key and value, and only then takes its place. Its app hash vouches for all of it
 * but the version and `meta`, which `accept` has to compare with what is known of the chain.
 */
export async function restoreFromFile(
  directory: string,
  names: readonly string[],
  file: string,
  accept: (snapshot: CarriedSnapshot) => void,
): Promise<CarriedSnapshot> {
  const snapshots = snapshotDirectory(directory)
  mkdirSync(snapshots, { recursive: true, mode: 0o700 })
  const unlock = await lockDirectory(directory)
  try {
    checkFormat(directory)
    if (listSnapshots(snapshots).length > 0 || listSegments(logDirectory(directory)).length > 0) {
      throw new StorageOpenError(
        directory,
        `it has a state already: move it away ("mv ${directory} ${directory}.old") to begin from a snapshot`,
      )
    }
    const draft = `${snapshots}/restored.${process.pid}.tmp`
    try {
      copyDurably(file, draft)
      const described = describeSnapshot(draft)
      accept(described)
      checkedLoad(draft, names)
      renameSync(draft, snapshotFile(snapshots, described.version))
      syncDirectory(snapshots)
      return described
    } finally {
      rmSync(draft, { force: true })
    }
  } finally {
    await unlock()
  }
}

/** Loads a snapshot into memory that is thrown away, hashing every node: the only way to know that it is right. */
function checkedLoad(path: string, names: readonly string[]): void {
  new MultiStore(names).restore((target) => loadSnapshot(path, names, target, 'hashes'))
}

function readThrough(
  path: string,
  take: (piece: Buffer) => void = () => {},
): { bytes: number; digest: string } {
  const file = openSync(path, 'r')
  try {
    const sha256 = createHash('sha256')
    const buffer = Buffer.allocUnsafe(PIECE)
    let bytes = 0
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      const piece = buffer.subarray(0, count)
      sha256.update(piece)
      take(piece)
      bytes += count
    }
    return { bytes, digest: sha256.digest('hex') }
  } finally {
    closeSync(file)
  }
}

/** Copies a file to a new one, whose bytes are on the disk then; its name is when its folder is synced. */
export function copyDurably(from: string, to: string): void {
  const file = openSync(to, 'wx', 0o600)
  try {
    readThrough(from, (piece) => {
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at)
    })
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
