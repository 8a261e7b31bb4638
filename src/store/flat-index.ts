import { randomInt } from 'node:crypto'
import { assert } from '../kernel/errors.ts'
import type { ByteString } from '../kernel/kv.ts'
import { KeyProbe } from './key-probe.ts'
import { INLINE_KEY_BYTES, KEY, KEY_HEADER_BYTES, META, type Memory, PREFIX } from './memory.ts'

const SHARD_BITS_MIN = 4
const SHARD_BITS_MAX = 14
const DIRECTORY_BITS_MAX = 12
const NODE_BITS = 26
const NODE_MASK = 2 ** NODE_BITS - 1
const EMPTY = 0
// A removed entry: record number 0 with a tag.
const TOMBSTONE = 1 << NODE_BITS

// A multiplier drawn at start: nobody can prepare keys that collide. It has no influence on results.
const MULTIPLIER = randomInt(2 ** 31, 2 ** 32 - 1) | 1

/**
 * Leaves of one tree's latest version by key: what the main thread reads instead of walking the tree.
 *
 * An entry is one word, a record number (26 bits) and a tag of the key's hash (6 bits): 5 to 11 bytes a key.
 * Entries live in shards of open addressing with linear probing. A full shard of 16,384 entries splits in two
 * (extendible hashing),
 * so no single write pays for more than one shard, however large the index.
 */
export class FlatIndex {
  size = 0
  private readonly memory: Memory
  /** The key that {@link get} was last asked for. */
  readonly probe = new KeyProbe()
  private lastHash = 0
  private lastMissed = false
  private directory: Shard[] = [new Shard(SHARD_BITS_MIN, 0)]
  private directoryBits = 0

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** The leaf with this key, or 0. */
  get(key: ByteString): number {
    this.probe.set(key)
    const hash = probeHash(this.probe)
    this.lastHash = hash
    const shard = this.shardOf(hash)
    const at = this.locate(shard, hash)
    this.lastMissed = at < 0
    return at < 0 ? 0 : (shard.entries[at] as number) & NODE_MASK
  }

  /**
   * Follows a write: the key's leaf was `before` (0: it was not there) and is `after` (0: it is gone). Knowing
   * the leaf, the index compares record numbers and reads no key.
   */
  update(key: ByteString, before: number, after: number): void {
    this.lastMissed = false
    this.probe.set(key)
    const hash = probeHash(this.probe)
    if (before === 0) {
      if (after !== 0) this.insert(hash, after)
      return
    }
    const shard = this.shardOf(hash)
    const at = findEntry(shard.entries, hash, entryOf(hash, before))
    if (after !== 0) {
      shard.entries[at] = entryOf(hash, after)
      return
    }
    shard.entries[at] = TOMBSTONE
    shard.live--
    this.size--
  }

  /** Makes room at once for `count` keys; an index that holds some already is left alone. */
  reserve(count: number): void {
    if (this.size > 0 || count < 1 << SHARD_BITS_MAX) return
    // Shards start half full at most.
    const bits = Math.min(DIRECTORY_BITS_MAX, Math.ceil(Math.log2(count)) - SHARD_BITS_MAX + 1)
    this.directoryBits = bits
    this.directory = Array.from({ length: 1 << bits }, () => new Shard(SHARD_BITS_MAX, bits))
  }

  /** Makes room for what a short index will grow to, so that it need not be split again and again. */
  expect(count: number): void {
    const old = [...new Set(this.directory)]
    const { size } = this
    this.size = 0
    this.reserve(count)
    if (this.directory.includes(old[0] as Shard)) this.size = size
    else for (const { entries } of old) this.takeOver(entries)
  }

  private takeOver(entries: Int32Array): void {
    for (const entry of entries) {
      const leaf = entry & NODE_MASK
      if (leaf !== 0) this.add(leaf)
    }
  }

  /** Adds a leaf whose key is known to be new. */
  add(leaf: number): void {
    this.lastMissed = false
    this.insert(recordHash(this.memory, leaf), leaf)
  }

  /** Whether this key is what was last looked for, in vain, and nothing was written since. */
  lacks(key: ByteString): boolean {
    return this.lastMissed && this.probe.key === key
  }

  /** Adds a leaf with the key that {@link get} was last asked for, and did not find. */
  addMissing(leaf: number): void {
    this.lastMissed = false
    this.insert(this.lastHash, leaf)
  }

  private insert(hash: number, leaf: number): void {
    let shard = this.shardOf(hash)
    while (shard.isFull()) {
      this.enlarge(shard, hash)
      shard = this.shardOf(hash)
    }
    shard.insert(hash, entryOf(hash, leaf))
    this.size++
  }

  /** Bytes of all shards. */
  get byteLength(): number {
    let bytes = 0
    for (const shard of new Set(this.directory)) bytes += shard.entries.byteLength
    return bytes
  }

