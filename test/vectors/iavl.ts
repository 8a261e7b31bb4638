import { Allocator } from '../../src/store/allocator.ts'
import { TreeWriter } from '../../src/store/iavl.ts'
import { EMPTY_HASH, hashNode } from '../../src/store/iavl-hash.ts'
import { freeSuperseded } from '../../src/store/journal.ts'
import { allocateMemory, HEIGHT_MASK, META, SIZE } from '../../src/store/memory.ts'
import { iavlProof, memoryTree } from '../../src/store/proofs.ts'

/**
 * A file of tree vectors: operations per version, and what the reference implementation made of them. Bytes are
 * hex.
 */
export interface IavlVectors {
  readonly name: string
  readonly versions: readonly {
    readonly version: number
    readonly ops?:
      | readonly { readonly op: 'set' | 'remove'; readonly key: string; readonly value?: string }[]
      | null
    readonly root: string
    readonly size: number
    readonly height: number
    readonly proofs?: readonly { readonly key: string; readonly proof: string }[] | null
  }[]
}

/** How many values were compared, and the first that differs, if one does. */
export interface VectorResult {
  readonly checks: number
  readonly difference?: string
}

/** Replays the operations of every version and compares root, size, height and proofs. */
export function checkIavl(json: unknown, file: string): VectorResult {
  const vectors = json as IavlVectors
  const memory = allocateMemory()
  const allocator = new Allocator(memory)
  const writer = new TreeWriter(allocator)
  let root = 0
  let checks = 0
  for (const { version, ops, proofs, ...expected } of vectors.versions) {
    writer.begin(version)
    for (const { op, key, value } of ops ?? []) {
      const keyText = Buffer.from(key, 'hex').toString('latin1')
      if (op === 'set') root = writer.set(root, keyText, Buffer.from(value ?? '', 'hex'))
      else root = writer.remove(root, keyText)
    }
    const hash = root === 0 ? EMPTY_HASH : hashNode(memory, root)
    freeSuperseded(allocator, writer.journal.seal())
    const comparisons: [string, string | number, string | number][] = [
      ['root', Buffer.from(hash, 'latin1').toString('hex'), expected.root],
      ['size', root === 0 ? 0 : (memory.words[root * 32 + SIZE] as number), expected.size],
      [
        'height',
        root === 0 ? 0 : ((memory.words[root * 32 + META] as number) & HEIGHT_MASK) >> 16,
        expected.height,
      ],
    ]
    for (const { key, proof } of proofs ?? []) {
      const ours = iavlProof(memoryTree(memory, root), Buffer.from(key, 'hex').toString('latin1'))
      comparisons.push([`proof of key ${key}`, Buffer.from(ours).toString('hex'), proof])
    }
    for (const [what, got, wanted] of comparisons) {
      checks++
      if (got !== wanted)
        return { checks, difference: `${file}: version ${version}: ${what} is ${got}, not ${wanted}` }
    }
  }
  return { checks }
}
