import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteString, StoreChanges } from '../kernel/kv.ts'
import { Allocator } from './allocator.ts'
import { TreeWriter } from './iavl.ts'
import { hashNode } from './iavl-hash.ts'
import { KeyProbe, recordKey } from './key-probe.ts'
import { createLeaf } from './leaf.ts'
import { sortLeaves } from './leaf-order.ts'
import { allocateMemory, HEIGHT_MASK, KEY, LEFT, META, RIGHT, SIZE, VERSION } from './memory.ts'
import { MultiStore } from './multistore.ts'
import { freeTree, TreeBuilder } from './tree-builder.ts'
import { leafValue } from './walk.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString('latin1')

// Keys of 0 to 40 bytes that share beginnings of every length, zero bytes included.
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('\0', 'a', '\xff'), maxLength: 6 }),
  fc
    .tuple(fc.constantFrom('', 'four', 'sixteen bytes...', 'fifteen bytes..'), fc.string({ maxLength: 2 }))
    .map(([a, b]) => a + b.replaceAll(/[^\0-\xff]/g, '')),
  fc.nat(200).map((n) => `a longer key than fits in a record ${n}`),
)
const value = fc.string({ maxLength: 20 }).map((each) => each.replaceAll(/[^\0-\xff]/g, ''))

class Trees {
  readonly memory = allocateMemory()
  readonly allocator = new Allocator(this.memory)

  leaf(key: ByteString, content: string): number {
    const probe = new KeyProbe()
    probe.set(key)
    this.allocator.reserveNodes(1)
    return createLeaf(this.allocator, probe, bytes(content), 1, 0)
  }

  /** Everything the format of the tree says of a node, and how many hold its key. */
  shape(node: number): unknown {
    const { words, slabWords } = this.memory
    const at = node * 32
    const height = ((words[at + META] as number) & HEIGHT_MASK) >> 16
    const own = {
      height,
      key: recordKey(this.memory, node),
      version: words[at + VERSION],
      size: words[at + SIZE],
      holders: slabWords[(words[at + KEY] as number) * 2],
      hash: hashNode(this.memory, node),
    }
    if (height === 0) return { ...own, value: text(leafValue(this.memory, node)) }
    const [left, right] = [LEFT, RIGHT].map((child) => this.shape(words[at + child] as number))
    return { ...own, left, right }
  }
}

describe('a tree built over sorted leaves', () => {
  test('of 1 to 100 keys, and of 1,000, is that of setting them in this order, node for node', () => {
    for (const count of [...Array.from({ length: 100 }, (_, i) => i + 1), 1_000]) {
      const keys = Array.from({ length: count }, (_, i) => `key ${String(i).padStart(4, '0')}`)
      const built = new Trees()
      const leaves = Int32Array.from(keys, (each) => built.leaf(each, `value of ${each}`))
      const builder = new TreeBuilder(built.allocator)
      const root = builder.build(leaves, 7)

      const grown = new Trees()
      const writer = new TreeWriter(grown.allocator)
      writer.begin(7)
      let other = 0
      for (const each of keys) other = writer.set(other, each, bytes(`value of ${each}`))
      const hash = hashNode(grown.memory, other)

      expect(builder.hash).toBe(hash)
      expect(built.shape(root)).toEqual(grown.shape(other))
    }
  })

  test('gives everything back when it is freed', () => {
    const trees = new Trees()
    const leaves = Int32Array.from(['a', 'b', 'c'], (each) => trees.leaf(each, each))
    freeTree(trees.allocator, new TreeBuilder(trees.allocator).build(leaves, 1))
    expect([trees.allocator.nodesInUse, trees.allocator.blockBytesInUse]).toEqual([0, 0])
  })
})

test('leaves are put in the order of their keys, whatever these have in common', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 60 }), (keys) => {
      const trees = new Trees()
      const leaves = Int32Array.from(keys, (each) => trees.leaf(each, ''))
      sortLeaves(trees.memory, leaves)
      expect([...leaves].map((leaf) => recordKey(trees.memory, leaf))).toEqual(
        keys.toSorted((a, b) => (a < b ? -1 : 1)),
      )
    }),
  )
})

type Op = readonly [ByteString, string | undefined]
const op: fc.Arbitrary<Op> = fc.tuple(key, fc.option(value, { nil: undefined, freq: 3 }))

