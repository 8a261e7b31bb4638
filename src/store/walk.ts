import type { ByteString, KvIterator } from '../kernel/kv.ts'
import { type KeyProbe, recordKey } from './key-probe.ts'
import { HEIGHT_MASK, HEIGHT_MAX, LEFT, META, type Memory, RIGHT, VALUE, VALUE_LENGTH } from './memory.ts'

/**
 * Reading trees, on any thread. Every walk is bounded, so that one over memory that was meanwhile given to something
 * else ends (its result is then thrown away: see reader.ts).
 */

/** A walk met something that is no tree. In a reader whose pin was broken that is to be expected, elsewhere never. */
export class TreeShapeError extends Error {
  override readonly name = 'TreeShapeError'
}

/** The leaf with exactly the probed key below `root` (0 is the empty tree), or 0. */
export function findLeaf(memory: Memory, root: number, probe: KeyProbe): number {
  if (root === 0) return 0
  const leaf = descend(memory, root, probe)
  return probe.compare(memory, leaf * 32) === 0 ? leaf : 0
}

/** The leaf at which a search for the probed key ends. */
export function descend(memory: Memory, root: number, probe: KeyProbe): number {
  const words = memory.words
  let node = root
  for (let depth = 0; depth < HEIGHT_MAX; depth++) {
    const at = node * 32
    if (!(node > 0 && at < words.length)) break
    if (((words[at + META] as number) & HEIGHT_MASK) === 0) return node
    node = words[at + (probe.compare(memory, at) < 0 ? LEFT : RIGHT)] as number
  }
  throw new TreeShapeError(`no leaf within ${HEIGHT_MAX} steps below node ${root}`)
}

/** A copy of a leaf's value. */
export function leafValue(memory: Memory, leaf: number): Uint8Array {
  const at = leaf * 32
  const start = (memory.words[at + VALUE] as number) * 8
  const length = memory.words[at + VALUE_LENGTH] as number
  const slab = memory.slab
  if (length > 64) return slab.slice(start, start + length)
  const value = new Uint8Array(length)
  for (let i = 0; i < length; i++) value[i] = slab[start + i] as number
  return value
}

/** What a {@link TreeCursor} walks: `root` 0 is the empty tree; `end` undefined is beyond every key. */
export interface CursorRange {
  readonly root: number
  readonly start: ByteString
  readonly end: ByteString | undefined
  readonly reverse: boolean
}

/**
 * Walks the leaves of one version in order. `guard` is called before a result is handed out, and throws if the version
 * may have been freed.
 */
export class TreeCursor implements KvIterator {
  key: ByteString = ''
  private readonly memory: Memory
  private readonly range: CursorRange
  private readonly guard: () => void
  // Subtrees still to visit, nearest on top.
  private readonly pending: number[] = []
  private leaf = 0
  private copied: Uint8Array | undefined

  constructor(memory: Memory, range: CursorRange, probe: KeyProbe, guard: () => void) {
    this.memory = memory
    this.range = range
    this.guard = guard
    const from = range.reverse ? range.end : range.start
    if (range.root === 0 || (range.end !== undefined && range.start >= range.end)) return
    if (from === undefined) this.pending.push(range.root)
    else this.seek(from, probe)
  }

  get value(): Uint8Array {
    if (this.copied === undefined) {
      this.copied = leafValue(this.memory, this.leaf)
      this.guard()
    }
    return this.copied
  }

  next(): boolean {
    const { start, end, reverse } = this.range
    const subtree = this.pending.pop()
    if (subtree === undefined) return false
    const leaf = this.firstLeaf(subtree)
    const key = recordKey(this.memory, leaf)
    this.guard()
    if (reverse ? key < start : end !== undefined && key >= end) {
      this.pending.length = 0
      return false
    }
    this.leaf = leaf
    this.key = key
    this.copied = undefined
    return true
  }

  // Leaves pending what lies at or after `from` (reverse: before it).
  private seek(from: ByteString, probe: KeyProbe): void {
    const { reverse, root } = this.range
    const { words } = this.memory
    probe.set(from)
    let node = root
    for (let depth = 0; depth < HEIGHT_MAX; depth++) {
      const at = node * 32
      const order = probe.compare(this.memory, at)
      if (((words[at + META] as number) & HEIGHT_MASK) === 0) {
        if (reverse ? order > 0 : order <= 0) this.pending.push(node)
        return
      }
      // All keys on the right are at or above the node's key, all on the left below it.
      const goLeft = reverse ? order <= 0 : order < 0
      const other = words[at + (goLeft ? RIGHT : LEFT)] as number
      if (goLeft !== reverse) this.pending.push(other)
      node = words[at + (goLeft ? LEFT : RIGHT)] as number
    }
    this.guard()
    throw new TreeShapeError(`no leaf within ${HEIGHT_MAX} steps below node ${root}`)
  }

  private firstLeaf(subtree: number): number {
    const { words } = this.memory
    const { reverse } = this.range
    let node = subtree
    for (let depth = 0; depth < HEIGHT_MAX; depth++) {
      const at = node * 32
      if (((words[at + META] as number) & HEIGHT_MASK) === 0) return node
      this.pending.push(words[at + (reverse ? LEFT : RIGHT)] as number)
      node = words[at + (reverse ? RIGHT : LEFT)] as number
    }
    this.guard()
    throw new TreeShapeError(`no leaf within ${HEIGHT_MAX} steps below node ${subtree}`)
  }
}
