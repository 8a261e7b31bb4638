import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { HashText } from './iavl-hash.ts'
import { syncDirectory } from './log-files.ts'
import {
  HEIGHT_MASK,
  KEY,
  KEY_HEADER_BYTES,
  LEFT,
  LEFT_HASH,
  META,
  type Memory,
  RIGHT,
  SIZE,
  VALUE,
  VALUE_LENGTH,
  VERSION,
} from './memory.ts'
import type { PinnedVersion, StoreReader } from './reader.ts'
import {
  CHUNK_BYTES,
  CHUNK_HEADER_BYTES,
  FOOT,
  HEAD,
  INNER_BYTES,
  LEAF_HEADER_BYTES,
  NODES,
  SNAPSHOT_MAGIC,
  type SnapshotFoot,
  type SnapshotHead,
  STORE_END,
} from './snapshot-format.ts'

export interface SnapshotResult {
  readonly version: number
  readonly nodes: number
  readonly bytes: number
}

/** Writes a pinned version to `path`: under another name first, synced, then renamed. */
export function writeSnapshot(reader: StoreReader, pinned: PinnedVersion, path: string): SnapshotResult {
  const { version, record } = pinned
  const temporary = `${path}.tmp`
  const file = openSync(temporary, 'w', 0o600)
  try {
    const chunks = new ChunkWriter(file, () => pinned.check())
    const keys = record.roots.map((root) =>
      root === 0 ? 0 : (reader.memory.words[root * 32 + SIZE] as number),
    )
    const meta = Buffer.from(record.meta).toString('hex')
    const head: SnapshotHead = { version, meta, names: reader.names, keys }
    chunks.json(HEAD, head)
    let nodes = 0
    for (const root of record.roots) {
      nodes += writeTree(reader.memory, root, chunks)
      chunks.room(1)[0] = STORE_END
    }
    chunks.flush()
    const foot: SnapshotFoot = { appHash: hex(record.appHash), roots: record.hashes.map(hex), nodes }
    chunks.json(FOOT, foot)
    fsyncSync(file)
    pinned.check()
    renameSync(temporary, path)
    syncDirectory(dirname(path))
    return { version, nodes, bytes: chunks.bytes }
  } catch (failure) {
    rmSync(temporary, { force: true })
    throw failure
  } finally {
    closeSync(file)
  }
}

/** Post-order without recursion: a negative number on the stack is a node whose children were visited. */
function writeTree(memory: Memory, root: number, chunks: ChunkWriter): number {
  const { words } = memory
  const stack = root === 0 ? [] : [root]
  let nodes = 0
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const at = Math.abs(node) * 32
    const inner = ((words[at + META] as number) & HEIGHT_MASK) !== 0
    if (inner && node > 0) {
      stack.push(-node, words[at + RIGHT] as number, words[at + LEFT] as number)
      continue
    }
    nodes++
    if (inner) writeInner(memory, at, chunks)
    else writeLeaf(memory, at, chunks)
  }
  return nodes
}

function writeInner(memory: Memory, at: number, chunks: ChunkWriter): void {
  const to = chunks.room(INNER_BYTES)
  to[0] = ((memory.words[at + META] as number) & HEIGHT_MASK) >> 16
  to.writeUInt32LE(memory.words[at + VERSION] as number, 1)
  memory.bytes.copy(to, 5, (at + LEFT_HASH) * 4, (at + LEFT_HASH) * 4 + 64)
}

function writeLeaf(memory: Memory, at: number, chunks: ChunkWriter): void {
  const { words, slabText } = memory
  const keyLength = (words[at + META] as number) & 0xffff
  const valueLength = words[at + VALUE_LENGTH] as number
  const to = chunks.room(LEAF_HEADER_BYTES + keyLength + valueLength)
  to[0] = 0
  to.writeUInt32LE(words[at + VERSION] as number, 1)
  to.writeUInt16LE(keyLength, 5)
  to.writeUInt32LE(valueLength, 7)
  const key = (words[at + KEY] as number) * 8 + KEY_HEADER_BYTES
  slabText.copy(to, LEAF_HEADER_BYTES, key, key + keyLength)
  const value = (words[at + VALUE] as number) * 8
  slabText.copy(to, LEAF_HEADER_BYTES + keyLength, value, value + valueLength)
}

class ChunkWriter {
  bytes = 0
  private readonly file: number
  private readonly check: () => void
  private buffer = Buffer.alloc(CHUNK_BYTES)
  private used = CHUNK_HEADER_BYTES

  /** `check` throws if what was collected may be garbage. */
  constructor(file: number, check: () => void) {
    this.file = file
    this.check = check
    this.write(SNAPSHOT_MAGIC)
  }

  /** Where the next `length` bytes of nodes go. */
  room(length: number): Buffer {
    if (this.used + length > this.buffer.length) this.flush()
    if (CHUNK_HEADER_BYTES + length > this.buffer.length)
      this.buffer = Buffer.alloc(CHUNK_HEADER_BYTES + length)
    this.used += length
    return this.buffer.subarray(this.used - length, this.used)
  }

  flush(): void {
    if (this.used > CHUNK_HEADER_BYTES) this.chunk(NODES, this.buffer.subarray(0, this.used))
    this.used = CHUNK_HEADER_BYTES
  }

  json(kind: number, content: SnapshotHead | SnapshotFoot): void {
    this.chunk(kind, Buffer.from(`${' '.repeat(CHUNK_HEADER_BYTES)}${JSON.stringify(content)}`, 'utf8'))
  }

  private chunk(kind: number, chunk: Buffer): void {
    this.check()
    const payload = chunk.subarray(CHUNK_HEADER_BYTES)
    chunk.writeUInt32LE(kind, 0)
    chunk.writeUInt32LE(payload.length, 4)
    chunk.writeUInt32LE(crc32(payload), 8)
    this.write(chunk)
  }

  private write(bytes: Buffer): void {
    let from = 0
    while (from < bytes.length) from += writeSync(this.file, bytes, from, bytes.length - from)
    this.bytes += bytes.length
  }
}

function hex(hash: HashText): string {
  return Buffer.from(hash, 'latin1').toString('hex')
}
