import type { ByteString } from '../kernel/kv.ts'
import { INLINE_KEY_BYTES, KEY, KEY_HEADER_BYTES, META, type Memory, PREFIX } from './memory.ts'

/** A key being looked for, with its first 16 bytes ready to be compared word by word. */
export class KeyProbe {
  key: ByteString = ''
  p0 = 0
  p1 = 0
  p2 = 0
  p3 = 0

  set(key: ByteString): void {
    this.key = key
    this.p0 = prefixWord(key, 0)
    this.p1 = prefixWord(key, 4)
    this.p2 = prefixWord(key, 8)
    this.p3 = prefixWord(key, 12)
  }

  /** Negative, zero or positive as the probed key is below, equal to or above the key of the record at word `at`. */
  compare(memory: Memory, at: number): number {
    const words = memory.words
    let word = words[at + PREFIX] as number
    if (this.p0 !== word) return this.p0 < word ? -1 : 1
    word = words[at + PREFIX + 1] as number
    if (this.p1 !== word) return this.p1 < word ? -1 : 1
    word = words[at + PREFIX + 2] as number
    if (this.p2 !== word) return this.p2 < word ? -1 : 1
    word = words[at + PREFIX + 3] as number
    if (this.p3 !== word) return this.p3 < word ? -1 : 1
    return this.compareRest(memory, at)
  }

  /** Writes the prefix words into the record at word `at`. */
  store(words: Int32Array, at: number): void {
    words[at + PREFIX] = this.p0
    words[at + PREFIX + 1] = this.p1
    words[at + PREFIX + 2] = this.p2
    words[at + PREFIX + 3] = this.p3
  }

  // Where the padded prefixes agree and either key fits into 16 bytes, the shorter key is a prefix of the longer.
  private compareRest(memory: Memory, at: number): number {
    const key = this.key
    const length = key.length
    const otherLength = (memory.words[at + META] as number) & 0xffff
    const common = length < otherLength ? length : otherLength
    if (common > INLINE_KEY_BYTES) {
      const slab = memory.slab
      const start = (memory.words[at + KEY] as number) * 8 + KEY_HEADER_BYTES
      for (let i = INLINE_KEY_BYTES; i < common; i++) {
        const difference = key.charCodeAt(i) - (slab[start + i] as number)
        if (difference !== 0) return difference
      }
    }
    return length - otherLength
  }
}

/** Four bytes of a key from `from`, zero padded, big-endian, sign bit flipped so that signed order is byte order. */
function prefixWord(key: ByteString, from: number): number {
  if (from + 4 <= key.length) {
    const high = (key.charCodeAt(from) << 24) | (key.charCodeAt(from + 1) << 16)
    return (high | (key.charCodeAt(from + 2) << 8) | key.charCodeAt(from + 3)) ^ 0x80000000
  }
  let word = 0
  for (let i = 0; i < 4; i++) word = (word << 8) | (from + i < key.length ? key.charCodeAt(from + i) : 0)
  return word ^ 0x80000000
}

/** The key of a record as a byte string. */
export function recordKey(memory: Memory, node: number): ByteString {
  const at = node * 32
  const start = (memory.words[at + KEY] as number) * 8 + KEY_HEADER_BYTES
  return memory.slabText.latin1Slice(start, start + ((memory.words[at + META] as number) & 0xffff))
}
