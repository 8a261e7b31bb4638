import { unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { LogWriteError } from './errors.ts'
import { diskFiles, type LogFiles, syncDirectory } from './log-files.ts'
import {
  encodePayload,
  encodePreamble,
  encodeRecordHeader,
  type LogRecord,
  type PayloadSink,
  payloadLength,
  RECORD_TRAILER_BYTES,
} from './log-format.ts'
import { type LogEnd, type Segment, segmentFile } from './log-reader.ts'

/** A record up to this size goes to the file in one write; a larger one in pieces of this size. */
const BUFFER_BYTES = 8 * 1024 * 1024

/**
 * The writing end of the log: one record per version, on the disk when `append` returns. After a failed append
 * nothing is known of the file's tail, so every further one is refused; the next start cuts the tail.
 */
export class ChangeLog {
  private readonly directory: string
  private readonly names: readonly string[]
  private readonly files: LogFiles
  private readonly segments: Segment[]
  private file: number | undefined
  private path = ''
  private position: number
  private failure: LogWriteError | undefined
  private buffer = Buffer.allocUnsafe(64 * 1024)

  constructor(directory: string, names: readonly string[], end: LogEnd, files: LogFiles = diskFiles) {
    this.directory = directory
    this.names = names
    this.files = files
    this.segments = [...end.segments]
    this.position = end.length
  }

  /** Appends a record and returns its bytes when it is durable. Throws {@link LogWriteError}. */
  append(record: LogRecord): number {
    if (this.failure !== undefined) throw this.failure
    try {
      return this.write(record)
    } catch (cause) {
      this.failure = cause instanceof LogWriteError ? cause : new LogWriteError(this.path, 'write to', cause)
      throw this.failure
    }
  }

  /** Starts a new segment with the next record. */
  rotate(): void {
    this.close()
    this.position = -1
  }

  /** Removes segments that hold nothing but versions up to `version`. */
  dropThrough(version: number): void {
    while (this.segments.length > 1 && (this.segments[1] as Segment).first <= version + 1) {
      unlinkSync((this.segments.shift() as Segment).file)
    }
    syncDirectory(this.directory)
  }

  close(): void {
    if (this.file !== undefined) this.files.close(this.file)
    this.file = undefined
  }

  private write(record: LogRecord): number {
    const file = this.openFor(record.version)
    const length = payloadLength(record)
    const header = encodeRecordHeader(record.version, length)
    const bytes = header.length + length + RECORD_TRAILER_BYTES
    if (this.buffer.length < Math.min(bytes, BUFFER_BYTES)) {
      this.buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, bytes * 2))
    }
    const sink = new FileSink(this.buffer, (piece, used) => {
      this.writeAll(file, piece, used)
    })
    sink.bytes(header)
    sink.startChecksum()
    encodePayload(record, sink)
    sink.finish()
    this.files.datasync(file)
    return bytes
  }

  private openFor(version: number): number {
    if (this.file !== undefined) return this.file
    const current = this.segments.at(-1)
    if (current !== undefined && this.position >= 0) {
      this.path = current.file
      this.file = this.files.open(current.file)
      return this.file
    }
    this.path = segmentFile(this.directory, version)
    this.file = this.files.open(this.path)
    this.position = 0
    const preamble = encodePreamble({ names: this.names, first: version })
    this.writeAll(this.file, preamble, preamble.length)
    this.files.datasync(this.file)
    syncDirectory(dirname(this.path))
    if (current?.first !== version) this.segments.push({ file: this.path, first: version })
    return this.file
  }

  private writeAll(file: number, bytes: Uint8Array, length: number): void {
    let from = 0
    while (from < length) {
      const written = this.files.write(file, bytes, from, length - from, this.position)
      if (written <= 0)
        throw new LogWriteError(this.path, 'write to', `${written} of ${length - from} bytes written`)
      from += written
      this.position += written
    }
  }
}

/** Collects bytes and hands them on when the buffer is full, with a running CRC. */
class FileSink implements PayloadSink {
  private readonly buffer: Buffer
  private readonly flush: (buffer: Buffer, used: number) => void
  private used = 0
  private checkedFrom = 0
  private checksum = 0

  constructor(buffer: Buffer, flush: (buffer: Buffer, used: number) => void) {
    this.buffer = buffer
    this.flush = flush
  }

  room(length: number): { buffer: Buffer; at: number } {
    if (this.used + length > this.buffer.length) this.empty()
    this.used += length
    return { buffer: this.buffer, at: this.used - length }
  }

  bytes(bytes: Uint8Array): void {
    let from = 0
    while (from < bytes.length) {
      if (this.used === this.buffer.length) this.empty()
      const count = Math.min(bytes.length - from, this.buffer.length - this.used)
      this.buffer.set(count === bytes.length ? bytes : bytes.subarray(from, from + count), this.used)
      this.used += count
      from += count
    }
  }

  /** The CRC covers what comes after this. */
  startChecksum(): void {
    this.checkedFrom = this.used
  }

  /** Appends the CRC and hands on the rest. */
  finish(): void {
    this.check()
    const checksum = this.checksum
    const { buffer, at } = this.room(RECORD_TRAILER_BYTES)
    buffer.writeUInt32LE(checksum, at)
    this.flush(this.buffer, this.used)
    this.used = 0
  }

  private empty(): void {
    this.check()
    this.flush(this.buffer, this.used)
    this.used = 0
    this.checkedFrom = 0
  }

  private check(): void {
    this.checksum = crc32(this.buffer.subarray(this.checkedFrom, this.used), this.checksum)
    this.checkedFrom = this.used
  }
}
