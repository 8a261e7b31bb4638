import { expect, test } from 'vitest'
import { QueryCounts } from './query-counts.ts'

const METHODS = [
  '/cosmos.bank.v1beta1.Query/Balance',
  '/cosmos.bank.v1beta1.Query/AllBalances',
  '/wadi.v1.Query/A',
]

/** What another thread sees: class, how many, how many failed. */
function seen(counts: QueryCounts) {
  const reader = new QueryCounts(counts.shared)
  return reader.classes().map(({ name, seconds, failures }) => [name, seconds.cumulative().at(-1), failures])
}

test('queries are counted by service, and what is no method by its kind', async () => {
  const counts = QueryCounts.of(METHODS)
  expect(seen(counts)).toEqual([])
  expect(counts.measure('/cosmos.bank.v1beta1.Query/Balance', () => 7)).toBe(7)
  counts.measure('/cosmos.bank.v1beta1.Query/AllBalances', () => 7)
  await counts.measure('/wadi.v1.Query/A', async () => 7)
  for (const path of ['/store/bank/key', 'store/auth/key', '/app/version', '/p2p/filter/id/x']) {
    counts.measure(path, () => 7)
  }
  expect(seen(counts)).toEqual([
    ['cosmos.bank.v1beta1.Query', 2, 0],
    ['wadi.v1.Query', 1, 0],
    ['store', 2, 0],
    ['app', 1, 0],
    ['p2p', 1, 0],
  ])
})

test('whatever strangers ask for, there is no class more', () => {
  const counts = QueryCounts.of(METHODS)
  for (let i = 0; i < 1_000; i++) counts.measure(`/made.up.${i}/Method`, () => i)
  for (const path of ['', '/', '//', 'unknown', '__proto__', '/constructor/x']) counts.measure(path, () => 0)
  expect(seen(counts)).toEqual([['unknown', 1_006, 0]])
})

test('errors reach the asker and count as failures, at once or later', async () => {
  const counts = QueryCounts.of(METHODS)
  const fail = () => {
    throw new RangeError('no')
  }
  expect(() => counts.measure('/wadi.v1.Query/A', fail)).toThrow(RangeError)
  await expect(counts.measure('/wadi.v1.Query/A', async () => fail())).rejects.toThrow(RangeError)
  expect(seen(counts)).toEqual([['wadi.v1.Query', 2, 2]])
})
