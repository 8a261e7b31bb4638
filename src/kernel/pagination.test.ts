import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromByteString, toByteString, utf8 } from '#lib/bytes.ts'
import { openStates } from '../testing/context.ts'
import { keyAsValue, str, tuple, u32, u64 } from './codec.ts'
import { map, set } from './collections.ts'
import { sealPageKey } from './page-key.ts'
import { type PageRequest, paginate } from './pagination.ts'
import { schema } from './schema.ts'

const state = schema('pagination', {
  numbers: map(0, u64, keyAsValue(u32)),
  pairs: set(1, tuple(str, u64)),
  last: set(255, u64),
})
const another = schema('pagination of another', { numbers: map(0, u64, keyAsValue(u32)) })
const { ctx } = openStates([state, another])
for (let i = 1n; i <= 10n; i++) state.numbers.set(ctx, i * 10n, Number(i))
for (const [owner, id] of [
  ['a', 1n],
  ['a', 2n],
  ['b', 3n],
] as const)
  state.pairs.add(ctx, [owner, id])

const source = state.numbers.source({}, (_key, value) => value)
const request = (part: Partial<PageRequest> = {}): PageRequest => ({
  key: new Uint8Array(),
  offset: 0n,
  limit: 0n,
  countTotal: false,
  reverse: false,
  ...part,
})
const page = (part: Partial<PageRequest> = {}) => paginate(ctx, source, request(part))

const changed = (key: Uint8Array): Uint8Array =>
  key.map((byte, i) => (i === key.length - 1 ? byte ^ 1 : byte))

describe('a page', () => {
  test('without a request is the first hundred', () => {
    const { rows, pagination } = paginate(ctx, source, undefined)
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(pagination).toEqual({ nextKey: new Uint8Array(), total: 0n })
  })

  test('ends at its limit and names the next key', () => {
    const first = page({ limit: 4n })
    expect(first.rows).toEqual([1, 2, 3, 4])
    const second = page({ limit: 4n, key: first.pagination.nextKey })
    expect(second.rows).toEqual([5, 6, 7, 8])
    const third = page({ limit: 4n, key: second.pagination.nextKey })
    expect(third.rows).toEqual([9, 10])
    expect(third.pagination.nextKey).toHaveLength(0)
  })

  test('that ends exactly at the end names no next key', () => {
    expect(page({ limit: 10n }).pagination.nextKey).toHaveLength(0)
  })

  test('skips its offset', () => {
    expect(page({ offset: 8n }).rows).toEqual([9, 10])
    expect(page({ offset: 10n }).rows).toEqual([])
    expect(page({ offset: 1_000_000n }).rows).toEqual([])
  })

  test('counts everything if asked, but not from a key on', () => {
    expect(page({ limit: 2n, offset: 3n, countTotal: true }).pagination.total).toBe(10n)
    const { nextKey } = page({ limit: 2n }).pagination
    expect(page({ key: nextKey, countTotal: true }).pagination.total).toBe(0n)
  })

  test('goes backwards, also from a key', () => {
    const first = page({ limit: 3n, reverse: true })
    expect(first.rows).toEqual([10, 9, 8])
    expect(page({ limit: 3n, reverse: true, key: first.pagination.nextKey }).rows).toEqual([7, 6, 5])
  })

  test('walks no further than it must', () => {
    const inner = ctx.with({})
    const before = inner.gasUsed
    paginate(inner, source, request({ limit: 1n }))
    // two entries of 9 bytes key and 4 bytes value: the one shown and the next key
    expect(inner.gasUsed - before).toBe(2 * (30 + 3 * 13))
  })
})

test('pages from key to key add up to the list, in both directions', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 12n }), fc.boolean(), (limit, reverse) => {
      const rows: number[] = []
      let key: Uint8Array = new Uint8Array()
      do {
        const next = page({ limit, reverse, key })
        rows.push(...next.rows)
        key = next.pagination.nextKey
      } while (key.length > 0)
      const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
      expect(rows).toEqual(reverse ? all.reverse() : all)
    }),
  )
})

