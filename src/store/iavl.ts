import type { ByteString } from '../kernel/kv.ts'
import type { Allocator } from './allocator.ts'
import { VersionJournal } from './journal.ts'
import { KeyProbe } from './key-probe.ts'
import { checkLengths, createLeaf } from './leaf.ts'
import {
  HEIGHT_MASK,
  KEY,
  LEFT,
  LEFT_DIRTY,
  META,
  type Memory,
  PREFIX,
  RIGHT,
  RIGHT_DIRTY,
  SIZE,
  VALUE,
  VALUE_LENGTH,
  VERSION,
} from './memory.ts'
import { balance, measure } from './rebalance.ts'

/** More records than one operation can create: a path of at most 64 nodes, two rotations a level. */
const NODES_PER_OPERATION = 256
/**
 * Writes one version after the other into trees of the IAVL v1 format. Nodes of earlier versions are never changed: an
 * operation copies the path it touches, once per version, and notes what it replaced.
 */
export class TreeWriter {
  /** The leaf that the last `set` wrote; 0 after a `remove`. */
  leaf = 0
  /** The leaf that the last `set` or `remove` replaced; 0 if the key was not there. */
  replaced = 0
  private readonly memory: Memory
  private readonly allocator: Allocator
  readonly journal: VersionJournal
  private readonly probe = new KeyProbe()
  private value: Uint8Array = new Uint8Array(0)
  private updated = false
  // The smallest key of a subtree that lost its first leaf, on its way up to the node that splits there; 0 is none.
  private risingKey = 0
  private readonly risingProbe = new Int32Array(5)

  constructor(allocator: Allocator) {
    this.allocator = allocator
    this.memory = allocator.memory
    this.journal = new VersionJournal(allocator)
  }

  /** Starts a version; it must be higher than any in the trees. */
  begin(version: number): void {
    this.journal.version = version
  }

  /** Sets a key below `root` (0 is the empty tree); returns the new root. */
  set(root: number, key: ByteString, value: Uint8Array): number {
    checkLengths(key.length, value.length)
    this.allocator.reserveNodes(NODES_PER_OPERATION)
    this.probe.set(key)
    this.value = value
    this.updated = false
    this.replaced = 0
    if (root !== 0) return this.setBelow(root)
    this.newLeaf(1)
    return this.leaf
  }

  /** Removes a key below `root`; returns the new root, or the same if the key is not there. */
  remove(root: number, key: ByteString): number {
    this.allocator.reserveNodes(NODES_PER_OPERATION)
    this.probe.set(key)
    const leaf = root === 0 ? 0 : this.find(root)
    this.leaf = 0
    this.replaced = leaf
    if (leaf === 0) return root
    if (leaf === root) {
      this.dropLeaf(root)
      return 0
    }
    this.risingKey = 0
    const newRoot = this.removeBelow(root)
    if (this.risingKey !== 0) this.journal.dropKey(this.risingKey, (this.risingProbe[4] as number) & 0xffff)
    return newRoot
  }

  private find(root: number): number {
    const words = this.memory.words
    let node = root
    let at = node * 32
    while (((words[at + META] as number) & HEIGHT_MASK) !== 0) {
      node = (this.probe.compare(this.memory, at) < 0 ? words[at + LEFT] : words[at + RIGHT]) as number
      at = node * 32
    }
    return this.probe.compare(this.memory, at) === 0 ? node : 0
  }

  private setBelow(node: number): number {
    const words = this.memory.words
    let at = node * 32
    const order = this.probe.compare(this.memory, at)
    if (((words[at + META] as number) & HEIGHT_MASK) === 0) {
      return order === 0 ? this.replaceValue(node) : this.splitLeaf(node, order)
    }
    const own = this.journal.own(node)
    at = own * 32
    if (order < 0) {
      words[at + META] = (words[at + META] as number) | LEFT_DIRTY
      words[at + LEFT] = this.setBelow(words[at + LEFT] as number)
    } else {
      words[at + META] = (words[at + META] as number) | RIGHT_DIRTY
      words[at + RIGHT] = this.setBelow(words[at + RIGHT] as number)
    }
    if (this.updated) return own
    measure(this.memory, own)
    return balance(this.journal, own)
  }

