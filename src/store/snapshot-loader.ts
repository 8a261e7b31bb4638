import { closeSync, fstatSync, openSync } from 'node:fs'
import type { Allocator } from './allocator.ts'
import type { VersionRecord } from './control.ts'
import { SnapshotDamagedError } from './errors.ts'
import { EMPTY_HASH, hashNode } from './iavl-hash.ts'
import {
  HEIGHT_MASK,
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
import { readChunks } from './snapshot-chunks.ts'
import {
  FOOT,
  HEAD,
  INNER_BYTES,
  LEAF_HEADER_BYTES,
  NODES,
  parseFoot,
  parseHead,
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
 * How far a snapshot is trusted: `checksums` for a file of this folder, which this program wrote; `hashes` for one that
 * comes from elsewhere or goes there.
 */
export type SnapshotTrust = 'checksums' | 'hashes'

/**
 * Fills the memory of a store from a snapshot. Checks every chunk's CRC, the hash of every root and the app hash over
 * them. That finds what a disk did to the file, not what a person did: below the roots it takes the hashes that stand
 * in the file. With `hashes` every node is hashed and compared with what its parent says of it, so that the app hash
 * vouches for every key and value. It does not cover the version and `meta`. Throws {@link SnapshotDamagedError}; the
 * memory is then to be thrown away.
 */
export function loadSnapshot(
  path: string,
  names: readonly string[],
  target: SnapshotTarget,
  trust: SnapshotTrust = 'checksums',
): VersionRecord {
  const file = openSync(path, 'r')
  try {
    const trees = new TreeLoader(path, names, target, trust)
    let head: SnapshotHead | undefined
    for (const { kind, payload } of readChunks(path, file)) {
      if (kind === HEAD) {
        head = parseHead(path, payload)
        const theirs = head.names.join()
        if (theirs !== names.join())
          throw new SnapshotDamagedError(path, `it holds the stores ${theirs}, not ${names}`)
        const keys = head.keys.reduce((sum, each) => sum + each, 0)
        if (keys * LEAF_HEADER_BYTES > fstatSync(file).size)
          throw new SnapshotDamagedError(path, `it is too short for ${keys} keys`)
        head.keys.forEach((keys, slot) => {
          target.onStore(slot, keys)
        })
      } else if (kind === NODES) {
        trees.load(payload)
      } else if (kind === FOOT && head !== undefined) {
        return verify(path, head, parseFoot(path, payload), trees)
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
      if (kind === HEAD) head = parseHead(path, payload)
      else if (kind === FOOT && head !== undefined) return { head, foot: parseFoot(path, payload) }
    }
    throw new SnapshotDamagedError(path, 'it is not complete')
  } finally {
    closeSync(file)
  }
}

function verify(path: string, head: SnapshotHead, foot: SnapshotFoot, trees: TreeLoader): VersionRecord {
  const { roots } = trees
  if (trees.newest > head.version) {
    throw new SnapshotDamagedError(
      path,
      `it says that it is of height ${head.version}, and holds what height ${trees.newest} made`,
    )
  }
  const { words } = trees.allocator.memory
  const keys = roots.map((root) => (root === 0 ? 0 : (words[root * 32 + SIZE] as number)))
  if (keys.join() !== head.keys.join())
    throw new SnapshotDamagedError(path, `it holds ${keys} keys, ${head.keys} expected`)
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

class TreeLoader {
  readonly allocator: Allocator
  readonly roots: number[] = []
  nodes = 0
  /** The highest version that made a node. */
  newest = 0
  private readonly path: string
  private readonly names: readonly string[]
  private readonly trust: SnapshotTrust
  private readonly onLeaf: (slot: number, leaf: number) => void
  // Finished subtrees that wait for their parent: root and first leaf of each.
  private readonly subtrees: number[] = []
  private readonly firstLeaves: number[] = []

  constructor(path: string, names: readonly string[], target: SnapshotTarget, trust: SnapshotTrust) {
    this.path = path
    this.names = names
    this.trust = trust
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
    const keyAt = at + LEAF_HEADER_BYTES
    this.expect(payload, keyAt)
    if (this.roots.length >= this.names.length)
      throw new SnapshotDamagedError(this.path, 'it has too many stores')
    const keyLength = payload.readUInt16LE(at + 5)
    const valueLength = payload.readUInt32LE(at + 7)
    this.expect(payload, keyAt + keyLength + valueLength)
    const leaf = this.takeNode()
    const { words } = this.allocator.memory
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
    words[to + VERSION] = this.madeBy(payload, at)
    words[to + SIZE] = 1
    words[to + VALUE] = this.allocator.takeValueBytes(payload, keyAt + keyLength, valueLength)
    words[to + VALUE_LENGTH] = valueLength
    this.subtrees.push(leaf)
    this.firstLeaves.push(leaf)
    this.onLeaf(this.roots.length, leaf)
    return keyAt + keyLength + valueLength
  }

  private loadInner(payload: Buffer, at: number): void {
    this.expect(payload, at + INNER_BYTES)
    const node = this.takeNode()
    const { words, bytes } = this.allocator.memory
    const right = this.subtrees.pop()
    const left = this.subtrees.pop()
    const splitLeaf = this.firstLeaves.pop()
    if (left === undefined || right === undefined || splitLeaf === undefined) {
      throw new SnapshotDamagedError(this.path, 'an inner node lacks a child')
    }
    // A hash covers seven bits of the height only, so this is checked whatever the trust.
    const heightOf = (child: number) => ((words[child * 32 + META] as number) & HEIGHT_MASK) >> 16
    if (payload[at] !== Math.max(heightOf(left), heightOf(right)) + 1)
      throw new SnapshotDamagedError(this.path, 'an inner node has another height than its children give')
    if (this.trust === 'hashes') this.compareChildren(payload, at + 5, left, right)
    const to = node * 32
    const key = splitLeaf * 32
    words[to + LEFT] = left
    words[to + RIGHT] = right
    words[to + KEY] = words[key + KEY] as number
    words[to + META] = (words[key + META] as number) | ((payload[at] as number) << 16)
    for (let k = PREFIX; k < PREFIX + 4; k++) words[to + k] = words[key + k] as number
    words[to + VERSION] = this.madeBy(payload, at)
    words[to + SIZE] = (words[left * 32 + SIZE] as number) + (words[right * 32 + SIZE] as number)
    const hashes = (to + LEFT_HASH) * 4
    for (let i = 0; i < 64; i++) bytes[hashes + i] = payload[at + 5 + i] as number
    this.allocator.holdKey(words[to + KEY] as number)
    this.subtrees.push(node)
  }

  private compareChildren(payload: Buffer, at: number, left: number, right: number): void {
    const { memory } = this.allocator
    const hashes = hashNode(memory, left) + hashNode(memory, right)
    if (hashes === payload.toString('latin1', at, at + 64)) return
    const store = this.names[this.roots.length]
    throw new SnapshotDamagedError(
      this.path,
      `a node of store ${store} is not what its parent names: it was changed`,
    )
  }

  private madeBy(payload: Buffer, at: number): number {
    const version = payload.readUInt32LE(at + 1)
    if (version > this.newest) this.newest = version
    return version
  }

  /** Refuses a record that ends behind its chunk. */
  private expect(payload: Buffer, end: number): void {
    if (end > payload.length) throw new SnapshotDamagedError(this.path, 'a record is longer than its chunk')
  }

  private takeNode(): number {
    this.nodes++
    this.allocator.reserveNodes(1)
    return this.allocator.takeNode()
  }
}
