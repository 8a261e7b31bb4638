import type { Allocator } from './allocator.ts'
import { StoreLimitError } from './errors.ts'
import type { KeyProbe } from './key-probe.ts'
import {
  KEY,
  KEY_BYTES_MAX,
  LEFT,
  META,
  RIGHT,
  SIZE,
  VALUE,
  VALUE_BYTES_MAX,
  VALUE_LENGTH,
  VERSION,
} from './memory.ts'

/**
 * A new leaf with the probed key, whose block has `references` holders. Its record must have been reserved. Throws
 * {@link StoreLimitError} where key or value are too long.
 */
export function createLeaf(
  allocator: Allocator,
  probe: KeyProbe,
  value: Uint8Array,
  references: number,
  version: number,
): number {
  const { key } = probe
  checkLengths(key.length, value.length)
  const { words } = allocator.memory
  const leaf = allocator.takeNode()
  const at = leaf * 32
  words[at + LEFT] = 0
  words[at + RIGHT] = 0
  words[at + KEY] = allocator.takeKey(key, references)
  words[at + META] = key.length
  probe.store(words, at)
  words[at + VERSION] = version
  words[at + SIZE] = 1
  words[at + VALUE] = allocator.takeValue(value)
  words[at + VALUE_LENGTH] = value.length
  return leaf
}

/** Throws {@link StoreLimitError} where a key or a value of so many bytes cannot be kept. */
export function checkLengths(key: number, value: number): void {
  if (key <= KEY_BYTES_MAX && value <= VALUE_BYTES_MAX) return
  const what = key > KEY_BYTES_MAX ? `key of ${key} bytes` : `value of ${value} bytes`
  throw new StoreLimitError(`${what}: a key has at most ${KEY_BYTES_MAX}, a value ${VALUE_BYTES_MAX} bytes`)
}

/** Frees a leaf with its key and its value; whoever else holds the key goes with it. */
export function freeLeaf(allocator: Allocator, leaf: number): void {
  const { words } = allocator.memory
  const at = leaf * 32
  allocator.freeKey(words[at + KEY] as number, (words[at + META] as number) & 0xffff)
  allocator.freeBlock(words[at + VALUE] as number, words[at + VALUE_LENGTH] as number)
  allocator.freeNode(leaf)
}
