import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openStates } from '../testing/context.ts'
import { keyAsValue, str, tuple, u8, u64, type ValueCodec } from './codec.ts'
import { paginate } from './pagination.ts'
import { describeState, schema } from './schema.ts'
import { index, multiIndex, table, uniqueIndex } from './table.ts'

interface Row {
  readonly id: bigint
  readonly owner: string
  readonly slug: string
  readonly tags: readonly number[]
}

const packed = keyAsValue(tuple(u64, str, str, str))
const row: ValueCodec<Row> = {
  name: 'Row',
  encode: ({ id, owner, slug, tags }) => packed.encode([id, owner, slug, tags.join(',')]),
  decode: (data) => {
    const [id, owner, slug, tags] = packed.decode(data)
    return { id, owner, slug, tags: tags === '' ? [] : tags.split(',').map(Number) }
  },
}

const state = schema('table', {
  rows: table(0, row, {
    key: [(r) => r.id, u64],
    indexes: {
      owner: index(1, (r) => r.owner, str),
      slug: uniqueIndex(2, (r) => (r.slug === '' ? undefined : r.slug), str),
      tag: multiIndex(3, (r) => r.tags, u8),
    },
  }),
  plain: table(4, row, { key: [(r) => [r.owner, r.id], tuple(str, u64)] }),
})
const { rows } = state
const open = () => openStates([state])
const make = (id: bigint, owner: string, slug = '', tags: readonly number[] = []): Row => ({
  id,
  owner,
  slug,
  tags,
})
const ids = (found: Iterable<Row>) => [...found].map(({ id }) => id)

describe('a table', () => {
  test('gives rows by key and by index, and forgets them in both', () => {
    const { ctx } = open()
    rows.put(ctx, make(2n, 'bob', 'b', [1, 2]))
    rows.put(ctx, make(1n, 'bob', 'a', [2]))
    expect(ids(rows.all(ctx))).toEqual([1n, 2n])
    expect(ids(rows.all(ctx, { reverse: true }))).toEqual([2n, 1n])
    expect(ids(rows.where(ctx, 'owner', 'bob'))).toEqual([1n, 2n])
    expect(ids(rows.where(ctx, 'owner', 'bob', true))).toEqual([2n, 1n])
    expect(ids(rows.where(ctx, 'tag', 2))).toEqual([1n, 2n])
    expect(rows.find(ctx, 'slug', 'b')?.id).toBe(2n)
    rows.remove(ctx, 2n)
    rows.remove(ctx, 2n)
    expect(rows.has(ctx, 2n)).toBe(false)
    expect(rows.find(ctx, 'slug', 'b')).toBeUndefined()
    expect(ids(rows.where(ctx, 'tag', 1))).toEqual([])
  })

  test('moves a row in its indexes when it changes', () => {
    const { ctx } = open()
    rows.put(ctx, make(1n, 'alice', 'a', [1, 2]))
    rows.put(ctx, make(1n, 'bob', '', [2, 3]))
    expect(ids(rows.where(ctx, 'owner', 'alice'))).toEqual([])
    expect(ids(rows.where(ctx, 'owner', 'bob'))).toEqual([1n])
    expect(rows.find(ctx, 'slug', 'a')).toBeUndefined()
    expect([1, 2, 3].map((tag) => ids(rows.where(ctx, 'tag', tag)).length)).toEqual([0, 1, 1])
    expect(rows.inconsistency(ctx)).toBeUndefined()
  })

  test('counts a key that a row names twice once', () => {
    const { ctx } = open()
    rows.put(ctx, make(1n, 'alice', '', [5, 5]))
    expect(ids(rows.where(ctx, 'tag', 5))).toEqual([1n])
  })

  test('halts at a second row under a unique key, and lets the first be written again', () => {
    const { ctx } = open()
    rows.put(ctx, make(1n, 'alice', 'a'))
    rows.put(ctx, make(1n, 'bob', 'a'))
    expect(() => rows.put(ctx, make(2n, 'bob', 'a'))).toThrow(
      'unique index 2 of table 0 has that key already',
    )
  })

  test('has ranges by leading parts of its key', () => {
    const { ctx } = open()
    for (const [id, owner] of [
      [1n, 'a'],
      [2n, 'a'],
      [3n, 'ab'],
    ] as const)
      state.plain.put(ctx, make(id, owner))
    expect(ids(state.plain.all(ctx, { prefix: ['a'] }))).toEqual([1n, 2n])
    expect(state.plain.get(ctx, ['ab', 3n])?.owner).toBe('ab')
    expect(paginate(ctx, state.plain.source({ prefix: ['a'] }), undefined).rows.length).toBe(2)
  })

  test('pages over the rows of one index key', () => {
    const { ctx } = open()
    for (let id = 1n; id <= 5n; id++) rows.put(ctx, make(id, id % 2n === 0n ? 'even' : 'odd'))
    const request = { key: new Uint8Array(), offset: 1n, limit: 1n, countTotal: true, reverse: false }
    const page = paginate(ctx, rows.sourceWhere('owner', 'odd'), request)
    expect(ids(page.rows)).toEqual([3n])
    expect(page.pagination.total).toBe(3n)
  })

  test('occupies a prefix for itself and one for each index', () => {
    expect(describeState(state).map(({ prefix, kind, key }) => `${prefix} ${kind} ${key}`)).toEqual([
      '0 table u64',
      '1 index (str, u64)',
      '2 index (str, u64)',
      '3 index (u8, u64)',
      '4 table (str, u64)',
    ])
  })
})

