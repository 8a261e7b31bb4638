import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Allocator, blockClass, classGranules } from './allocator.ts'
import { FlatIndex } from './flat-index.ts'
import { TreeWriter } from './iavl.ts'
import { allocateMemory } from './memory.ts'

function leaves() {
  const memory = allocateMemory()
  const writer = new TreeWriter(new Allocator(memory))
  writer.begin(1)
  // Each leaf is a tree of its own: only the record matters.
  const leafOf = (key: string) => {
    writer.set(0, key, Buffer.alloc(0))
    return writer.leaf
  }
  return { memory, leafOf }
}

test('an index behaves as a map, whatever is set, replaced and deleted', () => {
  const key = fc.oneof(
    fc.string({ unit: fc.constantFrom('\0', 'a', '\xff'), maxLength: 4 }),
    fc.nat(30).map((n) => `a key longer than sixteen bytes ${n}`),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 200 }), (steps) => {
      const { memory, leafOf } = leaves()
      const index = new FlatIndex(memory)
      const model = new Map<string, number>()
      for (const [k, keep] of steps) {
        if (keep) {
          const leaf = leafOf(k)
          index.update(k, model.get(k) ?? 0, leaf)
          model.set(k, leaf)
        } else {
          index.update(k, model.get(k) ?? 0, 0)
          model.delete(k)
        }
        expect(index.size).toBe(model.size)
        for (const [each] of steps) expect(index.get(each)).toBe(model.get(each) ?? 0)
      }
    }),
    { numRuns: 60 },
  )
})

test.each([false, true])(
  'a hundred thousand keys cost at most 11 bytes each (room made before: %s)',
  (reserved) => {
    const { memory, leafOf } = leaves()
    const index = new FlatIndex(memory)
    if (reserved) index.reserve(100_000)
    const keys = Array.from({ length: 100_000 }, (_, i) =>
      createHash('sha256').update(String(i)).digest('binary'),
    )
    const expected = keys.map((key) => leafOf(key))
    keys.forEach((key, i) => {
      index.update(key, 0, expected[i] as number)
    })
    expect(keys.map((key) => index.get(key))).toEqual(expected)
    expect(index.get('none of them')).toBe(0)
    expect(index.size).toBe(100_000)
    expect(index.byteLength).toBeLessThanOrEqual(1_100_000)
  },
)

test('keys that come and go leave no room behind', () => {
  const { memory, leafOf } = leaves()
  const index = new FlatIndex(memory)
  const pool = Array.from({ length: 300 }, (_, i) => `key ${i}`)
  const made = pool.map(leafOf)
  let first = 0
  for (let round = 0; round < 30; round++) {
    pool.forEach((key, i) => {
      index.update(key, 0, made[i] as number)
    })
    pool.forEach((key, i) => {
      index.update(key, made[i] as number, 0)
    })
    first ||= index.byteLength
  }
  expect([index.size, index.byteLength]).toEqual([0, first])
})

test('block classes hold what they are asked for and waste at most a quarter', () => {
  for (let bytes = 0; bytes < 100_000; bytes += bytes < 5000 ? 1 : 97) {
    const room = classGranules(blockClass(bytes)) * 8
    expect(room).toBeGreaterThanOrEqual(bytes)
    expect(room).toBeLessThanOrEqual(Math.max(8, Math.ceil(bytes / 8) * 8 * 1.25))
    // The next smaller class would not do.
    if (blockClass(bytes) > 1) expect(classGranules(blockClass(bytes) - 1) * 8).toBeLessThan(bytes)
  }
})

test('an index that is told what to expect still finds what it holds, and no more', () => {
  const memory = allocateMemory()
  const allocator = new Allocator(memory)
  const index = new FlatIndex(memory)
  const writer = new TreeWriter(allocator)
  writer.begin(1)
  const keys = Array.from({ length: 300 }, (_, i) => `key number ${i}`)
  let root = 0
  for (const [i, key] of keys.entries()) {
    root = writer.set(root, key, new Uint8Array(1))
    index.update(key, 0, writer.leaf)
    if (i === 100) index.expect(10) // no more than it has room for anyway
    if (i === 200) index.expect(100_000)
  }
  expect(index.size).toBe(300)
  expect(keys.every((key) => index.get(key) !== 0)).toBe(true)
  expect(new Set(keys.map((key) => index.get(key))).size).toBe(300)
  expect(index.get('key number 300')).toBe(0)
})
