import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LruMap } from './lru.ts'

test('the most recently used half of the capacity is always there, and never more than the capacity', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 12 })), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 10 }), steps, (capacity, moves) => {
      const map = new LruMap<number, string>(capacity)
      const recent: number[] = []
      for (const [write, key] of moves) {
        const found = map.get(key)
        const promised = recent.slice(0, Math.floor(capacity / 2)).includes(key)
        if (promised) expect(found).toBe(`v${key}`)
        if (found === undefined && !write) continue
        if (write) map.set(key, `v${key}`)
        if (recent.includes(key)) recent.splice(recent.indexOf(key), 1)
        recent.unshift(key)
        expect(map.size).toBeLessThanOrEqual(capacity)
      }
    }),
  )
})

test('a value may be undefined or replaced, and all may be cleared', () => {
  const map = new LruMap<string, number | undefined>(4)
  map.set('a', undefined)
  map.set('a', 1)
  map.set('a', 2)
  expect(map.get('a')).toBe(2)
  expect(map.size).toBe(1)
  map.clear()
  expect(map.get('a')).toBeUndefined()
  expect(map.size).toBe(0)
})

test('where entries are weighed, the sum of what is held stays within the capacity', () => {
  const step = fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 10 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = new LruMap<number, number>(20, (weight) => weight)
      for (const [key, weight] of steps) {
        map.set(key, weight)
        expect(map.get(key)).toBe(weight)
      }
      const held = Array.from({ length: 13 }, (_, key) => map.get(key) ?? 0)
      expect(held.reduce((sum, weight) => sum + weight, 0)).toBeLessThanOrEqual(20)
    }),
    { numRuns: 1_000 },
  )
})

test('an entry that is replaced by a heavier one counts as the heavier one', () => {
  const map = new LruMap<number, number>(20, (weight) => weight)
  for (const [key, weight] of [
    [5, 5],
    [0, 6],
    [4, 1],
    [4, 10],
  ] as const)
    map.set(key, weight)
  // 5 + 6 + 10 = 21 is more than 20, so the two oldest cannot both be there.
  expect([5, 0].filter((key) => map.get(key) !== undefined).length).toBeLessThan(2)
  expect(map.get(4)).toBe(10)
})

test('an entry that was deleted is gone, from whichever generation, and its weight with it', () => {
  const map = new LruMap<number, number>(20, (weight) => weight)
  map.set(1, 6)
  map.set(2, 6)
  // 6 + 6 is more than the half of 20: the first has grown old.
  for (const key of [1, 2])
    expect([map.delete(key), map.delete(key), map.get(key)]).toEqual([true, false, undefined])
  map.set(3, 5)
  map.set(4, 5)
  expect([3, 4].map((key) => map.get(key))).toEqual([5, 5])
  expect(map.size).toBe(2)
})

test('a capacity below 2 is refused', () => {
  expect(() => new LruMap(1)).toThrow(RangeError)
})
