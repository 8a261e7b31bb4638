import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Allocator } from './allocator.ts'
import type { VersionRecord } from './control.ts'
import { SnapshotDamagedError } from './errors.ts'
import { EMPTY_HASH, hashNode } from './iavl-hash.ts'
import {
  INLINE_KEY_BYTES,
  KEY,
  LEFT,
  LEFT_HASH,
  META,
  PREFIX,
  RIGHT,
  SIZE,
  VALUE,
  VALUE_LENGTH,
  VERSION,
} from './memory.ts'
import { simpleRoot } from './simple-merkle.ts'
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

/** Where a snapshot goes. */
export interface SnapshotTarget {
  readonly allocator: Allocator
  /** Called before a store's leaves: how many there will be. */
  readonly onStore: (slot: number, keys: number) => void
  readonly onLeaf: (slot: number, leaf: number) => void
}

/**
 * Fills the memory of a store from a snapshot. Checks every chunk's CRC, the hash of every root and the app hash over
 * them. Throws {@link SnapshotDamagedError}; the memory is then to be thrown away.
 */
export function loadSnapshot(path: string, names: readonly string[], target: SnapshotTarget): VersionRecord {
  const file = openSync(path, 'r')
  try {
    const trees = new TreeLoader(path, target)
    let head: SnapshotHead | undefined
    for (const { kind, payload } of readChunks(path, file)) {
      if (kind === HEAD) {
        head = JSON.parse(payload.toString('utf8')) as SnapshotHead
        const theirs = head.names.join()
        if (theirs !== names.join())
          throw new SnapshotDamagedError(path, `it holds the stores ${theirs}, not ${names}`)
        head.keys.forEach((keys, slot) => {
          target.onStore(slot, keys)
        })
      } else if (kind === NODES) {
        trees.load(payload)
      } else if (kind === FOOT && head !== undefined) {
        return verify(path, head, JSON.parse(payload.toString('utf8')) as SnapshotFoot, trees)
      } else {
        throw new SnapshotDamagedError(path, `chunk of unknown kind ${kind}`)
      }
    }
    throw new SnapshotDamagedError(path, 'it is not complete')
  } finally {
    closeSync(file)
  }
}

/** What a snapshot says of itself, after every CRC in it was checked. Throws {@link SnapshotDamagedError}. */
export function inspectSnapshot(path: string): { readonly head: SnapshotHead; readonly foot: SnapshotFoot } {
  const file = openSync(path, 'r')
  try {
    let head: SnapshotHead | undefined
    for (const { kind, payload } of readChunks(path, file)) {
      if (kind === HEAD) head = JSON.parse(payload.toString('utf8')) as SnapshotHead
      else if (kind === FOOT && head !== undefined)
        return { head, foot: JSON.parse(payload.toString('utf8')) as SnapshotFoot }
    }
    throw new SnapshotDamagedError(path, 'it is not complete')
  } finally {
    closeSync(file)
  }
}

function verify(path: string, head: SnapshotHead, foot: SnapshotFoot, trees: TreeLoader): VersionRecord {
  const { roots } = trees
  if (roots.length !== head.names.length || trees.nodes !== foot.nodes) {
    throw new SnapshotDamagedError(
      path,
      `${trees.nodes} nodes in ${roots.length} stores, ${foot.nodes} expected`,
    )
  }
  const hashes = roots.map((root) => (root === 0 ? EMPTY_HASH : hashNode(trees.allocator.memory, root)))
  const wrong = hashes.findIndex(
    (hash, slot) => Buffer.from(hash, 'latin1').toString('hex') !== foot.roots[slot],
  )
  if (wrong >= 0)
    throw new SnapshotDamagedError(path, `the root of store ${head.names[wrong]} has another hash`)
  const appHash = simpleRoot(head.names.map((name, slot) => ({ name, root: hashes[slot] as string })))
  if (Buffer.from(appHash, 'latin1').toString('hex') !== foot.appHash) {
    throw new SnapshotDamagedError(path, 'the stores give another app hash')
  }
  return {
    version: head.version,
    appHash,
    meta: new Uint8Array(Buffer.from(head.meta, 'hex')),
    roots,
    hashes,
  }
}

