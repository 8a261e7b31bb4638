import { IntList } from './int-list.ts'
import { growBuffer, KEY_HEADER_BYTES, type Memory, WORDS } from './memory.ts'

const RECORD_BYTES = WORDS * 4
const GRANULE_BYTES = 8

/**
 * Hands out node records and byte blocks, and takes them back. Only the thread that writes the state has one; the free
 * lists live outside the memory they describe, so giving something back touches neither a record nor a block.
 */
export class Allocator {
  readonly memory: Memory
  private nextNode = 1 // record 0 stands for "no node"
  private readonly freeNodes = new IntList()
  private nextGranule = 1
  private readonly freeBlocks: IntList[] = []

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** Makes sure that `count` records can be taken without the views of the memory changing meanwhile. */
  reserveNodes(count: number): void {
    const end = (this.nextNode + count) * RECORD_BYTES
    if (this.freeNodes.length >= count || end <= this.memory.words.byteLength) return
    growBuffer(this.memory.shared.nodes, end, 'tree nodes')
    this.memory.refresh()
  }

  /** A record number; its words hold whatever was there. Call {@link reserveNodes} first. */
  takeNode(): number {
    return this.freeNodes.length > 0 ? this.freeNodes.pop() : this.nextNode++
  }

  freeNode(node: number): void {
    this.freeNodes.push(node)
  }

  freeNodeList(nodes: Int32Array): void {
    this.freeNodes.append(nodes)
  }

  /** Granule of a block of at least `byteLength` bytes. */
  takeBlock(byteLength: number): number {
    const sizeClass = blockClass(byteLength)
    const free = this.freeBlocks[sizeClass]
    if (free !== undefined && free.length > 0) return free.pop()
    const granule = this.nextGranule
    const end = (granule + classGranules(sizeClass)) * GRANULE_BYTES
    if (end > this.memory.slab.byteLength) {
      growBuffer(this.memory.shared.slab, end, 'keys and values')
      this.memory.refresh()
    }
    this.nextGranule = end / GRANULE_BYTES
    return granule
  }

  freeBlock(granule: number, byteLength: number): void {
    const sizeClass = blockClass(byteLength)
    while (this.freeBlocks.length <= sizeClass) this.freeBlocks.push(new IntList(16))
    ;(this.freeBlocks[sizeClass] as IntList).push(granule)
  }

  /** A key block with `references` holders; its bytes start {@link KEY_HEADER_BYTES} into it. */
  takeKey(key: string, references: number): number {
    const granule = this.takeBlock(key.length + KEY_HEADER_BYTES)
    this.memory.slabWords[granule * 2] = references
    this.memory.slabText.latin1Write(key, granule * GRANULE_BYTES + KEY_HEADER_BYTES, key.length)
    return granule
  }

  /** A key block with one holder, from bytes of `source`. */
  takeKeyBytes(source: Uint8Array, from: number, length: number): number {
    const granule = this.takeBlock(length + KEY_HEADER_BYTES)
    this.memory.slabWords[granule * 2] = 1
    this.fill(granule * GRANULE_BYTES + KEY_HEADER_BYTES, source, from, length)
    return granule
  }

  /** A value block from bytes of `source`. */
  takeValueBytes(source: Uint8Array, from: number, length: number): number {
    const granule = this.takeBlock(length)
    this.fill(granule * GRANULE_BYTES, source, from, length)
    return granule
  }

  private fill(start: number, source: Uint8Array, from: number, length: number): void {
    const slab = this.memory.slab
    if (length > 64) slab.set(source.subarray(from, from + length), start)
    else for (let i = 0; i < length; i++) slab[start + i] = source[from + i] as number
  }

  holdKey(granule: number): void {
    const counts = this.memory.slabWords
    counts[granule * 2] = (counts[granule * 2] as number) + 1
  }

  releaseKey(granule: number, keyLength: number): void {
    const counts = this.memory.slabWords
    const left = (counts[granule * 2] as number) - 1
    counts[granule * 2] = left
    if (left === 0) this.freeBlock(granule, keyLength + KEY_HEADER_BYTES)
  }

  /** Gives a key block back whoever holds it: for a tree that goes as a whole. */
  freeKey(granule: number, keyLength: number): void {
    this.freeBlock(granule, keyLength + KEY_HEADER_BYTES)
  }

  takeValue(value: Uint8Array): number {
    return this.takeValueBytes(value, 0, value.length)
  }

  /** Records in use, free ones not counted. */
  get nodesInUse(): number {
    return this.nextNode - 1 - this.freeNodes.length
  }

  /** Bytes of blocks in use, rounding included. */
  get blockBytesInUse(): number {
    let free = 0
    this.freeBlocks.forEach((list, sizeClass) => {
      free += list.length * classGranules(sizeClass)
    })
    return (this.nextGranule - 1 - free) * GRANULE_BYTES
  }
}

/** Size classes: every granule count up to 16, then four steps to a doubling (at most a quarter is wasted). */
export function blockClass(byteLength: number): number {
  const granules = byteLength === 0 ? 1 : (byteLength + 7) >>> 3
  if (granules <= 16) return granules
  const power = 31 - Math.clz32(granules - 1)
  const step = 1 << (power - 2)
  return 16 + (power - 4) * 4 + Math.ceil(granules / step) - 4
}

/** Granules of a block of this class. */
export function classGranules(sizeClass: number): number {
  if (sizeClass <= 16) return sizeClass
  const power = Math.floor((sizeClass - 17) / 4) + 4
  const steps = sizeClass - 16 - (power - 4) * 4 + 4
  return steps << (power - 2)
}
