import { expect, test } from 'vitest'
import { Quota } from './quota.ts'

let now = 0
const quota = (limit: number, maxKeys = 10) => {
  now = 0
  return new Quota(limit, 1_000, maxKeys, () => now)
}
const taken = { taken: true }

test('a key takes as often as the limit says, and again when its window ends', () => {
  const some = quota(2)
  expect([some.take('a'), some.take('a')]).toEqual([taken, taken])
  now = 400
  expect(some.take('a')).toEqual({ taken: false, wait: 600, full: false })
  expect(some.take('b')).toEqual(taken)
  now = 1_000
  expect(some.take('a')).toEqual(taken)
  // b's window began at 400.
  now = 1_399
  some.take('b')
  expect(some.take('b')).toEqual({ taken: false, wait: 1, full: false })
})

test('what was given back may be taken again, and leaves nothing behind', () => {
  const some = quota(1)
  some.take('a')
  some.giveBack('a')
  some.giveBack('a')
  some.giveBack('never seen')
  expect(some.size).toBe(0)
  expect(some.take('a')).toEqual(taken)
})

test('it remembers no more keys than it may, and forgets none before its time', () => {
  const some = quota(1, 3)
  for (const [at, key] of ['a', 'b', 'c'].entries()) {
    now = at * 100
    some.take(key)
  }
  now = 300
  expect(some.take('d')).toEqual({ taken: false, wait: 700, full: true })
  expect(some.take('a')).toEqual({ taken: false, wait: 700, full: false })
  expect(some.size).toBe(3)
  now = 1_000
  expect(some.take('d')).toEqual(taken)
  expect(some.size).toBe(3)
  now = 10_000
  some.take('e')
  expect(some.size).toBe(1)
})
