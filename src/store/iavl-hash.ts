import { hash } from 'node:crypto'
import {
  HEIGHT_MASK,
  KEY,
  KEY_HEADER_BYTES,
  LEFT,
  LEFT_DIRTY,
  LEFT_HASH,
  META,
  type Memory,
  RIGHT,
  RIGHT_DIRTY,
  RIGHT_HASH,
  SIZE,
  type TextBuffer,
  VALUE,
  VALUE_LENGTH,
  VERSION,
} from './memory.ts'

/** A sha256 digest as a latin1 string of 32 characters: three times faster to make than a Buffer. */
export type HashText = string

/** Root of a tree without keys: sha256 of nothing. */
export const EMPTY_HASH: HashText = hash('sha256', '', 'binary')

// Hash inputs of every length up to this are built in buffers made once.
const SCRATCH_MAX = 512
const scratch = Array.from({ length: SCRATCH_MAX }, (_, length) => Buffer.alloc(length) as TextBuffer)

/**
 * The hash of a node, as IAVL v1 defines it; signed varints are zig-zag, lengths plain varints:
 *
 * - leaf: `sha256(0 ‖ 1 ‖ version ‖ len(key) ‖ key ‖ 32 ‖ sha256(value))`
 * - inner: `sha256(height ‖ size ‖ version ‖ 32 ‖ hash(left) ‖ 32 ‖ hash(right))`
 *
 * Children marked dirty are hashed first, their hashes stored in the parent's record and the marks cleared.
 */
export function hashNode(memory: Memory, node: number): HashText {
  const words = memory.words
  const at = node * 32
  const meta = words[at + META] as number
  if ((meta & HEIGHT_MASK) === 0) return hashLeaf(memory, at)
  if ((meta & LEFT_DIRTY) !== 0) {
    memory.bytes.latin1Write(hashNode(memory, words[at + LEFT] as number), (at + LEFT_HASH) * 4, 32)
  }
  if ((meta & RIGHT_DIRTY) !== 0) {
    memory.bytes.latin1Write(hashNode(memory, words[at + RIGHT] as number), (at + RIGHT_HASH) * 4, 32)
  }
  if ((meta & (LEFT_DIRTY | RIGHT_DIRTY)) !== 0) words[at + META] = meta & 0xffffff
  return hashInner(memory, at)
}

/** Hash of the inner node at word `at`, both of whose children's hashes stand in its record. */
export function hashInner(memory: Memory, at: number): HashText {
  const words = memory.words
  const bytes = memory.bytes
  const size = words[at + SIZE] as number
  const version = words[at + VERSION] as number
  const input = scratch[67 + zigzagLength(size) + zigzagLength(version)] as TextBuffer
  input[0] = ((words[at + META] as number) & HEIGHT_MASK) >> 15
  let to = writeZigzag(input, writeZigzag(input, 1, size), version)
  const from = (at + LEFT_HASH) * 4
  input[to++] = 32
  for (let k = 0; k < 32; k++) input[to + k] = bytes[from + k] as number
  to += 32
  input[to++] = 32
  for (let k = 32; k < 64; k++) input[to - 32 + k] = bytes[from + k] as number
  return hash('sha256', input, 'binary')
}

/** Hash of the leaf at word `at`. */
export function hashLeaf(memory: Memory, at: number): HashText {
  const words = memory.words
  const slab = memory.slab
  const keyLength = (words[at + META] as number) & 0xffff
  const keyStart = (words[at + KEY] as number) * 8 + KEY_HEADER_BYTES
  const version = words[at + VERSION] as number
  const valueHash = hashBlock(memory, (words[at + VALUE] as number) * 8, words[at + VALUE_LENGTH] as number)

  const length = 35 + zigzagLength(version) + varintLength(keyLength) + keyLength
  const input = length < SCRATCH_MAX ? (scratch[length] as TextBuffer) : (Buffer.alloc(length) as TextBuffer)
  input[0] = 0
  input[1] = 2
  let to = writeVarint(input, writeZigzag(input, 2, version), keyLength)
  for (let k = 0; k < keyLength; k++) input[to + k] = slab[keyStart + k] as number
  to += keyLength
  input[to++] = 32
  input.latin1Write(valueHash, to, 32)
  return hash('sha256', input, 'binary')
}

function hashBlock(memory: Memory, start: number, length: number): HashText {
  if (length >= SCRATCH_MAX) return hash('sha256', memory.slab.subarray(start, start + length), 'binary')
  const input = scratch[length] as TextBuffer
  const slab = memory.slab
  for (let k = 0; k < length; k++) input[k] = slab[start + k] as number
  return hash('sha256', input, 'binary')
}

/** Writes a non-negative number as a varint at `at`; returns the position after it. */
export function writeVarint(output: Uint8Array, at: number, value: number): number {
  let rest = value
  let to = at
  while (rest >= 128) {
    output[to++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  output[to++] = rest
  return to
}

/** The signed form (Go's `PutVarint`) of a non-negative number: its double. */
export function writeZigzag(output: Uint8Array, at: number, value: number): number {
  return writeVarint(output, at, value * 2)
}

export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}

export function zigzagLength(value: number): number {
  return varintLength(value * 2)
}
