import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Allocator } from './allocator.ts'
import { TreeWriter } from './iavl.ts'
import { EMPTY_HASH, hashNode } from './iavl-hash.ts'
import { freeSuperseded, type Superseded } from './journal.ts'
import { KeyProbe, recordKey } from './key-probe.ts'
import { allocateMemory, HEIGHT_MASK, KEY, LEFT, META, RIGHT, SIZE } from './memory.ts'
import { findLeaf, leafValue, TreeCursor } from './walk.ts'

/** One tree with everything needed to look into it. */
class Tree {
  readonly memory = allocateMemory()
  readonly allocator = new Allocator(this.memory)
  readonly writer = new TreeWriter(this.allocator)
  root = 0

  version(version: number, ops: readonly Op[]): Superseded {
    this.writer.begin(version)
    for (const { key, value } of ops) this.root = this.write(key, value)
    this.hash()
    return this.writer.journal.seal()
  }

  write(key: string, value: string | undefined): number {
    if (value === undefined) return this.writer.remove(this.root, key)
    return this.writer.set(this.root, key, Buffer.from(value, 'latin1'))
  }

  hash(): string {
    return this.root === 0 ? EMPTY_HASH : hashNode(this.memory, this.root)
  }

  entries(start = '', end: string | undefined = undefined, reverse = false): [string, string][] {
    const cursor = new TreeCursor(
      this.memory,
      { root: this.root, start, end, reverse },
      new KeyProbe(),
      () => {},
    )
    const found: [string, string][] = []
    while (cursor.next()) found.push([cursor.key, Buffer.from(cursor.value).toString('latin1')])
    return found
  }
}

interface Op {
  readonly key: string
  readonly value: string | undefined
}

// Keys of 0 to 40 bytes that share prefixes often, zero bytes included, so that padding and lengths matter.
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('\0', 'a', '\xff'), maxLength: 6 }),
  fc
    .tuple(fc.constantFrom('', 'sixteen bytes...', 'fifteen bytes..'), fc.string({ maxLength: 2 }))
    .map(([a, b]) => a + b),
  fc.nat(60).map((n) => `a longer key than fits in a record ${n}`),
)
const op = fc.record({ key, value: fc.option(fc.string({ maxLength: 20 }), { nil: undefined, freq: 2 }) })
const history = fc.array(fc.array(op, { maxLength: 40 }), { maxLength: 12 })

/** Checks the AVL rule, sizes and split keys; returns how many holders each key block has. */
function inspect(
  tree: Tree,
  node: number,
  holders: Map<number, number>,
): { height: number; smallest: string } {
  const { words } = tree.memory
  const at = node * 32
  const block = words[at + KEY] as number
  holders.set(block, (holders.get(block) ?? 0) + 1)
  const height = ((words[at + META] as number) & HEIGHT_MASK) >> 16
  if (height === 0) return { height, smallest: recordKey(tree.memory, node) }
  const [leftNode, rightNode] = [words[at + LEFT] as number, words[at + RIGHT] as number]
  const left = inspect(tree, leftNode, holders)
  const right = inspect(tree, rightNode, holders)
  expect(height).toBe(Math.max(left.height, right.height) + 1)
  expect(Math.abs(left.height - right.height)).toBeLessThanOrEqual(1)
  expect(recordKey(tree.memory, node)).toBe(right.smallest)
  expect(words[at + SIZE]).toBe(
    (words[leftNode * 32 + SIZE] as number) + (words[rightNode * 32 + SIZE] as number),
  )
  return { height, smallest: left.smallest }
}

