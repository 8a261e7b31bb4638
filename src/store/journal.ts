import type { Allocator } from './allocator.ts'
import { IntList } from './int-list.ts'
import { HEIGHT_MASK, KEY, LEFT, META, type Memory, RIGHT, VALUE, VALUE_LENGTH, VERSION } from './memory.ts'

const RECORD_BYTES = 128
/** Words of a record that carry something: a copy takes these. */
const USED_WORDS = 26

/** What a version replaced: freed when no reader can need the version before it. */
export interface Superseded {
  readonly version: number
  readonly nodes: Int32Array
  /** Pairs (granule, length). */
  readonly values: Int32Array
  /** Pairs (granule, key length): one reference each. */
  readonly keys: Int32Array
  readonly bytes: number
}

/**
 * The copy-on-write of one version: what it copied, replaced and created, so that it can be taken back as a whole, and
 * what it replaced be freed later.
 *
 * A copy takes over its original's hold on the key block. Replaced nodes are freed in the order of versions, so
 * the hold may be given back when the last copy goes; a hold given up inside a version waits with that version's
 * replaced nodes.
 */
export class VersionJournal {
  readonly memory: Memory
  readonly allocator: Allocator
  version = 0
  private readonly nodes = new IntList(4096)
  private readonly values = new IntList(4096)
  private readonly droppedKeys = new IntList()
  private readonly heldKeys = new IntList()
  private bytes = 0

  constructor(allocator: Allocator) {
    this.allocator = allocator
    this.memory = allocator.memory
  }

  /** Ends the version: what it replaced. */
  seal(): Superseded {
    const bytes = this.bytes
    this.bytes = 0
    this.heldKeys.clear()
    const lists = { nodes: this.nodes.take(), values: this.values.take(), keys: this.droppedKeys.take() }
    return { version: this.version, ...lists, bytes }
  }

  /** Takes the version back: frees everything it created below `roots`. */
  abandon(roots: readonly number[]): void {
    for (const root of roots) this.freeCreated(root)
    for (let i = 0; i < this.heldKeys.length; i += 2) {
      this.allocator.releaseKey(this.heldKeys.at(i), this.heldKeys.at(i + 1))
    }
    this.heldKeys.clear()
    this.nodes.clear()
    this.values.clear()
    this.droppedKeys.clear()
    this.bytes = 0
  }

  /** The node itself if this version made it, else a copy that replaces it. */
  own(node: number): number {
    const words = this.memory.words
    const from = node * 32
    if (words[from + VERSION] === this.version) return node
    const copy = this.allocator.takeNode()
    const to = copy * 32
    for (let k = 0; k < USED_WORDS; k++) words[to + k] = words[from + k] as number
    words[to + VERSION] = this.version
    this.nodes.push(node)
    this.bytes += RECORD_BYTES
    return copy
  }

  /** Gives up a node that nothing replaces. */
  retire(node: number): void {
    if (this.memory.words[node * 32 + VERSION] === this.version) {
      this.allocator.freeNode(node)
      return
    }
    this.nodes.push(node)
    this.bytes += RECORD_BYTES
  }

  /** Gives up the value of a leaf, which is about to get another one or to go. */
  retireValue(leaf: number): void {
    const words = this.memory.words
    const at = leaf * 32
    const granule = words[at + VALUE] as number
    const length = words[at + VALUE_LENGTH] as number
    if (words[at + VERSION] === this.version) {
      this.allocator.freeBlock(granule, length)
      return
    }
    this.values.push(granule)
    this.values.push(length)
    this.bytes += length + 8
  }

  /** One more holder of the key of `node`. */
  holdKey(node: number): void {
    const at = node * 32
    const granule = this.memory.words[at + KEY] as number
    this.allocator.holdKey(granule)
    this.noteHeld(granule, (this.memory.words[at + META] as number) & 0xffff)
  }

  noteHeld(granule: number, keyLength: number): void {
    this.heldKeys.push(granule)
    this.heldKeys.push(keyLength)
  }

  dropKey(granule: number, keyLength: number): void {
    this.droppedKeys.push(granule)
    this.droppedKeys.push(keyLength)
    this.bytes += keyLength
  }

  private freeCreated(node: number): void {
    const words = this.memory.words
    const at = node * 32
    if (node === 0 || words[at + VERSION] !== this.version) return
    if (((words[at + META] as number) & HEIGHT_MASK) === 0) {
      this.allocator.freeBlock(words[at + VALUE] as number, words[at + VALUE_LENGTH] as number)
    } else {
      this.freeCreated(words[at + LEFT] as number)
      this.freeCreated(words[at + RIGHT] as number)
    }
    this.allocator.freeNode(node)
  }
}

/** Frees what a version replaced. */
export function freeSuperseded(allocator: Allocator, superseded: Superseded): void {
  const { nodes, values, keys } = superseded
  allocator.freeNodeList(nodes)
  for (let i = 0; i < values.length; i += 2) allocator.freeBlock(values[i] as number, values[i + 1] as number)
  for (let i = 0; i < keys.length; i += 2) allocator.releaseKey(keys[i] as number, keys[i + 1] as number)
}