function* readChunks(path: string, file: number): Generator<{ kind: number; payload: Buffer }> {
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
  for (;;) {
    const header = fill(CHUNK_HEADER_BYTES)
    const [kind, length, checksum] = [header.readUInt32LE(0), header.readUInt32LE(4), header.readUInt32LE(8)]
    if (kind < HEAD || kind > FOOT || length > 2 ** 28)
      throw new SnapshotDamagedError(path, 'a chunk header is garbage')
    const payload = fill(length)
    if (crc32(payload) !== checksum) throw new SnapshotDamagedError(path, 'a chunk fails its CRC')
    yield { kind, payload }
  }
}

class TreeLoader {
  readonly allocator: Allocator
  readonly roots: number[] = []
  nodes = 0
  private readonly path: string
  private readonly onLeaf: (slot: number, leaf: number) => void
  // Finished subtrees that wait for their parent: root and first leaf of each.
  private readonly subtrees: number[] = []
  private readonly firstLeaves: number[] = []

  constructor(path: string, target: SnapshotTarget) {
    this.path = path
    this.allocator = target.allocator
    this.onLeaf = target.onLeaf
  }

  load(payload: Buffer): void {
    let at = 0
    while (at < payload.length) {
      const kind = payload[at] as number
      if (kind === STORE_END) {
        this.endStore()
        at++
      } else if (kind === 0) {
        at = this.loadLeaf(payload, at)
      } else {
        this.loadInner(payload, at)
        at += INNER_BYTES
      }
    }
  }

  private endStore(): void {
    if (this.subtrees.length > 1) throw new SnapshotDamagedError(this.path, 'a store is more than one tree')
    this.roots.push(this.subtrees.pop() ?? 0)
    this.firstLeaves.pop()
  }

  private loadLeaf(payload: Buffer, at: number): number {
    const leaf = this.takeNode()
    const { words } = this.allocator.memory
    const keyLength = payload.readUInt16LE(at + 5)
    const valueLength = payload.readUInt32LE(at + 7)
    const keyAt = at + LEAF_HEADER_BYTES
    const to = leaf * 32
    words[to + LEFT] = 0
    words[to + RIGHT] = 0
    words[to + KEY] = this.allocator.takeKeyBytes(payload, keyAt, keyLength)
    words[to + META] = keyLength
    for (let k = 0; k < INLINE_KEY_BYTES; k += 4) {
      let word = 0
      for (let i = k; i < k + 4; i++)
        word = (word << 8) | (i < keyLength ? (payload[keyAt + i] as number) : 0)
      words[to + PREFIX + k / 4] = word ^ 0x80000000
    }
    words[to + VERSION] = payload.readUInt32LE(at + 1)
    words[to + SIZE] = 1
    words[to + VALUE] = this.allocator.takeValueBytes(payload, keyAt + keyLength, valueLength)
    words[to + VALUE_LENGTH] = valueLength
    this.subtrees.push(leaf)
    this.firstLeaves.push(leaf)
    this.onLeaf(this.roots.length, leaf)
    return keyAt + keyLength + valueLength
  }

  private loadInner(payload: Buffer, at: number): void {
    const node = this.takeNode()
    const { words, bytes } = this.allocator.memory
    const right = this.subtrees.pop()
    const left = this.subtrees.pop()
    const splitLeaf = this.firstLeaves.pop()
    if (left === undefined || right === undefined || splitLeaf === undefined) {
      throw new SnapshotDamagedError(this.path, 'an inner node lacks a child')
    }
    const to = node * 32
    const key = splitLeaf * 32
    words[to + LEFT] = left
    words[to + RIGHT] = right
    words[to + KEY] = words[key + KEY] as number
    words[to + META] = (words[key + META] as number) | ((payload[at] as number) << 16)
    for (let k = PREFIX; k < PREFIX + 4; k++) words[to + k] = words[key + k] as number
    words[to + VERSION] = payload.readUInt32LE(at + 1)
    words[to + SIZE] = (words[left * 32 + SIZE] as number) + (words[right * 32 + SIZE] as number)
    const hashes = (to + LEFT_HASH) * 4
    for (let i = 0; i < 64; i++) bytes[hashes + i] = payload[at + 5 + i] as number
    this.allocator.holdKey(words[to + KEY] as number)
    this.subtrees.push(node)
  }

  private takeNode(): number {
    this.nodes++
    this.allocator.reserveNodes(1)
    return this.allocator.takeNode()
  }
}
