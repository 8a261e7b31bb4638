import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { SnapshotDamagedError } from './errors.ts'
import { CHUNK_BYTES, CHUNK_HEADER_BYTES, CHUNK_MAX, FOOT, HEAD, SNAPSHOT_MAGIC } from './snapshot-format.ts'

/**
 * The chunks of an open snapshot, each with the CRC that it says: one HEAD, first, and the end of the file behind a
 * FOOT. A payload is good until the next one is read. Throws {@link SnapshotDamagedError}.
 */
export function* readChunks(path: string, file: number): Generator<{ kind: number; payload: Buffer }> {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  const fill = (length: number): Buffer => {
    if (length > buffer.length) buffer = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const count = readSync(file, buffer, filled, length - filled, null)
      if (count === 0) throw new SnapshotDamagedError(path, 'it is not complete')
      filled += count
    }
    return buffer.subarray(0, length)
  }
  if (!fill(SNAPSHOT_MAGIC.length).equals(SNAPSHOT_MAGIC)) {
    throw new SnapshotDamagedError(path, 'it does not start as a snapshot of this format')
  }
  for (let isFirst = true; ; isFirst = false) {
    const header = fill(CHUNK_HEADER_BYTES)
    const [kind, length, checksum] = [header.readUInt32LE(0), header.readUInt32LE(4), header.readUInt32LE(8)]
    if (kind < HEAD || kind > FOOT || length > CHUNK_MAX || (kind === HEAD) !== isFirst)
      throw new SnapshotDamagedError(path, 'a chunk header is garbage')
    const payload = fill(length)
    if (crc32(payload) !== checksum) throw new SnapshotDamagedError(path, 'a chunk fails its CRC')
    if (kind === FOOT && readSync(file, Buffer.alloc(1), 0, 1, null) > 0)
      throw new SnapshotDamagedError(path, 'something follows its end')
    yield { kind, payload }
  }
}
