import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { LogDamagedError, SnapshotDamagedError } from './errors.ts'
import {
  decodePayload,
  decodeRecordHeader,
  FILE_HEADER_BYTES,
  FILE_MAGIC,
  RECORD_HEADER_BYTES,
  RECORD_TRAILER_BYTES,
  type ReadRecord,
} from './log-format.ts'
import { listSegments, type Segment } from './log-reader.ts'
import { MultiStore } from './multistore.ts'
import {
  CHUNK_HEADER_BYTES,
  FOOT,
  HEAD,
  listSnapshots,
  SNAPSHOT_MAGIC,
  type SnapshotFoot,
  type SnapshotHead,
} from './snapshot-format.ts'
import { loadSnapshot } from './snapshot-loader.ts'

/** An app hash that a data folder has for a version, and the file it stands in. */
export interface StoredAppHash {
  readonly version: number
  /** 64 hex digits in lower case. */
  readonly appHash: string
  readonly file: string
}

/** Chunks with JSON in them are small; beyond this one is garbage. */
const MAX_JSON_BYTES = 1024 * 1024
const MAX_RECORD_BYTES = 2 ** 31 - 1

/**
 * The app hashes that the snapshots and the log of a data folder have, oldest version first, those of snapshots before
 * those of the log. Only reads: the folder may be that of a running node, whose last record may be half written, and
 * then ends the list. Throws {@link LogDamagedError} and {@link SnapshotDamagedError}.
 */
export function* storedAppHashes(directory: string): Generator<StoredAppHash> {
  for (const { file } of listSnapshots(join(directory, 'snapshots')).toReversed()) yield snapshotAppHash(file)
  for (const segment of listSegments(join(directory, 'log'))) {
    for (const { version, payload } of readSegment(segment))
      yield { version, appHash: payload.toString('hex', 0, 32), file: segment.file }
  }
}

/**
 * The app hash of a version made anew: from the newest snapshot at or below it and the log, in memory. `onVersion` is
 * called for each version of the log that is applied. Undefined if the folder does not reach that version.
 */
export function recomputedAppHash(
  directory: string,
  names: readonly string[],
  version: number,
  onVersion: () => void = () => {},
): string | undefined {
  const segments = listSegments(join(directory, 'log'))
  const snapshot = listSnapshots(join(directory, 'snapshots')).find((each) => each.version <= version)
  const store = new MultiStore(names, { initialVersion: segments[0]?.first ?? 1 })
  if (snapshot !== undefined) store.restore((target) => loadSnapshot(snapshot.file, names, target))
  for (const segment of segments) {
    for (const record of readSegment(segment)) {
      if (record.version > version) break
      if (record.version <= store.version) continue
      apply(store, segment, decodePayload(record.version, record.payload))
      onVersion()
    }
  }
  return store.version === version ? Buffer.from(store.appHash).toString('hex') : undefined
}

function apply(store: MultiStore, { file }: Segment, { version, changes, meta }: ReadRecord): void {
  if (store.version !== 0 && version !== store.version + 1)
    throw new LogDamagedError(file, 0, `version ${version} follows ${store.version}`)
  store.prepare(version, changes, new Uint8Array(meta))
  store.publish()
}

function snapshotAppHash(file: string): StoredAppHash {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    let version: number | undefined
    for (let at = SNAPSHOT_MAGIC.length; at + CHUNK_HEADER_BYTES <= size; ) {
      const header = readAt(descriptor, at, CHUNK_HEADER_BYTES)
      const [kind, length] = [header.readUInt32LE(0), header.readUInt32LE(4)]
      at += CHUNK_HEADER_BYTES
      if (kind === HEAD || kind === FOOT) {
        const json = readJson(file, descriptor, { at, length, checksum: header.readUInt32LE(8) })
        if (kind === HEAD) version = (json as SnapshotHead).version
        else if (version !== undefined) return { version, appHash: (json as SnapshotFoot).appHash, file }
      }
      at += length
    }
    throw new SnapshotDamagedError(file, 'it is not complete')
  } finally {
    closeSync(descriptor)
  }
}

function readJson(
  file: string,
  descriptor: number,
  { at, length, checksum }: { readonly at: number; readonly length: number; readonly checksum: number },
): unknown {
  const payload = length > MAX_JSON_BYTES ? Buffer.alloc(0) : readAt(descriptor, at, length)
  if (payload.length !== length || crc32(payload) !== checksum)
    throw new SnapshotDamagedError(file, 'a chunk fails its CRC')
  return JSON.parse(payload.toString('utf8'))
}

interface RawRecord {
  readonly version: number
  readonly payload: Buffer
}

/** The records of a segment whose CRC is right; ends where one is torn. */
function* readSegment({ file }: Segment): Generator<RawRecord> {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    for (let at = recordsStart(file, descriptor, size); at + RECORD_HEADER_BYTES <= size; ) {
      const header = decodeRecordHeader(readAt(descriptor, at, RECORD_HEADER_BYTES))
      if (header === undefined || header.length > MAX_RECORD_BYTES) return
      const bytes = RECORD_HEADER_BYTES + header.length + RECORD_TRAILER_BYTES
      if (at + bytes > size) return
      const payload = readAt(descriptor, at + RECORD_HEADER_BYTES, header.length)
      const trailer = readAt(descriptor, at + bytes - RECORD_TRAILER_BYTES, RECORD_TRAILER_BYTES)
      if (trailer.readUInt32LE(0) !== crc32(payload)) {
        if (at + bytes === size) return
        throw new LogDamagedError(file, at, `the record of version ${header.version} fails its CRC`)
      }
      yield { version: header.version, payload }
      at += bytes
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Where the records begin; the end of the file for one that is just being made. */
function recordsStart(file: string, descriptor: number, size: number): number {
  const header = readAt(descriptor, 0, FILE_HEADER_BYTES)
  if (header.length < FILE_HEADER_BYTES) return size
  if (!header.subarray(0, FILE_MAGIC.length).equals(FILE_MAGIC))
    throw new LogDamagedError(file, 0, 'it does not start as a log of this format')
  const length = header.readUInt32LE(8)
  return FILE_HEADER_BYTES + length > size ? size : FILE_HEADER_BYTES + length
}

function readAt(descriptor: number, at: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(descriptor, buffer, filled, length - filled, at + filled)
    if (count === 0) return buffer.subarray(0, filled)
    filled += count
  }
  return buffer
}
