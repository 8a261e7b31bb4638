/**
 * The simple Merkle tree of RFC 6962 as CometBFT uses it (`crypto/merkle`): leaf = SHA-256(0x00 ‖ item), inner =
 * SHA-256(0x01 ‖ left ‖ right), split at the greatest power of two below the count, empty = SHA-256("").
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equalBytes } from '#lib/bytes.ts'

const LEAF = Uint8Array.of(0)
const INNER = Uint8Array.of(1)

/** That the item at `index` of `total` items has hash `leafHash`; `aunts` are the siblings from the leaf up. */
export interface MerkleProof {
  readonly total: number
  readonly index: number
  readonly leafHash: Uint8Array
  readonly aunts: readonly Uint8Array[]
}

export function merkleLeafHash(item: Uint8Array): Uint8Array {
  return sha256(concat(LEAF, item))
}

export function merkleInnerHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(INNER, left, right))
}

/** The root over the items in the order given. */
export function merkleRoot(items: readonly Uint8Array[]): Uint8Array {
  if (items.length === 0) return sha256(new Uint8Array(0))
  return rootOf(items.map(merkleLeafHash), 0, items.length)
}

/** The proof of one item. */
export function merkleProof(items: readonly Uint8Array[], index: number): MerkleProof {
  const total = items.length
  if (!Number.isInteger(index) || index < 0 || index >= total) {
    throw new RangeError(`no item ${index} among ${total}`)
  }
  const leaves = items.map(merkleLeafHash)
  const aunts: Uint8Array[] = []
  let start = 0
  let end = total
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      aunts.push(rootOf(leaves, middle, end))
      end = middle
    } else {
      aunts.push(rootOf(leaves, start, middle))
      start = middle
    }
  }
  return { total, index, leafHash: leaves[index] as Uint8Array, aunts: aunts.reverse() }
}

/** Whether the proof shows `item` under `root`. */
export function verifyMerkleProof(proof: MerkleProof, root: Uint8Array, item: Uint8Array): boolean {
  if (!Number.isInteger(proof.index) || !Number.isInteger(proof.total)) return false
  if (proof.index < 0 || proof.index >= proof.total) return false
  if (!equalBytes(merkleLeafHash(item), proof.leafHash)) return false
  const computed = climb(proof.index, proof.total, proof.leafHash, proof.aunts, proof.aunts.length)
  return computed !== undefined && equalBytes(computed, root)
}

function climb(
  index: number,
  total: number,
  leaf: Uint8Array,
  aunts: readonly Uint8Array[],
  count: number,
): Uint8Array | undefined {
  if (total === 1) return count === 0 ? leaf : undefined
  const aunt = aunts[count - 1]
  if (aunt === undefined) return undefined
  const left = splitPoint(total)
  if (index < left) {
    const below = climb(index, left, leaf, aunts, count - 1)
    return below && merkleInnerHash(below, aunt)
  }
  const below = climb(index - left, total - left, leaf, aunts, count - 1)
  return below && merkleInnerHash(aunt, below)
}

function rootOf(leaves: readonly Uint8Array[], start: number, end: number): Uint8Array {
  if (end - start === 1) return leaves[start] as Uint8Array
  const middle = start + splitPoint(end - start)
  return merkleInnerHash(rootOf(leaves, start, middle), rootOf(leaves, middle, end))
}

/** The greatest power of two below `count` (count ≥ 2). */
function splitPoint(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}