function sorted(ops: readonly Op[]): StoreChanges {
  const entries = [...new Map(ops)].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    keys: entries.map(([each]) => each),
    values: entries.map(([, each]) => (each?.length === undefined ? undefined : bytes(each))),
  }
}

function walked(store: MultiStore, start: ByteString, end: ByteString | undefined, reverse: boolean) {
  const cursor = store.iterate(0, start, end, reverse)
  const found: (readonly [ByteString, string | undefined])[] = []
  while (cursor.next()) found.push([cursor.key, text(cursor.value)])
  return found
}

describe('a foundation', () => {
  test('reads as a sorted map does, and gives the version that its entries give as changes', () => {
    const range = fc.record({ start: key, end: fc.option(key, { nil: undefined }), reverse: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(op, { maxLength: 60 }),
        fc.array(op, { maxLength: 20 }),
        range,
        (laid, block, r) => {
          const store = new MultiStore(['a', 'b'])
          const ground = store.foundation()
          const model = new Map<ByteString, string>()
          for (const [i, [at, content]] of laid.entries()) {
            // What was looked for before, here or elsewhere, must not matter.
            const asked = laid[(i * 7) % laid.length]?.[0] ?? ''
            expect(ground.has(0, asked)).toBe(model.has(asked))
            if (i % 2 === 0) expect(text(store.get(0, at))).toBe(model.get(at))
            if (content === undefined) ground.delete(0, at)
            else ground.set(0, at, bytes(content))
            if (content === undefined) model.delete(at)
            else model.set(at, content)
            expect([ground.has(0, at), text(store.get(0, at))]).toEqual([content !== undefined, content])
          }
          const all = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
          const within = all.filter(([at]) => at >= r.start && (r.end === undefined || at < r.end))
          expect(walked(store, r.start, r.end, r.reverse)).toEqual(r.reverse ? within.toReversed() : within)

          const plain = new MultiStore(['a', 'b'])
          const expected = plain.prepare(1, [sorted([...model, ...block])])
          expect(store.prepare(1, [sorted(block)])).toEqual(expected)
          expect(walked(store, '', undefined, false)).toEqual(all) // not yet published
          store.publish()
          plain.publish()
          expect(walked(store, '', undefined, false)).toEqual(walked(plain, '', undefined, false))
          for (const [at] of [...laid, ...block]) expect(store.get(0, at)).toEqual(plain.get(0, at))
          expect(store.allocator.nodesInUse).toBe(plain.allocator.nodesInUse)
          expect(store.allocator.blockBytesInUse).toBe(plain.allocator.blockBytesInUse)
        },
      ),
    )
  })

  test('sees what is written ahead of a walk, and nothing of what is removed there', () => {
    const ground = new MultiStore(['a']).foundation()
    for (const each of ['a', 'c', 'e', 'g']) ground.set(0, each, bytes(each))
    const cursor = ground.iterate(0, '', undefined, false)
    const seen: ByteString[] = []
    while (cursor.next()) {
      seen.push(cursor.key)
      if (cursor.key === 'c') {
        ground.set(0, 'd', bytes('d'))
        ground.set(0, 'b', bytes('b'))
        ground.delete(0, 'c')
        ground.delete(0, 'e')
      }
    }
    expect(seen).toEqual(['a', 'c', 'd', 'g'])
  })

  test.each([[false], [true]])('is gone after discard, with all it took (prepared: %s)', (prepared) => {
    const store = new MultiStore(['a', 'b'])
    for (const round of ['first', 'again']) {
      const ground = store.foundation()
      for (let i = 0; i < 50; i++) ground.set(1, `key ${i}`, bytes(round))
      ground.delete(1, 'key 3')
      if (prepared)
        store.prepare(1, [undefined, { keys: ['key 4', 'key 5'], values: [bytes('x'), undefined] }])
      store.discard()
      expect(store.get(1, 'key 1')).toBeUndefined()
      expect(walked(store, '', undefined, false)).toEqual([])
      expect([store.allocator.nodesInUse, store.allocator.blockBytesInUse]).toEqual([0, 0])
    }
  })

  test('is laid before the first version only', () => {
    const store = new MultiStore(['a'])
    store.prepare(1, [])
    expect(() => store.foundation()).toThrow('before the first version')
    store.publish()
    expect(() => store.foundation()).toThrow('before the first version')
  })
})