test('a tree behaves as a sorted map, stays balanced and gives every record and block back', () => {
  fc.assert(
    fc.property(history, (versions) => {
      const tree = new Tree()
      const model = new Map<string, string>()
      versions.forEach((ops, i) => {
        const superseded = tree.version(i + 1, ops)
        freeSuperseded(tree.allocator, superseded)
        for (const { key: k, value } of ops) {
          if (value === undefined) model.delete(k)
          else model.set(k, value)
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        expect(tree.entries()).toEqual(sorted)
        expect(tree.entries('', undefined, true)).toEqual([...sorted].reverse())
        const holders = new Map<number, number>()
        if (tree.root !== 0) inspect(tree, tree.root, holders)
        // Nothing but the latest version is left, so all that is in use must be reachable.
        expect(tree.allocator.nodesInUse).toBe(Math.max(0, 2 * model.size - 1))
        for (const [block, count] of holders) expect(tree.memory.slabWords[block * 2]).toBe(count)
      })
      const all = [...model.keys()].map((k) => ({ key: k, value: undefined }))
      freeSuperseded(tree.allocator, tree.version(versions.length + 1, all))
      expect([tree.root, tree.allocator.nodesInUse, tree.allocator.blockBytesInUse]).toEqual([0, 0, 0])
    }),
    { numRuns: 150 },
  )
})

test('ranges of a cursor are those of a sorted map, both ways', () => {
  const bound = fc.option(key, { nil: undefined })
  fc.assert(
    fc.property(fc.uniqueArray(key), key, bound, fc.boolean(), (keys, start, end, reverse) => {
      const tree = new Tree()
      tree.version(
        1,
        keys.map((k) => ({ key: k, value: 'v' })),
      )
      const expected = keys.filter((k) => k >= start && (end === undefined || k < end))
      expected.sort((a, b) => (a < b ? -1 : 1))
      if (reverse) expected.reverse()
      expect(tree.entries(start, end, reverse).map(([k]) => k)).toEqual(expected)
    }),
  )
})

test('roots depend on the operations alone, not on what was freed, abandoned or kept meanwhile', () => {
  fc.assert(
    fc.property(history, fc.array(op, { maxLength: 30 }), (versions, abandoned) => {
      const plain = new Tree()
      const busy = new Tree()
      const kept: Superseded[] = []
      versions.forEach((ops, i) => {
        plain.version(i + 1, ops)
        // The other tree first tries a version that is then taken back, and frees with a delay of three versions.
        const { root } = busy
        busy.writer.begin(i + 1)
        const before = [busy.allocator.nodesInUse, busy.allocator.blockBytesInUse]
        for (const { key: k, value } of abandoned) busy.root = busy.write(k, value)
        busy.hash()
        busy.writer.journal.abandon([busy.root])
        busy.root = root
        expect([busy.allocator.nodesInUse, busy.allocator.blockBytesInUse]).toEqual(before)

        kept.push(busy.version(i + 1, ops))
        if (kept.length > 3) freeSuperseded(busy.allocator, kept.shift() as Superseded)
        expect(busy.hash()).toBe(plain.hash())
      })
      expect(busy.entries()).toEqual(plain.entries())
    }),
    { numRuns: 100 },
  )
})

test('old versions read the same for as long as they are kept', () => {
  fc.assert(
    fc.property(history, (versions) => {
      const tree = new Tree()
      const seen: { root: number; entries: [string, string][] }[] = []
      versions.forEach((ops, i) => {
        tree.version(i + 1, ops)
        seen.push({ root: tree.root, entries: tree.entries() })
      })
      for (const { root, entries } of seen) {
        tree.root = root
        expect(tree.entries()).toEqual(entries)
      }
    }),
    { numRuns: 50 },
  )
})

test('a search finds exactly the keys that are there', () => {
  const tree = new Tree()
  const keys = Array.from({ length: 500 }, (_, i) => `key ${i * 2}`)
  tree.version(
    1,
    keys.map((k) => ({ key: k, value: `value of ${k}` })),
  )
  const probe = new KeyProbe()
  for (let i = 0; i < 1000; i++) {
    probe.set(`key ${i}`)
    const leaf = findLeaf(tree.memory, tree.root, probe)
    if (i % 2 === 1) expect(leaf).toBe(0)
    else expect(Buffer.from(leafValue(tree.memory, leaf)).toString()).toBe(`value of key ${i}`)
  }
})

test('keys and values beyond their limits are refused by name', () => {
  const tree = new Tree()
  tree.writer.begin(1)
  expect(() => tree.write('k'.repeat(65_536), 'v')).toThrow('key of 65536 bytes: a key has at most 65535')
  const long = new Uint8Array(64 * 1024 * 1024 + 1)
  expect(() => tree.writer.set(0, 'k', long)).toThrow('value of 67108865 bytes')
  expect(tree.allocator.nodesInUse).toBe(0)
})
