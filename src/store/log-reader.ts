import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { LogDamagedError } from './errors.ts'
import {
  decodePayload,
  decodeRecordHeader,
  FILE_HEADER_BYTES,
  FILE_MAGIC,
  type Preamble,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TRAILER_BYTES,
  type ReadRecord,
} from './log-format.ts'

/** A file of the log; its name is the first version in it. */
export interface Segment {
  readonly file: string
  readonly first: number
}

/** Where the log ends. */
export interface LogEnd {
  readonly segments: readonly Segment[]
  /** Bytes of the last segment. */
  readonly length: number
  /** Last version that was read, be it before the version asked for; 0 if there was none. */
  readonly version: number
  /** Bytes of the records handed out. */
  readonly recordBytes: number
}

export function segmentFile(directory: string, first: number): string {
  return join(directory, `${String(first).padStart(12, '0')}.log`)
}

/** The segments of a directory, oldest first. */
export function listSegments(directory: string): Segment[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((name) => /^\d{12}\.log$/.test(name))
  const segments = names.map((name) => ({ file: join(directory, name), first: Number(name.slice(0, 12)) }))
  return segments.sort((a, b) => a.first - b.first)
}

/** Which records are read. */
export interface LogRange {
  readonly from: number
  /** The last one; what follows is not looked at. */
  readonly through?: number
}

/**
 * Hands out records in order, each after its CRC was checked; what it returns at the end is where the log ends, or the
 * last record that was asked for. A torn last record (the machine stopped while it was written) is cut off and
 * reported; it was never committed. Any other damage throws {@link LogDamagedError}.
 */
export function* readLog(
  directory: string,
  names: readonly string[],
  { from, through = Number.POSITIVE_INFINITY }: LogRange,
  report: (message: string) => void,
): Generator<ReadRecord, LogEnd, undefined> {
  const segments = dropTornSegment(listSegments(directory), report)
  const start = Math.max(
    0,
    segments.findLastIndex((segment) => segment.first <= from),
  )
  const progress = { version: 0, length: 0, recordBytes: 0 }
  let expected = segments[start]?.first ?? from
  const first = segments[start]
  if (first !== undefined && first.first > from) {
    throw new LogDamagedError(
      first.file,
      0,
      `the log starts at version ${first.first}, version ${from} is needed`,
    )
  }
  for (const [i, segment] of segments.slice(start).entries()) {
    const last = segment === segments.at(-1)
    if (segment.first !== expected) {
      throw new LogDamagedError(
        segment.file,
        0,
        `it starts at version ${segment.first}, after ${expected - 1}`,
      )
    }
    const reading = new SegmentReading(segment, names, last, report)
    try {
      for (const { version, payload, bytes } of reading.records()) {
        if (version !== expected) reading.damaged(`version ${version} follows ${expected - 1}`)
        expected++
        progress.version = version
        if (version < from) continue
        progress.recordBytes += bytes
        yield reading.decode(version, payload)
        if (version < through) continue
        return { ...progress, segments: segments.slice(0, start + i + 1), length: reading.position + bytes }
      }
      progress.length = reading.position
    } finally {
      reading.close()
    }
  }
  return { segments, ...progress }
}

// A segment that does not even have its preamble was being created when the machine stopped.
function dropTornSegment(
  segments: readonly Segment[],
  report: (message: string) => void,
): readonly Segment[] {
  const last = segments.at(-1)
  if (last === undefined) return segments
  const file = openSync(last.file, 'r')
  let whole: boolean
  try {
    const header = Buffer.alloc(FILE_HEADER_BYTES)
    const read = readSync(file, header, 0, FILE_HEADER_BYTES, 0)
    whole = read === FILE_HEADER_BYTES && fstatSync(file).size >= FILE_HEADER_BYTES + header.readUInt32LE(8)
    whole &&= !header.equals(Buffer.alloc(FILE_HEADER_BYTES))
  } finally {
    closeSync(file)
  }
  if (whole) return segments
  report(`${last.file}: was being created when the process stopped and holds no record; removed`)
  unlinkSync(last.file)
  return segments.slice(0, -1)
}

