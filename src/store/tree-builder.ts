import type { Allocator } from './allocator.ts'
import { EMPTY_HASH, type HashText, hashInner, hashLeaf } from './iavl-hash.ts'
import { freeLeaf } from './leaf.ts'
import {
  HEIGHT_MASK,
  KEY,
  LEFT,
  LEFT_HASH,
  META,
  type Memory,
  PREFIX,
  RIGHT,
  RIGHT_HASH,
  SIZE,
  VERSION,
} from './memory.ts'

/**
 * Builds a whole tree over leaves in order of keys: node for node and hash for hash what setting these keys one after
 * the other in an empty tree gives, without a search, a rotation or a node that is not needed.
 *
 * Ascending insertions in an AVL tree fill the left side first: above n leaves stands a node whose left child has
 * 2^k of them, with the smallest k for which n ≤ 3·2^k, and whose right child is the tree over the rest.
 */
export class TreeBuilder {
  /** Hash of the tree last built. */
  hash: HashText = EMPTY_HASH
  private readonly memory: Memory
  private readonly allocator: Allocator
  private leaves: Int32Array = new Int32Array()
  private version = 0

  constructor(allocator: Allocator) {
    this.allocator = allocator
    this.memory = allocator.memory
  }

  /** The root over `leaves`, which become of this version; 0 if there are none. */
  build(leaves: Int32Array, version: number): number {
    this.leaves = leaves
    this.version = version
    this.hash = EMPTY_HASH
    if (leaves.length === 0) return 0
    this.allocator.reserveNodes(leaves.length)
    const root = this.subtree(0, leaves.length)
    this.leaves = new Int32Array()
    return root
  }

  private subtree(from: number, count: number): number {
    const { words, bytes } = this.memory
    if (count === 1) return this.finishLeaf(this.leaves[from] as number)
    let onLeft = 1
    while (onLeft * 3 < count) onLeft *= 2
    const node = this.allocator.takeNode()
    const at = node * 32
    const left = this.subtree(from, onLeft)
    bytes.latin1Write(this.hash, (at + LEFT_HASH) * 4, 32)
    const right = this.subtree(from + onLeft, count - onLeft)
    bytes.latin1Write(this.hash, (at + RIGHT_HASH) * 4, 32)
    words[at + LEFT] = left
    words[at + RIGHT] = right
    const split = (this.leaves[from + onLeft] as number) * 32
    this.allocator.holdKey(words[split + KEY] as number)
    words[at + KEY] = words[split + KEY] as number
    for (let k = PREFIX; k < PREFIX + 4; k++) words[at + k] = words[split + k] as number
    const leftHeight = (words[left * 32 + META] as number) & HEIGHT_MASK
    const rightHeight = (words[right * 32 + META] as number) & HEIGHT_MASK
    const height = (leftHeight > rightHeight ? leftHeight : rightHeight) + 0x10000
    words[at + META] = ((words[split + META] as number) & 0xffff) | height
    words[at + VERSION] = this.version
    words[at + SIZE] = count
    this.hash = hashInner(this.memory, at)
    return node
  }

  private finishLeaf(leaf: number): number {
    this.memory.words[leaf * 32 + VERSION] = this.version
    this.hash = hashLeaf(this.memory, leaf * 32)
    return leaf
  }
}

/** Frees a tree of which no other version has a node, with its keys and values. */
export function freeTree(allocator: Allocator, node: number): void {
  if (node === 0) return
  const { words } = allocator.memory
  const at = node * 32
  if (((words[at + META] as number) & HEIGHT_MASK) === 0) {
    freeLeaf(allocator, node)
    return
  }
  freeTree(allocator, words[at + LEFT] as number)
  freeTree(allocator, words[at + RIGHT] as number)
  allocator.freeNode(node)
}
