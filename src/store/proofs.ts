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

/** Both proofs of a key: of its value, or of its absence. */
export function proofOps(
  memory: Memory,
  root: number,
  key: ByteString,
  stores: readonly NamedRoot[],
  slot: number,
): readonly [ProofOp, ProofOp] {
  const name = (stores[slot] as NamedRoot).name
  return [
    { type: 'ics23:iavl', key: Buffer.from(key, 'latin1'), data: iavlProof(memory, root, key) },
    { type: 'ics23:simple', key: Buffer.from(name, 'utf8'), data: storeProof(stores, name) },
  ]
}

/** Proof of the value of `key` below `root`, or, if it is not there, of its absence by its two neighbours. */
export function iavlProof(memory: Memory, root: number, key: ByteString): Uint8Array {
  const found = neighbour(memory, root, key, false)
  if (found === key) return commitment(EXIST, existence(memory, root, key))
  const before = neighbour(memory, root, key, true)
  const proof = new BinaryWriter().uint32(tag(1)).bytes(Buffer.from(key, 'latin1'))
  if (before !== undefined) proof.uint32(tag(2)).bytes(existence(memory, root, before))
  if (found !== undefined) proof.uint32(tag(3)).bytes(existence(memory, root, found))
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

/** The first key at or above `key`; with `below` the last one under it. */
function neighbour(memory: Memory, root: number, key: ByteString, below: boolean): ByteString | undefined {
  const range = below
    ? { root, start: '', end: key, reverse: true }
    : { root, start: key, end: undefined, reverse: false }
  const cursor = new TreeCursor(memory, range, new KeyProbe(), () => {})
  return cursor.next() ? cursor.key : undefined
}

function existence(memory: Memory, root: number, key: ByteString): Uint8Array {
  const probe = new KeyProbe()
  probe.set(key)
  const { words } = memory
  const steps: MerkleStep[] = []
  let node = root
  for (let depth = 0; depth < HEIGHT_MAX; depth++) {
    const at = node * 32
    const height = ((words[at + META] as number) & HEIGHT_MASK) >> 16
    if (height === 0) {
      const prefix = signedVarints(0, 1, words[at + VERSION] as number)
      const keyBytes = Buffer.from(recordKey(memory, node), 'latin1')
      return existenceProof(keyBytes, leafValue(memory, node), prefix, steps.reverse())
    }
    const head = signedVarints(height, words[at + SIZE] as number, words[at + VERSION] as number)
    const goLeft = probe.compare(memory, at) < 0
    steps.push(
      goLeft
        ? { prefix: `${head}\x20`, suffix: `\x20${childHash(memory, at + RIGHT_HASH)}` }
        : { prefix: `${head}\x20${childHash(memory, at + LEFT_HASH)}\x20`, suffix: '' },
    )
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