class SegmentReading {
  private readonly segment: Segment
  private readonly last: boolean
  private readonly report: (message: string) => void
  private readonly file: number
  private readonly size: number
  private at = 0

  constructor(segment: Segment, names: readonly string[], last: boolean, report: (message: string) => void) {
    this.segment = segment
    this.last = last
    this.report = report
    this.file = openSync(segment.file, 'r+')
    this.size = fstatSync(this.file).size
    this.readPreamble(names)
  }

  /** Where the record begins that was handed out last; at the end, where the segment ends. */
  get position(): number {
    return this.at
  }

  /** The records whose CRC is right, with their size in the file. */
  *records(): Generator<{ version: number; payload: Buffer; bytes: number }, void, undefined> {
    while (this.at < this.size) {
      const header = this.read(this.at, RECORD_HEADER_BYTES)
      const decoded = header.length < RECORD_HEADER_BYTES ? undefined : decodeRecordHeader(header)
      if (decoded === undefined) {
        if (this.recordAfter(this.at + 1)) this.damaged('this is no record header, but records follow')
        return this.cut()
      }
      const bytes = RECORD_HEADER_BYTES + decoded.length + RECORD_TRAILER_BYTES
      if (this.at + bytes > this.size) return this.cut()
      const payload = this.read(this.at + RECORD_HEADER_BYTES, decoded.length)
      const trailer = this.read(this.at + bytes - RECORD_TRAILER_BYTES, RECORD_TRAILER_BYTES)
      if (trailer.readUInt32LE(0) !== crc32(payload)) {
        if (this.at + bytes < this.size)
          this.damaged(`the record of version ${decoded.version} fails its CRC`)
        return this.cut()
      }
      yield { version: decoded.version, payload, bytes }
      this.at += bytes
    }
  }

  decode(version: number, payload: Buffer): ReadRecord {
    try {
      return decodePayload(version, payload)
    } catch (cause) {
      return this.damaged(`the record of version ${version} is malformed (${(cause as Error).message})`)
    }
  }

  damaged(reason: string): never {
    throw new LogDamagedError(this.segment.file, this.at, reason)
  }

  close(): void {
    closeSync(this.file)
  }

  private cut(): void {
    if (!this.last) this.damaged('the record is incomplete, but a later segment exists')
    this.report(
      `${this.segment.file}: the last record was torn at byte ${this.at} of ${this.size} and is cut; ` +
        'its block was not committed and will be replayed',
    )
    ftruncateSync(this.file, this.at)
    fsyncSync(this.file)
  }

  private readPreamble(names: readonly string[]): void {
    const header = this.read(0, FILE_HEADER_BYTES)
    const length = header.length < FILE_HEADER_BYTES ? 0 : header.readUInt32LE(8)
    const json = this.read(FILE_HEADER_BYTES, length)
    if (!header.subarray(0, 8).equals(FILE_MAGIC)) this.damaged('it does not start as a log of this format')
    if (json.length !== length || crc32(json) !== header.readUInt32LE(12))
      this.damaged('its preamble fails its CRC')
    const preamble = JSON.parse(json.toString('utf8')) as Preamble
    if (preamble.names.join() !== names.join()) {
      this.damaged(`it holds the stores ${preamble.names.join()}; this program has ${names.join()}`)
    }
    this.at = FILE_HEADER_BYTES + length
  }

  private recordAfter(from: number): boolean {
    const window = 1024 * 1024
    for (let at = from; at < this.size; at += window) {
      const piece = this.read(at, window + RECORD_HEADER_BYTES)
      for (let hit = piece.indexOf(RECORD_MAGIC); hit >= 0; hit = piece.indexOf(RECORD_MAGIC, hit + 1)) {
        const header = piece.subarray(hit, hit + RECORD_HEADER_BYTES)
        if (header.length === RECORD_HEADER_BYTES && decodeRecordHeader(header) !== undefined) return true
      }
    }
    return false
  }

  private read(at: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - at)))
    let filled = 0
    while (filled < buffer.length) {
      const count = readSync(this.file, buffer, filled, buffer.length - filled, at + filled)
      if (count === 0) return buffer.subarray(0, filled)
      filled += count
    }
    return buffer
  }
}