  private shardOf(hash: number): Shard {
    return this.directory[this.directoryBits === 0 ? 0 : hash >>> (32 - this.directoryBits)] as Shard
  }

  private locate(shard: Shard, hash: number): number {
    const entries = shard.entries
    const mask = entries.length - 1
    const tag = entryOf(hash, 0)
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = entries[at] as number
      if (entry === EMPTY) return -1
      const leaf = entry & NODE_MASK
      if (leaf === 0 || (entry & ~NODE_MASK) !== tag) continue
      if (this.probe.compare(this.memory, leaf * 32) === 0) return at
    }
  }

  private enlarge(shard: Shard, hash: number): void {
    if (shard.live * 2 < shard.used) {
      shard.rebuild(this.memory, shard.bits) // mostly tombstones
    } else if (shard.bits < SHARD_BITS_MAX || shard.depth >= DIRECTORY_BITS_MAX) {
      shard.rebuild(this.memory, shard.bits + 1)
    } else {
      this.split(shard, hash)
    }
  }

  private split(shard: Shard, hash: number): void {
    if (shard.depth === this.directoryBits) {
      this.directory = this.directory.flatMap((each) => [each, each])
      this.directoryBits++
    }
    const depth = shard.depth + 1
    const halves = [new Shard(SHARD_BITS_MAX, depth), new Shard(SHARD_BITS_MAX, depth)] as const
    for (const entry of shard.entries) {
      const leaf = entry & NODE_MASK
      if (leaf === 0) continue
      const leafHash = recordHash(this.memory, leaf)
      halves[(leafHash >>> (32 - depth)) & 1 ? 1 : 0].insert(leafHash, entry)
    }
    const span = 1 << (this.directoryBits - shard.depth)
    const first = (hash >>> (32 - this.directoryBits)) & ~(span - 1)
    for (let i = 0; i < span; i++) this.directory[first + i] = halves[i < span / 2 ? 0 : 1]
  }
}

/** Place of an entry that is known to be there. */
function findEntry(entries: Int32Array, hash: number, entry: number): number {
  const mask = entries.length - 1
  let at = hash & mask
  while (entries[at] !== entry) {
    assert(entries[at] !== EMPTY, 'the index lacks a key of the tree')
    at = (at + 1) & mask
  }
  return at
}

class Shard {
  entries: Int32Array
  bits: number
  /** Leading hash bits that all its keys share. */
  readonly depth: number
  live = 0
  /** Entries that are not empty: live ones and tombstones. */
  used = 0

  constructor(bits: number, depth: number) {
    this.bits = bits
    this.depth = depth
    this.entries = new Int32Array(1 << bits)
  }

  isFull(): boolean {
    return this.used * 4 >= this.entries.length * 3
  }

  insert(hash: number, entry: number): void {
    const mask = this.entries.length - 1
    let at = hash & mask
    while (this.entries[at] !== EMPTY) at = (at + 1) & mask
    this.entries[at] = entry
    this.live++
    this.used++
  }

  rebuild(memory: Memory, bits: number): void {
    const old = this.entries
    this.bits = bits
    this.entries = new Int32Array(1 << bits)
    this.live = 0
    this.used = 0
    for (const entry of old) {
      if ((entry & NODE_MASK) !== 0) this.insert(recordHash(memory, entry & NODE_MASK), entry)
    }
  }
}

/** The record number with the tag of the hash: bits that choose neither the shard nor, mostly, the place in it. */
function entryOf(hash: number, leaf: number): number {
  return ((hash >>> SHARD_BITS_MAX) << NODE_BITS) | leaf
}

function probeHash(probe: KeyProbe): number {
  const { key } = probe
  let hash = startHash(probe.p0, probe.p1, probe.p2, probe.p3, key.length)
  for (let i = INLINE_KEY_BYTES; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), MULTIPLIER)
  return finishHash(hash)
}

/** The same hash from the record of a leaf. */
function recordHash(memory: Memory, leaf: number): number {
  const { words, slab } = memory
  const at = leaf * 32
  const length = (words[at + META] as number) & 0xffff
  const p0 = words[at + PREFIX] as number
  const p1 = words[at + PREFIX + 1] as number
  const p2 = words[at + PREFIX + 2] as number
  const p3 = words[at + PREFIX + 3] as number
  let hash = startHash(p0, p1, p2, p3, length)
  const start = (words[at + KEY] as number) * 8 + KEY_HEADER_BYTES
  for (let i = INLINE_KEY_BYTES; i < length; i++)
    hash = Math.imul(hash ^ (slab[start + i] as number), MULTIPLIER)
  return finishHash(hash)
}

function startHash(p0: number, p1: number, p2: number, p3: number, length: number): number {
  let hash = Math.imul(length ^ p0, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 15) ^ p1, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 15) ^ p2, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 15) ^ p3, MULTIPLIER)
  return hash ^ (hash >>> 15)
}

function finishHash(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
