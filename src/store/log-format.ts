import { crc32 } from 'node:zlib'
import type { ByteString, StoreChanges } from '../kernel/kv.ts'
import { KEY, KEY_HEADER_BYTES, META, type Memory, VALUE, VALUE_LENGTH } from './memory.ts'

/**
 * The bytes of a log segment. Integers are little-endian.
 *
 * ```
 * file:    "WADILOG1", u32 length and u32 crc of the preamble, preamble (JSON: store names, first version), records
 * record:  "WREC", u32 version, u64 payload length, u32 0, u32 crc of these 20 bytes, payload, u32 crc of the payload
 * payload: app hash (32), u32 bytes of meta, meta, u32 stores, per store: u32 slot, u32 changes, per change:
 *          u32 key length, u32 value length (2^32 - 1: removed), key, value
 * ```
 */
export const FILE_MAGIC = Buffer.from('WADILOG1', 'latin1')
export const FILE_HEADER_BYTES = 16
export const RECORD_MAGIC = Buffer.from('WREC', 'latin1')
export const RECORD_HEADER_BYTES = 24
export const RECORD_TRAILER_BYTES = 4
const REMOVED = 0xffffffff
/** A value up to this goes into the sink together with its key. */
const SMALL_VALUE_BYTES = 1024

/** Entries that a version sets in a store, in order of keys: leaves of its tree, copied from where they lie. */
export interface LeafRun {
  readonly memory: Memory
  readonly leaves: Int32Array
}

/** What one version changed. */
export interface LogRecord {
  readonly version: number
  readonly appHash: Uint8Array
  /** What the application says of the version beside its state. */
  readonly meta: Uint8Array
  readonly changes: readonly (StoreChanges | LeafRun | undefined)[]
}

/** A record as it is read: values are views. */
export interface ReadRecord extends LogRecord {
  readonly changes: readonly (StoreChanges | undefined)[]
}

export interface Preamble {
  readonly names: readonly string[]
  readonly first: number
}

export function encodePreamble(preamble: Preamble): Buffer {
  const json = Buffer.from(JSON.stringify(preamble), 'utf8')
  const header = Buffer.alloc(FILE_HEADER_BYTES)
  FILE_MAGIC.copy(header)
  header.writeUInt32LE(json.length, 8)
  header.writeUInt32LE(crc32(json), 12)
  return Buffer.concat([header, json])
}

export function payloadLength(record: LogRecord): number {
  let length = 32 + 4 + record.meta.length + 4
  for (const changes of record.changes) {
    if (changes === undefined) continue
    if ('leaves' in changes) {
      length += 8 + leavesLength(changes)
      continue
    }
    length += 8 + changes.keys.length * 8
    changes.keys.forEach((key, i) => {
      length += key.length + (changes.values[i]?.length ?? 0)
    })
  }
  return length
}

function leavesLength({ memory, leaves }: LeafRun): number {
  let length = leaves.length * 8
  for (const leaf of leaves) {
    const at = leaf * 32
    length += ((memory.words[at + META] as number) & 0xffff) + (memory.words[at + VALUE_LENGTH] as number)
  }
  return length
}

export function encodeRecordHeader(version: number, length: number): Buffer {
  const header = Buffer.alloc(RECORD_HEADER_BYTES)
  RECORD_MAGIC.copy(header)
  header.writeUInt32LE(version, 4)
  header.writeBigUInt64LE(BigInt(length), 8)
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20)
  return header
}

/** Undefined if these bytes are no record header. */
export function decodeRecordHeader(header: Buffer): { version: number; length: number } | undefined {
  if (header.compare(RECORD_MAGIC, 0, 4, 0, 4) !== 0) return undefined
  if (header.readUInt32LE(20) !== crc32(header.subarray(0, 20))) return undefined
  return { version: header.readUInt32LE(4), length: Number(header.readBigUInt64LE(8)) }
}

