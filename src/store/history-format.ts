import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ByteString } from '../kernel/kv.ts'
import { EMPTY_HASH, type HashText, varintLength, writeVarint, writeZigzag } from './iavl-hash.ts'

/**
 * The bytes of the history database. Integers are big-endian, so that keys sort by version: what one version adds lies
 * together, behind everything older.
 *
 * ```
 * key of a version:  u8 0, u32 version
 * key of a node:     u8 1, u32 version that made it, u8 store, first 20 bytes of its hash
 * version:           u8 state (1: its nodes are being removed), u32 run, u32 before, app hash (32), u8 length of meta,
 *                    meta, per store: u32 version of the root (0: no keys), hash of the root (32)
 * inner node:        u8 height, u32 leaves below, left and right child: u32 version, hash (32); key
 * leaf:              u8 0, u16 key length, key, value
 * each of the three: u32 crc of what stands before
 * ```
 *
 * A node is found by what its parent says of it, and what is found has to have the hash that the parent names: a record
 * of another chain is never taken for the right one. A hash does not cover an inner node's key, the crc does.
 */
export const HISTORY_FORMAT = 1

/** Bytes of a hash that stand in a key: two different nodes agree in them by neither chance nor design. */
const KEY_HASH_BYTES = 20
const VERSION_KIND = 0
const NODE_KIND = 1
const NODE_KEY_BYTES = 6 + KEY_HASH_BYTES
const HASH_BYTES = 32
const REF_BYTES = 4 + HASH_BYTES
const INNER_HEAD_BYTES = 5 + 2 * REF_BYTES
const LEAF_HEAD_BYTES = 3
const VERSION_HEAD_BYTES = 9 + HASH_BYTES + 1
const CRC_BYTES = 4

/** A node as its parent names it; version 0 is the empty tree. */
export interface NodeRef {
  readonly version: number
  readonly hash: HashText
}

export interface InnerNode {
  readonly height: number
  /** Leaves below. */
  readonly size: number
  readonly left: NodeRef
  readonly right: NodeRef
  /** The smallest key below the right child. */
  readonly key: ByteString
}

export interface LeafNode {
  readonly height: 0
  readonly key: ByteString
  readonly value: Uint8Array
}

export type HistoryNode = InnerNode | LeafNode

/** What is kept of one version beside its nodes. */
export interface HistoryVersion {
  readonly version: number
  /** It is not kept any more, its nodes are being removed. */
  readonly leaving: boolean
  /** The first version of the unbroken run that this one belongs to, as it was written. */
  readonly run: number
  /** The last version of the run before that; 0 if there was none. */
  readonly before: number
  readonly appHash: HashText
  readonly meta: Uint8Array
  /** By store. */
  readonly roots: readonly NodeRef[]
}

export function versionKey(version: number): Buffer {
  const key = Buffer.alloc(5)
  key[0] = VERSION_KIND
  key.writeUInt32BE(version, 1)
  return key
}

/** The version of a version's key. */
export function keyVersion(key: Buffer): number {
  return key.readUInt32BE(1)
}

/** At or below the key of every node that this version or a later one made; above those of earlier ones. */
export function firstNodeKey(version: number): Buffer {
  const key = versionKey(version)
  key[0] = NODE_KIND
  return key
}

export function nodeKey(slot: number, { version, hash: text }: NodeRef): Buffer {
  const key = Buffer.allocUnsafe(NODE_KEY_BYTES)
  key[0] = NODE_KIND
  key.writeUInt32BE(version, 1)
  key[5] = slot
  key.write(text, 6, 'latin1')
  return key
}

export function encodeInner({ height, size, left, right, key }: InnerNode): Buffer {
  const bytes = Buffer.allocUnsafe(INNER_HEAD_BYTES + key.length + CRC_BYTES)
  bytes[0] = height
  bytes.writeUInt32BE(size, 1)
  putRef(bytes, 5, left)
  putRef(bytes, 5 + REF_BYTES, right)
  bytes.write(key, INNER_HEAD_BYTES, 'latin1')
  return sealed(bytes)
}

export function encodeLeaf({ key, value }: LeafNode): Buffer {
  const bytes = Buffer.allocUnsafe(LEAF_HEAD_BYTES + key.length + value.length + CRC_BYTES)
  bytes[0] = 0
  bytes.writeUInt16BE(key.length, 1)
  bytes.write(key, LEAF_HEAD_BYTES, 'latin1')
  bytes.set(value, LEAF_HEAD_BYTES + key.length)
  return sealed(bytes)
}

/** Puts the crc behind the rest. */
function sealed(bytes: Buffer): Buffer {
  const end = bytes.length - CRC_BYTES
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end)
  return bytes
}

/** What stands before the crc; undefined if that is wrong. */
function opened(bytes: Buffer): Buffer | undefined {
  const end = bytes.length - CRC_BYTES
  if (end <= 0 || bytes.readUInt32BE(end) !== crc32(bytes.subarray(0, end))) return undefined
  return bytes.subarray(0, end)
}

