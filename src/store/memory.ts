import { StoreLimitError } from './errors.ts'

/**
 * The memory under every tree: one array of fixed-size node records and one of byte blocks, both growable shared
 * buffers. A growable buffer reserves addresses, not memory; growing it never moves a byte, so a reader in another
 * thread sees new records by making new views of the same two buffers (see {@link Memory.refresh}).
 *
 * A record is 32 words (128 bytes, two cache lines); a walk down the tree touches the first line only:
 *
 * | word   | inner node                               | leaf                          |
 * |--------|------------------------------------------|-------------------------------|
 * | 0, 1   | left, right child (record numbers)       | 0, 0                          |
 * | 2      | key block (of the split key)             | key block                     |
 * | 3      | key length, height << 16, dirty << 24    | key length                    |
 * | 4…7    | first 16 bytes of the key, zero padded, big-endian, sign bit flipped: signed `<` is byte order |
 * | 8, 9   | version, number of leaves below          | version, 1                    |
 * | 10…17  | hash of the left child                   | 10 value block, 11 its length |
 * | 18…25  | hash of the right child                  | unused                        |
 *
 * A key block is a 32-bit reference count and the key's bytes; a value block is the value's bytes. Blocks are
 * addressed in granules of 8 bytes.
 */
export const WORDS = 32
export const LEFT = 0
export const RIGHT = 1
export const KEY = 2
export const META = 3
export const PREFIX = 4
export const VERSION = 8
export const SIZE = 9
export const LEFT_HASH = 10
export const RIGHT_HASH = 18
export const VALUE = 10
export const VALUE_LENGTH = 11

export const HEIGHT_MASK = 0xff0000
export const LEFT_DIRTY = 1 << 24
export const RIGHT_DIRTY = 1 << 25

/** Bytes of a key that stand in the record itself. */
export const INLINE_KEY_BYTES = 16
/** Bytes before the key in a key block: its reference count. */
export const KEY_HEADER_BYTES = 4
export const KEY_BYTES_MAX = 0xffff
export const VALUE_BYTES_MAX = 64 * 1024 * 1024
/** No tree of 2^26 records is higher; a walk that goes deeper reads memory that is no tree. */
export const HEIGHT_MAX = 64

export const SEGMENT_BYTES = 16 * 1024 * 1024
export const NODE_BYTES_MAX = 8 * 1024 ** 3
export const SLAB_BYTES_MAX = 16 * 1024 ** 3

/** What another thread needs to map the same memory. */
export interface SharedMemory {
  readonly nodes: SharedArrayBuffer
  readonly slab: SharedArrayBuffer
}

/** A Buffer with Node's direct one-byte string methods, which its types leave out. */
export type TextBuffer = Buffer & {
  latin1Write(text: string, at: number, length: number): number
  latin1Slice(start: number, end: number): string
}

/** Views of the shared memory, as far as it reached when they were made. */
export class Memory {
  readonly shared: SharedMemory
  /** Node records as words, and the same as bytes. */
  words!: Int32Array
  bytes!: TextBuffer
  /** Blocks as bytes, for strings, and as words (reference counts). */
  slab!: Uint8Array
  slabText!: TextBuffer
  slabWords!: Int32Array

  constructor(shared: SharedMemory) {
    this.shared = shared
    this.refresh()
  }

  /** Maps what was added since; call it after reading a root and before following it. */
  refresh(): void {
    const { nodes, slab } = this.shared
    const nodeBytes = nodes.byteLength
    const slabBytes = slab.byteLength
    if (this.words === undefined || this.words.byteLength !== nodeBytes) {
      this.words = new Int32Array(nodes, 0, nodeBytes / 4)
      this.bytes = Buffer.from(nodes, 0, nodeBytes) as TextBuffer
    }
    if (this.slab === undefined || this.slab.byteLength !== slabBytes) {
      this.slab = new Uint8Array(slab, 0, slabBytes)
      this.slabText = Buffer.from(slab, 0, slabBytes) as TextBuffer
      this.slabWords = new Int32Array(slab, 0, slabBytes / 4)
    }
  }

  /** 16 MiB steps in use: what a test of reclamation counts. */
  get segments(): number {
    return (this.words.byteLength + this.slab.byteLength) / SEGMENT_BYTES
  }
}

/** Fresh shared memory: one segment each, the rest reserved. Where addresses are scarce, less is reserved. */
export function allocateMemory(): Memory {
  return new Memory({ nodes: growable(NODE_BYTES_MAX), slab: growable(SLAB_BYTES_MAX) })
}

function growable(maxByteLength: number): SharedArrayBuffer {
  for (let max = maxByteLength; ; max /= 2) {
    try {
      return new SharedArrayBuffer(SEGMENT_BYTES, { maxByteLength: max })
    } catch (cause) {
      if (max > 256 * 1024 * 1024) continue
      throw new StoreLimitError('not even 256 MiB of address space for the state: raise `ulimit -v`', {
        cause,
      })
    }
  }
}

/** Adds segments until `byteLength` bytes exist. */
export function growBuffer(buffer: SharedArrayBuffer, byteLength: number, what: string): void {
  const wanted = Math.ceil(byteLength / SEGMENT_BYTES) * SEGMENT_BYTES
  if (wanted > buffer.maxByteLength) {
    throw new StoreLimitError(
      `the state outgrew the room for ${what}: ${buffer.maxByteLength} bytes are reserved`,
    )
  }
  buffer.grow(wanted)
}