test('pages of the last prefix of all, which has no end, add up too', () => {
  for (let i = 1n; i <= 3n; i++) state.last.add(ctx, i)
  const ids = state.last.source({}, (_ctx, id) => id)
  for (const [reverse, first, second] of [
    [false, [1n, 2n], [3n]],
    [true, [3n, 2n], [1n]],
  ] as const) {
    const { rows, pagination } = paginate(ctx, ids, request({ limit: 2n, reverse }))
    expect(rows).toEqual(first)
    expect(paginate(ctx, ids, request({ key: pagination.nextKey, reverse })).rows).toEqual(second)
  }
})

test('a page may have a thousand rows, and no more', () => {
  expect(page({ limit: 1_000n }).rows).toHaveLength(10)
})

describe('refused with "invalid request" is', () => {
  test.each<[string, Partial<PageRequest>, string]>([
    ['a key with an offset', { key: utf8('\0x'), offset: 1n }, 'either offset or key is expected, got both'],
    ['a limit above 1,000', { limit: 1_001n }, 'pagination.limit 1001 is above 1000'],
    ['an offset above a million', { offset: 1_000_001n }, 'pagination.offset 1000001 is above 1000000'],
    [
      'a key of another collection',
      { key: Uint8Array.of(1, 2) },
      'pagination.key does not belong to this list',
    ],
    ['a key of no more bytes than its check', { key: new Uint8Array(8) }, 'does not belong to this list'],
    ['a key cut short', { key: page({ limit: 1n }).pagination.nextKey.subarray(0, -1) }, 'does not belong'],
    ['a key changed in its last byte', { key: changed(page({ limit: 1n }).pagination.nextKey) }, 'unchanged'],
  ])('%s', (_name, part, problem) => {
    expect(() => page(part)).toThrow(expect.objectContaining({ codespace: 'sdk', code: 18 }))
    expect(() => page(part)).toThrow(problem)
  })

  test('a key of the same collection under another leading part', () => {
    const of = (owner: string) => state.pairs.source({ prefix: [owner] }, (_ctx, [, id]) => id)
    const { pagination } = paginate(ctx, of('a'), request({ limit: 1n }))
    expect(paginate(ctx, of('a'), request({ key: pagination.nextKey })).rows).toEqual([2n])
    expect(() => paginate(ctx, of('b'), request({ key: pagination.nextKey }))).toThrow('does not belong')
    expect(() => paginate(ctx, of('b'), request({ key: pagination.nextKey, reverse: true }))).toThrow(
      'does not belong',
    )
  })

  test('a key of the same place in a list that is a part of this one, or that this one is a part of', () => {
    const whole = state.pairs.source({}, (_ctx, [, id]) => id)
    const part = state.pairs.source({ prefix: ['a'] }, (_ctx, [, id]) => id)
    const of = (list: typeof whole) => paginate(ctx, list, request({ limit: 1n })).pagination.nextKey
    expect(() => paginate(ctx, whole, request({ key: of(part) }))).toThrow('does not belong')
    expect(() => paginate(ctx, part, request({ key: of(whole) }))).toThrow('does not belong')
  })

  test('a key of another module, with equal prefixes', () => {
    const other = another.numbers.source({}, (_key, value) => value)
    const { nextKey } = page({ limit: 1n }).pagination
    expect(paginate(ctx, source, request({ key: nextKey, limit: 1n })).rows).toEqual([2])
    expect(() => paginate(ctx, other, request({ key: nextKey }))).toThrow('does not belong')
  })
})

test('a key somebody made up stays within its list', () => {
  const of = (owner: string) => state.pairs.source({ prefix: [owner] }, (_ctx, [, id]) => id)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.boolean(), (bytes, reverse) => {
      // The name of the list: its module, and what the keys of owner a begin with.
      const key = fromByteString(sealPageKey('pagination/\x01a\0\x01', toByteString(bytes)))
      for (const id of paginate(ctx, of('a'), request({ key, reverse })).rows) expect([1n, 2n]).toContain(id)
    }),
  )
})
