import { hash } from 'node:crypto'
import { EMPTY_HASH, type HashText, varintLength, writeVarint } from './iavl-hash.ts'

/**
 * The app hash: a simple Merkle tree (RFC 6962 shape and prefixes) over the stores, sorted by name; a leaf is
 * `sha256(0 ‖ len(name) ‖ name ‖ 32 ‖ sha256(root))`, as the commit info of the Cosmos SDK has it.
 */
export interface NamedRoot {
  readonly name: string
  readonly root: HashText
}

/** One step from a leaf to the root: what stands before and after the child's hash in the parent's input. */
export interface MerkleStep {
  readonly prefix: string
  readonly suffix: string
}

export function simpleRoot(stores: readonly NamedRoot[]): HashText {
  return subtreeRoot(sortedByName(stores).map(leafHash))
}

/** The path from the leaf of `name` up; undefined if there is no such store. */
export function simplePath(stores: readonly NamedRoot[], name: string): MerkleStep[] | undefined {
  const sorted = sortedByName(stores)
  const index = sorted.findIndex((store) => store.name === name)
  if (index < 0) return undefined
  const steps: MerkleStep[] = []
  collectSteps(sorted.map(leafHash), index, steps)
  return steps
}

function collectSteps(leaves: readonly HashText[], index: number, steps: MerkleStep[]): void {
  if (leaves.length === 1) return
  const split = splitPoint(leaves.length)
  const left = leaves.slice(0, split)
  const right = leaves.slice(split)
  if (index < split) {
    collectSteps(left, index, steps)
    steps.push({ prefix: '\x01', suffix: subtreeRoot(right) })
  } else {
    collectSteps(right, index - split, steps)
    steps.push({ prefix: `\x01${subtreeRoot(left)}`, suffix: '' })
  }
}

function subtreeRoot(leaves: readonly HashText[]): HashText {
  if (leaves.length === 0) return EMPTY_HASH
  if (leaves.length === 1) return leaves[0] as HashText
  const split = splitPoint(leaves.length)
  return sha256(`\x01${subtreeRoot(leaves.slice(0, split))}${subtreeRoot(leaves.slice(split))}`)
}

/** The largest power of two below `length`. */
function splitPoint(length: number): number {
  return 1 << (31 - Math.clz32(length - 1))
}

function leafHash(store: NamedRoot): HashText {
  const name = Buffer.from(store.name, 'utf8')
  const prefix = Buffer.alloc(varintLength(name.length))
  writeVarint(prefix, 0, name.length)
  return sha256(`\0${prefix.toString('latin1')}${name.toString('latin1')}\x20${sha256(store.root)}`)
}

function sha256(text: string): HashText {
  return hash('sha256', Buffer.from(text, 'latin1'), 'binary')
}

function sortedByName(stores: readonly NamedRoot[]): NamedRoot[] {
  return [...stores].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}
