import type { VersionJournal } from './journal.ts'
import {
  HEIGHT_MASK,
  LEFT,
  LEFT_DIRTY,
  LEFT_HASH,
  META,
  type Memory,
  RIGHT,
  RIGHT_DIRTY,
  RIGHT_HASH,
  SIZE,
} from './memory.ts'

/** Sets height and size of an inner node from its children. */
export function measure(memory: Memory, node: number): void {
  const words = memory.words
  const at = node * 32
  const left = (words[at + LEFT] as number) * 32
  const right = (words[at + RIGHT] as number) * 32
  const leftHeight = (words[left + META] as number) & HEIGHT_MASK
  const rightHeight = (words[right + META] as number) & HEIGHT_MASK
  const height = (leftHeight > rightHeight ? leftHeight : rightHeight) + 0x10000
  words[at + META] = ((words[at + META] as number) & ~HEIGHT_MASK) | height
  words[at + SIZE] = (words[left + SIZE] as number) + (words[right + SIZE] as number)
}

/** Restores the AVL rule at `node`, which this version owns; returns the node in its place. */
export function balance(journal: VersionJournal, node: number): number {
  const words = journal.memory.words
  const at = node * 32
  const lean = tilt(words, node)
  if (lean > 1) {
    if (tilt(words, words[at + LEFT] as number) < 0) {
      words[at + LEFT] = rotateLeft(journal, words[at + LEFT] as number)
      words[at + META] = (words[at + META] as number) | LEFT_DIRTY
    }
    return rotateRight(journal, node)
  }
  if (lean < -1) {
    if (tilt(words, words[at + RIGHT] as number) > 0) {
      words[at + RIGHT] = rotateRight(journal, words[at + RIGHT] as number)
      words[at + META] = (words[at + META] as number) | RIGHT_DIRTY
    }
    return rotateLeft(journal, node)
  }
  return node
}

function tilt(words: Int32Array, node: number): number {
  const at = node * 32
  const left = (words[(words[at + LEFT] as number) * 32 + META] as number) & HEIGHT_MASK
  const right = (words[(words[at + RIGHT] as number) * 32 + META] as number) & HEIGHT_MASK
  return (left - right) >> 16
}

// A moved subtree keeps its hash: it goes from one parent's record to the other's, with its dirty mark.
function rotateRight(journal: VersionJournal, node: number): number {
  const words = journal.memory.words
  const down = journal.own(node)
  const downAt = down * 32
  const up = journal.own(words[downAt + LEFT] as number)
  const upAt = up * 32
  const mark = ((words[upAt + META] as number) & RIGHT_DIRTY) >> 1
  words[downAt + LEFT] = words[upAt + RIGHT] as number
  for (let k = 0; k < 8; k++) words[downAt + LEFT_HASH + k] = words[upAt + RIGHT_HASH + k] as number
  words[downAt + META] = ((words[downAt + META] as number) & ~LEFT_DIRTY) | mark
  words[upAt + RIGHT] = down
  words[upAt + META] = (words[upAt + META] as number) | RIGHT_DIRTY
  measure(journal.memory, down)
  measure(journal.memory, up)
  return up
}

function rotateLeft(journal: VersionJournal, node: number): number {
  const words = journal.memory.words
  const down = journal.own(node)
  const downAt = down * 32
  const up = journal.own(words[downAt + RIGHT] as number)
  const upAt = up * 32
  const mark = ((words[upAt + META] as number) & LEFT_DIRTY) << 1
  words[downAt + RIGHT] = words[upAt + LEFT] as number
  for (let k = 0; k < 8; k++) words[downAt + RIGHT_HASH + k] = words[upAt + LEFT_HASH + k] as number
  words[downAt + META] = ((words[downAt + META] as number) & ~RIGHT_DIRTY) | mark
  words[upAt + LEFT] = down
  words[upAt + META] = (words[upAt + META] as number) | LEFT_DIRTY
  measure(journal.memory, down)
  measure(journal.memory, up)
  return up
}