/** Undefined if the bytes are no node with the hash of `ref`. */
export function decodeNode(record: Buffer, ref: NodeRef): HistoryNode | undefined {
  const bytes = opened(record)
  if (bytes === undefined) return undefined
  const node = bytes[0] === 0 ? decodeLeaf(bytes) : decodeInner(bytes)
  return node !== undefined && hashOf(node, ref.version) === ref.hash ? node : undefined
}

function decodeInner(bytes: Buffer): InnerNode | undefined {
  if (bytes.length < INNER_HEAD_BYTES) return undefined
  return {
    height: bytes[0] as number,
    size: bytes.readUInt32BE(1),
    left: readRef(bytes, 5),
    right: readRef(bytes, 5 + REF_BYTES),
    key: bytes.toString('latin1', INNER_HEAD_BYTES, bytes.length),
  }
}

function decodeLeaf(bytes: Buffer): LeafNode | undefined {
  const valueAt = bytes.length < LEAF_HEAD_BYTES ? bytes.length + 1 : LEAF_HEAD_BYTES + bytes.readUInt16BE(1)
  if (valueAt > bytes.length) return undefined
  const value = new Uint8Array(bytes.subarray(valueAt))
  return { height: 0, key: bytes.toString('latin1', LEAF_HEAD_BYTES, valueAt), value }
}

/** The hash of a node of that version, as IAVL v1 defines it (see iavl-hash.ts). */
function hashOf(node: HistoryNode, version: number): HashText {
  if (node.height === 0) {
    const { key, value } = node as LeafNode
    const input = Buffer.allocUnsafe(12 + varintLength(key.length) + key.length + 33)
    let at = writeVarint(input, writeZigzags(input, 0, 1, version), key.length)
    at += input.write(key, at, 'latin1')
    input[at++] = HASH_BYTES
    at += input.write(hash('sha256', value, 'binary'), at, 'latin1')
    return hash('sha256', input.subarray(0, at), 'binary')
  }
  const { height, size, left, right } = node as InnerNode
  const input = Buffer.allocUnsafe(20 + 2 * (1 + HASH_BYTES))
  let at = writeZigzags(input, height, size, version)
  for (const child of [left, right]) {
    input[at++] = HASH_BYTES
    at += input.write(child.hash, at, 'latin1')
  }
  return hash('sha256', input.subarray(0, at), 'binary')
}

function writeZigzags(input: Buffer, height: number, size: number, version: number): number {
  return writeZigzag(input, writeZigzag(input, writeZigzag(input, 0, height), size), version)
}

export function encodeVersion({ leaving, run, before, appHash, meta, roots }: HistoryVersion): Buffer {
  const bytes = Buffer.alloc(VERSION_HEAD_BYTES + meta.length + roots.length * REF_BYTES + CRC_BYTES)
  bytes[0] = leaving ? 1 : 0
  bytes.writeUInt32BE(run, 1)
  bytes.writeUInt32BE(before, 5)
  bytes.write(appHash, 9, 'latin1')
  bytes[VERSION_HEAD_BYTES - 1] = meta.length
  bytes.set(meta, VERSION_HEAD_BYTES)
  roots.forEach((root, slot) => {
    putRef(bytes, VERSION_HEAD_BYTES + meta.length + slot * REF_BYTES, root)
  })
  return sealed(bytes)
}

/** Undefined if the bytes are no version with so many stores. */
export function decodeVersion(version: number, record: Buffer, stores: number): HistoryVersion | undefined {
  const bytes = opened(record)
  if (bytes === undefined) return undefined
  const rootsAt = VERSION_HEAD_BYTES + (bytes[VERSION_HEAD_BYTES - 1] ?? 0)
  if (bytes.length !== rootsAt + stores * REF_BYTES) return undefined
  return {
    version,
    leaving: bytes[0] === 1,
    run: bytes.readUInt32BE(1),
    before: bytes.readUInt32BE(5),
    appHash: bytes.toString('latin1', 9, 9 + HASH_BYTES),
    meta: new Uint8Array(bytes.subarray(VERSION_HEAD_BYTES, rootsAt)),
    roots: Array.from({ length: stores }, (_, slot) => readRef(bytes, rootsAt + slot * REF_BYTES)),
  }
}

/** How a version names a store without keys. */
export const NO_ROOT: NodeRef = { version: 0, hash: EMPTY_HASH }

function putRef(bytes: Buffer, at: number, { version, hash: text }: NodeRef): void {
  bytes.writeUInt32BE(version, at)
  bytes.write(text, at + 4, 'latin1')
}

function readRef(bytes: Buffer, at: number): NodeRef {
  return { version: bytes.readUInt32BE(at), hash: bytes.toString('latin1', at + 4, at + 4 + HASH_BYTES) }
}
