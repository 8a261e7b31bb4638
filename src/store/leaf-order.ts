import { compareByteStrings } from '#lib/bytes.ts'
import { recordKey } from './key-probe.ts'
import { type Memory, PREFIX } from './memory.ts'

/** Words of a key that stand in its record; keys that agree in all of them are compared as texts. */
const PREFIX_WORDS = 4
/** Up to so many leaves are put in order one by one. */
const FEW = 12

/** Which half of a 64-bit integer in memory is the high one: the order must not depend on the host's. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0
const LOW = 1 - HIGH

/**
 * Puts leaves into the order of their keys. A million take a quarter of a second: their records are sorted as
 * machine integers, word by word of the key, and no key is made a string of where sixteen bytes tell it apart.
 */
export function sortLeaves(memory: Memory, leaves: Int32Array): void {
  sortRun(memory, leaves, 0)
}

/** `leaves` agree in all words of their keys before `word`. */
function sortRun(memory: Memory, leaves: Int32Array, word: number): void {
  if (word === PREFIX_WORDS) {
    sortTexts(memory, leaves)
    return
  }
  const { words } = memory
  // The word in the high half, the record number in the low one: one native sort orders both.
  const pairs = new Uint32Array(leaves.length * 2)
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as number
    pairs[2 * i + LOW] = leaf
    pairs[2 * i + HIGH] = (words[leaf * 32 + PREFIX + word] as number) ^ 0x80000000
  }
  new BigUint64Array(pairs.buffer).sort()
  let start = 0
  for (let i = 0; i < leaves.length; i++) {
    leaves[i] = pairs[2 * i + LOW] as number
    const ends = i + 1 === leaves.length || pairs[2 * i + 2 + HIGH] !== pairs[2 * i + HIGH]
    if (!ends) continue
    if (i > start) sortEqual(memory, leaves.subarray(start, i + 1), word + 1)
    start = i + 1
  }
}

function sortEqual(memory: Memory, leaves: Int32Array, word: number): void {
  if (leaves.length > FEW) sortRun(memory, leaves, word)
  else for (let i = 1; i < leaves.length; i++) sink(memory, leaves, i)
}

/** Moves the leaf at `from` down to its place among those before it. */
function sink(memory: Memory, leaves: Int32Array, from: number): void {
  const leaf = leaves[from] as number
  let at = from
  while (at > 0 && compareLeaves(memory, leaf, leaves[at - 1] as number) < 0) {
    leaves[at] = leaves[at - 1] as number
    at--
  }
  leaves[at] = leaf
}

function sortTexts(memory: Memory, leaves: Int32Array): void {
  const keyed = Array.from(leaves, (leaf) => ({ leaf, key: recordKey(memory, leaf) }))
  keyed.sort((a, b) => compareByteStrings(a.key, b.key))
  for (const [i, { leaf }] of keyed.entries()) leaves[i] = leaf
}

function compareLeaves(memory: Memory, a: number, b: number): number {
  const { words } = memory
  for (let k = PREFIX; k < PREFIX + PREFIX_WORDS; k++) {
    const difference = (words[a * 32 + k] as number) - (words[b * 32 + k] as number)
    if (difference !== 0) return difference
  }
  return compareByteStrings(recordKey(memory, a), recordKey(memory, b))
}