/** Takes bytes in order; see {@link encodePayload}. */
export interface PayloadSink {
  /** Room for `length` bytes in one piece: where to write them. At most 65 KiB + 16. */
  room(length: number): { readonly buffer: Buffer; readonly at: number }
  /** Bytes of any length. */
  bytes(bytes: Uint8Array): void
}

export function encodePayload(record: LogRecord, sink: PayloadSink): void {
  sink.bytes(record.appHash)
  putWords(sink, [record.meta.length])
  sink.bytes(record.meta)
  putWords(sink, [record.changes.filter((changes) => changes !== undefined).length])
  record.changes.forEach((changes, slot) => {
    if (changes === undefined) return
    if ('leaves' in changes) {
      putWords(sink, [slot, changes.leaves.length])
      putLeaves(sink, changes)
      return
    }
    putWords(sink, [slot, changes.keys.length])
    for (let i = 0; i < changes.keys.length; i++) {
      const key = changes.keys[i] as ByteString
      const value = changes.values[i]
      const { buffer, at } = sink.room(8 + key.length)
      buffer.writeUInt32LE(key.length, at)
      buffer.writeUInt32LE(value === undefined ? REMOVED : value.length, at + 4)
      buffer.write(key, at + 8, 'latin1')
      if (value !== undefined) sink.bytes(value)
    }
  })
}

function putLeaves(sink: PayloadSink, { memory, leaves }: LeafRun): void {
  const { words, slabText } = memory
  for (const leaf of leaves) {
    const at = leaf * 32
    const keyLength = (words[at + META] as number) & 0xffff
    const valueLength = words[at + VALUE_LENGTH] as number
    const keyAt = (words[at + KEY] as number) * 8 + KEY_HEADER_BYTES
    const valueAt = (words[at + VALUE] as number) * 8
    const small = valueLength <= SMALL_VALUE_BYTES
    const room = sink.room(8 + keyLength + (small ? valueLength : 0))
    const { buffer } = room
    let to = room.at
    buffer.writeUInt32LE(keyLength, to)
    buffer.writeUInt32LE(valueLength, to + 4)
    to += 8
    for (let i = 0; i < keyLength; i++) buffer[to + i] = slabText[keyAt + i] as number
    to += keyLength
    if (small) for (let i = 0; i < valueLength; i++) buffer[to + i] = slabText[valueAt + i] as number
    else sink.bytes(slabText.subarray(valueAt, valueAt + valueLength))
  }
}

function putWords(sink: PayloadSink, words: readonly number[]): void {
  const { buffer, at } = sink.room(words.length * 4)
  words.forEach((word, i) => {
    buffer.writeUInt32LE(word, at + i * 4)
  })
}

/** Values are views into the payload. Throws a RangeError if the payload is not well formed. */
export function decodePayload(version: number, payload: Buffer): ReadRecord {
  const changes: (StoreChanges | undefined)[] = []
  let at = 32
  const word = () => {
    at += 4
    return payload.readUInt32LE(at - 4)
  }
  const take = (length: number) => {
    if (at + length > payload.length) throw new RangeError(`payload ends within an entry at ${at}`)
    at += length
    return at - length
  }
  const metaLength = word()
  const metaAt = take(metaLength)
  for (let stores = word(); stores > 0; stores--) {
    const slot = word()
    const keys: ByteString[] = []
    const values: (Uint8Array | undefined)[] = []
    for (let entries = word(); entries > 0; entries--) {
      const keyLength = word()
      const valueLength = word()
      const keyAt = take(keyLength)
      keys.push(payload.toString('latin1', keyAt, keyAt + keyLength))
      const valueAt = take(valueLength === REMOVED ? 0 : valueLength)
      values.push(valueLength === REMOVED ? undefined : payload.subarray(valueAt, valueAt + valueLength))
    }
    while (changes.length < slot) changes.push(undefined)
    changes.push({ keys, values })
  }
  const meta = payload.subarray(metaAt, metaAt + metaLength)
  return { version, appHash: payload.subarray(0, 32), meta, changes }
}
