/**
 * ICS-23 proofs of the two trees that this chain is made of: the IAVL tree of a store (`IavlSpec`) and the simple
 * Merkle tree of the stores (`TendermintSpec`). What is accepted here is accepted by the general verifier of those
 * specs, with one exception: a neighbour in a proof of absence may have an empty value, as the keys of an index do.
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { compareBytes, concat, equalBytes, utf8 } from '#lib/bytes.ts'
import { VerificationError } from './errors.ts'
import { type Existence, type InnerStep, readProof } from './proof-codec.ts'

/** A link of the chain from a value to the app hash, as `abci_query` answers. */
export interface ProofOp {
  readonly type: string
  readonly key: Uint8Array
  readonly data: Uint8Array
}

/** What tells one kind of tree from another. */
interface Tree {
  /** Throws unless the prefix is one of a leaf. */
  readonly leaf: (prefix: Uint8Array) => void
  /** On which side of its parent the child of a step stands. Throws if the step is none of this tree. */
  readonly side: (step: InnerStep) => 'left' | 'right'
}

/**
 * The value of `key` in a store, proven against the app hash, or undefined if it is proven not to be there. `value` is
 * what the node says; empty where it says that there is none. Throws {@link VerificationError}.
 */
export function provenValue(
  ops: readonly ProofOp[],
  store: string,
  key: Uint8Array,
  value: Uint8Array,
  appHash: Uint8Array,
): Uint8Array | undefined {
  const [inStore, inApp] = ops
  if (ops.length !== 2 || inStore?.type !== 'ics23:iavl' || inApp?.type !== 'ics23:simple') {
    throw refused(
      `it has ${ops.length} parts (${ops.map(({ type }) => type).join(', ')}), not iavl and simple`,
    )
  }
  const root = existenceOf(inApp.data, utf8(store))
  if (!equalBytes(rootOf(root, simple), appHash)) throw refused(`it does not lead to the app hash`)
  const proof = readProof(inStore.data)
  if (proof.kind === 'exist') {
    const { exist } = proof
    if (!equalBytes(exist.key, key)) throw refused('it is about another key')
    if (!equalBytes(exist.value, value)) throw refused('it is about another value')
    if (!equalBytes(rootOf(exist, iavl), root.value))
      throw refused(`it does not lead to the root of ${store}`)
    return exist.value
  }
  if (value.length > 0) throw refused('a value was given with a proof of its absence')
  checkAbsence(key, proof.left, proof.right, root.value)
  return undefined
}

const refused = (why: string): VerificationError =>
  new VerificationError('proof', `the proof is refused: ${why}`)

function existenceOf(data: Uint8Array, key: Uint8Array): Existence {
  const proof = readProof(data)
  if (proof.kind !== 'exist') throw refused('its store does not exist')
  if (!equalBytes(proof.exist.key, key)) throw refused('it is about another store')
  return proof.exist
}

/** The root that follows from a leaf and its path. */
function rootOf({ key, value, leafPrefix, path }: Existence, tree: Tree): Uint8Array {
  if (key.length === 0) throw refused('a leaf has no key')
  tree.leaf(leafPrefix)
  let hash = sha256(concat(leafPrefix, withLength(key), withLength(sha256(value))))
  for (const step of path) {
    tree.side(step)
    hash = sha256(concat(step.prefix, hash, step.suffix))
  }
  return hash
}

/** That two leaves are neighbours, and `key` lies between them; or beyond the first or last leaf. */
function checkAbsence(
  key: Uint8Array,
  left: Existence | undefined,
  right: Existence | undefined,
  root: Uint8Array,
): void {
  // The root of an empty tree.
  if (left === undefined && right === undefined) {
    if (!equalBytes(root, sha256(new Uint8Array()))) throw refused('it names no neighbour')
    return
  }
  for (const each of [left, right]) {
    if (each !== undefined && !equalBytes(rootOf(each, iavl), root))
      throw refused('a neighbour does not lead to the root of the store')
  }
  if (left !== undefined && compareBytes(left.key, key) >= 0)
    throw refused('the left neighbour is not before the key')
  if (right !== undefined && compareBytes(right.key, key) <= 0)
    throw refused('the right neighbour is not after the key')
  if (left === undefined) allOn('left', right?.path ?? [])
  else if (right === undefined) allOn('right', left.path)
  else checkNeighbours([...left.path], [...right.path])
}

/** That the paths part at one node, the left one going down on its right edge and the right one on its left edge. */
function checkNeighbours(left: InnerStep[], right: InnerStep[]): void {
  for (;;) {
    const [a, b] = [left.pop(), right.pop()]
    if (a === undefined || b === undefined) throw refused('one neighbour stands below the other')
    if (equalBytes(a.prefix, b.prefix) && equalBytes(a.suffix, b.suffix)) continue
    if (iavl.side(a) !== 'left' || iavl.side(b) !== 'right')
      throw refused('the neighbours part on the wrong side')
    break
  }
  allOn('right', left)
  allOn('left', right)
}

function allOn(side: 'left' | 'right', path: readonly InnerStep[]): void {
  for (const step of path)
    if (iavl.side(step) !== side) throw refused('there is a leaf between the key and its neighbour')
}

const HASH = 32
const HASH_LENGTH = 0x20

/**
 * A leaf of IAVL begins with height 0, size 1 and its version; an inner node with height, size and version, and both
 * child hashes with a length before each. The numbers are zigzag varints.
 */
const iavl: Tree = {
  leaf(prefix) {
    if (prefix[0] !== 0 || prefix[1] !== 2 || varints(prefix) !== prefix.length)
      throw refused('a leaf is none of IAVL')
  },
  side({ prefix, suffix }) {
    const head = varints(prefix)
    const isInner = prefix[0] !== 0 && prefix[head] === HASH_LENGTH
    const rest = prefix.length - head
    if (isInner && rest === 1 && suffix.length === HASH + 1 && suffix[0] === HASH_LENGTH) return 'left'
    const last = prefix.length - 1
    if (isInner && rest === HASH + 2 && prefix[last] === HASH_LENGTH && suffix.length === 0) return 'right'
    throw refused('a step is none of IAVL')
  },
}

/** A leaf of the simple tree begins with 0, an inner node with 1. */
const simple: Tree = {
  leaf(prefix) {
    if (prefix.length !== 1 || prefix[0] !== 0) throw refused('a leaf is none of the simple tree')
  },
  side({ prefix, suffix }) {
    if (prefix[0] === 1 && prefix.length === 1 && suffix.length === HASH) return 'left'
    if (prefix[0] === 1 && prefix.length === 1 + HASH && suffix.length === 0) return 'right'
    throw refused('a step is none of the simple tree')
  },
}

/** Where three varints end. */
function varints(bytes: Uint8Array): number {
  let at = 0
  for (let i = 0; i < 3; i++) {
    const start = at
    while ((bytes[at] ?? 0) >= 0x80) at++
    at++
    if (at > bytes.length || at - start > 10) throw refused('a node has no height, size and version')
  }
  return at
}

/** The bytes after their length as a varint. */
function withLength(bytes: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  length.push(rest)
  return concat(Uint8Array.from(length), bytes)
}