test('an index agrees with its table, whatever is put and removed', () => {
  const anyRow = fc.record({
    id: fc.bigInt({ min: 0n, max: 8n }),
    owner: fc.constantFrom('a', 'b', 'a\0', ''),
    tags: fc.array(fc.nat(4), { maxLength: 4 }),
  })
  const steps = fc.array(fc.tuple(anyRow, fc.boolean()), { maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(steps, (plan) => {
      const { ctx } = open()
      const model = new Map<bigint, Row>()
      for (const [{ id, owner, tags }, put] of plan) {
        const made = make(id, owner, `slug ${id}`, tags)
        if (put) {
          rows.put(ctx, made)
          model.set(id, made)
        } else {
          rows.remove(ctx, id)
          model.delete(id)
        }
      }
      expect(rows.inconsistency(ctx)).toBeUndefined()
      const sorted = [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
      expect([...rows.all(ctx)]).toEqual(sorted)
      for (const owner of ['a', 'b', 'a\0', '']) {
        expect([...rows.where(ctx, 'owner', owner)]).toEqual(sorted.filter((each) => each.owner === owner))
      }
      for (let tag = 0; tag <= 4; tag++) {
        expect([...rows.where(ctx, 'tag', tag)]).toEqual(sorted.filter(({ tags }) => tags.includes(tag)))
      }
    }),
  )
})

describe('an inconsistency is found', () => {
  const fill = () => {
    const opened = open()
    rows.put(opened.ctx, make(1n, 'alice', 'a', [1]))
    return opened
  }
  // keys: prefix byte, index key ended by 00 01, the row's own key
  const entry = '\x01alice\0\x01\0\0\0\0\0\0\0\x01'

  test('when an entry is missing', () => {
    const { ctx, store } = fill()
    store.delete(0, entry)
    expect(rows.inconsistency(ctx)).toBe('a row is missing in index owner')
  })

  test('when an entry is too many', () => {
    const { ctx, store } = fill()
    store.set(0, '\x03\x09\0\0\0\0\0\0\0\x01', new Uint8Array())
    expect(rows.inconsistency(ctx)).toBe('4 index entries where 3 are due')
  })

  test('when an entry names a row that is not there, which halts whoever follows it', () => {
    const { ctx, store } = fill()
    store.set(0, '\x01bob\0\x01\0\0\0\0\0\0\0\x07', new Uint8Array())
    expect(() => ids(rows.where(ctx, 'owner', 'bob'))).toThrow(
      'an index of table 0 names a row that is not there',
    )
  })
})

test('an index that the table does not have is a bug', () => {
  const { ctx } = open()
  expect(() => [...rows.where(ctx, 'nobody' as 'owner', 'x')]).toThrow('table 0 has no index nobody')
})