  private replaceValue(node: number): number {
    const words = this.memory.words
    this.updated = true
    this.replaced = node
    this.journal.retireValue(node)
    const own = this.journal.own(node)
    words[own * 32 + VALUE] = this.allocator.takeValue(this.value)
    words[own * 32 + VALUE_LENGTH] = this.value.length
    this.leaf = own
    return own
  }

  /** A new leaf beside `node`, under a new inner node whose key is the right one's. */
  private splitLeaf(node: number, order: number): number {
    const words = this.memory.words
    const leaf = this.newLeaf(order < 0 ? 1 : 2)
    const inner = this.allocator.takeNode()
    const at = inner * 32
    const right = (order < 0 ? node : leaf) * 32
    words[at + LEFT] = order < 0 ? leaf : node
    words[at + RIGHT] = order < 0 ? node : leaf
    words[at + KEY] = words[right + KEY] as number
    words[at + META] = ((words[right + META] as number) & 0xffff) | (1 << 16) | LEFT_DIRTY | RIGHT_DIRTY
    for (let k = PREFIX; k < PREFIX + 4; k++) words[at + k] = words[right + k] as number
    words[at + VERSION] = this.journal.version
    words[at + SIZE] = 2
    if (order < 0) this.journal.holdKey(node)
    return inner
  }

  private newLeaf(references: number): number {
    const leaf = createLeaf(this.allocator, this.probe, this.value, references, this.journal.version)
    const granule = this.memory.words[leaf * 32 + KEY] as number
    for (let i = 0; i < references; i++) this.journal.noteHeld(granule, this.probe.key.length)
    this.leaf = leaf
    return leaf
  }

  // The key is known to be below `node`, and `node` is not a leaf.
  private removeBelow(node: number): number {
    const words = this.memory.words
    let at = node * 32
    const goLeft = this.probe.compare(this.memory, at) < 0
    const child = words[at + (goLeft ? LEFT : RIGHT)] as number
    if (((words[child * 32 + META] as number) & HEIGHT_MASK) === 0) return this.collapse(node, child, goLeft)

    const own = this.journal.own(node)
    at = own * 32
    const newChild = this.removeBelow(child)
    words[at + (goLeft ? LEFT : RIGHT)] = newChild
    words[at + META] = (words[at + META] as number) | (goLeft ? LEFT_DIRTY : RIGHT_DIRTY)
    if (!goLeft && this.risingKey !== 0) this.adoptKey(at)
    measure(this.memory, own)
    return balance(this.journal, own)
  }

  /** Removes leaf `child` of `node`; the sibling takes the place of `node`, unchanged. */
  private collapse(node: number, child: number, wasLeft: boolean): number {
    const words = this.memory.words
    const at = node * 32
    const sibling = words[at + (wasLeft ? RIGHT : LEFT)] as number
    this.dropLeaf(child)
    if (wasLeft) {
      this.risingKey = words[at + KEY] as number
      for (let k = 0; k < 4; k++) this.risingProbe[k] = words[at + PREFIX + k] as number
      this.risingProbe[4] = words[at + META] as number
    } else {
      this.journal.dropKey(words[at + KEY] as number, (words[at + META] as number) & 0xffff)
    }
    this.journal.retire(node)
    return sibling
  }

  private adoptKey(at: number): void {
    const words = this.memory.words
    const meta = words[at + META] as number
    this.journal.dropKey(words[at + KEY] as number, meta & 0xffff)
    words[at + KEY] = this.risingKey
    words[at + META] = (meta & ~0xffff) | ((this.risingProbe[4] as number) & 0xffff)
    for (let k = 0; k < 4; k++) words[at + PREFIX + k] = this.risingProbe[k] as number
    this.risingKey = 0
  }

  private dropLeaf(leaf: number): void {
    const words = this.memory.words
    const at = leaf * 32
    this.journal.dropKey(words[at + KEY] as number, words[at + META] as number)
    this.journal.retireValue(leaf)
    this.journal.retire(leaf)
  }
}
