import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { ByteString } from '../kernel/kv.ts'
import { type HashText, writeZigzag } from './iavl-hash.ts'
import { KeyProbe, recordKey } from './key-probe.ts'
import {
  HEIGHT_MASK,
  HEIGHT_MAX,
  LEFT,
  LEFT_HASH,
  META,
  type Memory,
  RIGHT,
  RIGHT_HASH,
  SIZE,
  VERSION,
} from './memory.ts'
import { type MerkleStep, type NamedRoot, simplePath } from './simple-merkle.ts'
import { leafValue, TreeCursor, TreeShapeError } from './walk.ts'

/**
 * ICS-23 proofs, bytes of `cosmos.ics23.v1.CommitmentProof`: within a store in the shape of `IavlSpec`, from the
 * store to the app hash in the shape of `TendermintSpec`.
 */
export interface ProofOp {
  readonly type: 'ics23:iavl' | 'ics23:simple'
  readonly key: Uint8Array
  readonly data: Uint8Array
}

/** An inner node on the way from the root down to a key. */
export interface PathStep {
  readonly height: number
  readonly size: number
  readonly version: number
  readonly left: HashText
  readonly right: HashText
  /** Where the way goes on. */
  readonly goLeft: boolean
}

/** A leaf, and the nodes above it, the root first. */
export interface KeyPath {
  readonly key: ByteString
  readonly value: Uint8Array
  readonly version: number
  readonly steps: readonly PathStep[]
}

/** A tree as proofs see it, wherever its nodes are kept. */
export interface ProvableTree {
  /** The first key at or above `key`; with `below` the last one under it. */
  neighbour(key: ByteString, below: boolean): ByteString | undefined
  /** The way to a key that is there. */
  path(key: ByteString): KeyPath
}

/** Both proofs of a key: of its value, or of its absence. */
export function proofOps(
  tree: ProvableTree,
  key: ByteString,
  stores: readonly NamedRoot[],
  slot: number,
): readonly [ProofOp, ProofOp] {
  const name = (stores[slot] as NamedRoot).name
  return [
    { type: 'ics23:iavl', key: Buffer.from(key, 'latin1'), data: iavlProof(tree, key) },
    { type: 'ics23:simple', key: Buffer.from(name, 'utf8'), data: storeProof(stores, name) },
  ]
}

/** Proof of the value of `key` in a tree, or, if it is not there, of its absence by its two neighbours. */
export function iavlProof(tree: ProvableTree, key: ByteString): Uint8Array {
  const found = tree.neighbour(key, false)
  if (found === key) return commitment(EXIST, existence(tree, key))
  const before = tree.neighbour(key, true)
  const proof = new BinaryWriter().uint32(tag(1)).bytes(Buffer.from(key, 'latin1'))
  if (before !== undefined) proof.uint32(tag(2)).bytes(existence(tree, before))
  if (found !== undefined) proof.uint32(tag(3)).bytes(existence(tree, found))
  return commitment(NONEXIST, proof.finish())
}

/** Proof that the root of store `name` is part of the app hash. */
export function storeProof(stores: readonly NamedRoot[], name: string): Uint8Array {
  const store = stores.find((each) => each.name === name)
  const steps = simplePath(stores, name)
  if (store === undefined || steps === undefined) throw new RangeError(`store ${name} does not exist`)
  const proof = existenceProof(Buffer.from(name, 'utf8'), Buffer.from(store.root, 'latin1'), '\0', steps)
  return commitment(EXIST, proof)
}

const EXIST = 1
const NONEXIST = 2
const SHA256 = 1
const VAR_PROTO = 1

function existence(tree: ProvableTree, key: ByteString): Uint8Array {
  const { key: found, value, version, steps } = tree.path(key)
  const path = steps.map(({ height, size, version: made, left, right, goLeft }): MerkleStep => {
    const head = signedVarints(height, size, made)
    return goLeft
      ? { prefix: `${head}\x20`, suffix: `\x20${right}` }
      : { prefix: `${head}\x20${left}\x20`, suffix: '' }
  })
  const prefix = signedVarints(0, 1, version)
  return existenceProof(Buffer.from(found, 'latin1'), value, prefix, path.reverse())
}

/** A tree in memory; `root` 0 is the empty one. */
export function memoryTree(memory: Memory, root: number): ProvableTree {
  return {
    neighbour(key, below) {
      const range = below
        ? { root, start: '', end: key, reverse: true }
        : { root, start: key, end: undefined, reverse: false }
      const cursor = new TreeCursor(memory, range, new KeyProbe(), () => {})
      return cursor.next() ? cursor.key : undefined
    },
    path: (key) => memoryPath(memory, root, key),
  }
}

function memoryPath(memory: Memory, root: number, key: ByteString): KeyPath {
  const probe = new KeyProbe()
  probe.set(key)
  const { words } = memory
  const steps: PathStep[] = []
  let node = root
  for (let depth = 0; depth < HEIGHT_MAX; depth++) {
    const at = node * 32
    const height = ((words[at + META] as number) & HEIGHT_MASK) >> 16
    const version = words[at + VERSION] as number
    if (height === 0) return { key: recordKey(memory, node), value: leafValue(memory, node), version, steps }
    const size = words[at + SIZE] as number
    const goLeft = probe.compare(memory, at) < 0
    const [left, right] = [childHash(memory, at + LEFT_HASH), childHash(memory, at + RIGHT_HASH)]
    steps.push({ height, size, version, left, right, goLeft })
    node = words[at + (goLeft ? LEFT : RIGHT)] as number
  }
  throw new TreeShapeError(`no leaf within ${HEIGHT_MAX} steps below node ${root}`)
}

function childHash(memory: Memory, at: number): HashText {
  return memory.bytes.toString('latin1', at * 4, at * 4 + 32)
}

function signedVarints(...values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 10)
  let length = 0
  for (const value of values) length = writeZigzag(bytes, length, value)
  return bytes.toString('latin1', 0, length)
}

/** `ExistenceProof { key, value, leaf: LeafOp, path: InnerOp[] }`; default values are left out, as proto3 does. */
function existenceProof(
  key: Uint8Array,
  value: Uint8Array,
  leafPrefix: string,
  steps: readonly MerkleStep[],
): Uint8Array {
  const leaf = new BinaryWriter()
  leaf.uint32(tag(1, 0)).int32(SHA256)
  leaf.uint32(tag(3, 0)).int32(SHA256)
  leaf.uint32(tag(4, 0)).int32(VAR_PROTO)
  leaf.uint32(tag(5)).bytes(Buffer.from(leafPrefix, 'latin1'))

  const proof = new BinaryWriter()
  if (key.length > 0) proof.uint32(tag(1)).bytes(key)
  if (value.length > 0) proof.uint32(tag(2)).bytes(value)
  proof.uint32(tag(3)).bytes(leaf.finish())
  for (const step of steps) {
    const inner = new BinaryWriter().uint32(tag(1, 0)).int32(SHA256)
    inner.uint32(tag(2)).bytes(Buffer.from(step.prefix, 'latin1'))
    if (step.suffix !== '') inner.uint32(tag(3)).bytes(Buffer.from(step.suffix, 'latin1'))
    proof.uint32(tag(4)).bytes(inner.finish())
  }
  return proof.finish()
}

function commitment(kind: number, proof: Uint8Array): Uint8Array {
  return new BinaryWriter().uint32(tag(kind)).bytes(proof).finish()
}

/** A protobuf field tag; wire type 2 is length-delimited, 0 a varint. */
function tag(field: number, wireType = 2): number {
  return field * 8 + wireType
}
