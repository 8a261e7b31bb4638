import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlotCache, slotOf } from './slot-cache.ts'

test('what is found under a key is what was last put there, however few slots there are', () => {
  const entries = fc.array(fc.tuple(fc.string({ maxLength: 6 }), fc.string()), { maxLength: 50 })
  fc.assert(
    fc.property(entries, fc.constantFrom(1, 4, 64), (pairs, slots) => {
      const cache = new SlotCache(slots)
      const latest = new Map<string, string>()
      for (const [key, value] of pairs) {
        cache.set(key, value)
        latest.set(key, value)
        expect(cache.get(key)).toBe(value)
        for (const [other, known] of latest) expect([undefined, known]).toContain(cache.get(other))
      }
    }),
  )
})

test('an empty cache holds nothing, not even under the empty key', () => {
  expect(new SlotCache(8).get('')).toBeUndefined()
})

test('a slot lies within the cache, and keys that end differently mostly have others', () => {
  const slots = new Set(
    Array.from({ length: 1_000 }, (_, i) => slotOf(`wadi1${i}`.padEnd(40, 'x') + i, 4_096)),
  )
  expect(Math.max(...slots)).toBeLessThan(4_096)
  expect(slots.size).toBeGreaterThan(800)
})
