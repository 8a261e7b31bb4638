import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Params } from '#gen/cosmos/bank/v1beta1/bank.ts'
import { openStates } from '../testing/context.ts'
import { amount, keyAsValue, str, text, tuple, u8, u32, u64 } from './codec.ts'
import { item, map, sequence, set } from './collections.ts'
import { METER } from './context.ts'
import { AssertionError } from './errors.ts'
import { describeState, schema } from './schema.ts'

const state = schema('collections', {
  motto: item(0, text),
  counter: sequence(1),
  fromZero: sequence(2, 0n),
  names: set(3, str),
  balances: map(4, tuple(str, str), amount),
  numbers: map(255, u64, keyAsValue(u32)),
  params: item(5, Params),
})
const other = schema('collectionsOther', { motto: item(0, text) })
const open = () => openStates([other, state]).ctx

describe('an item', () => {
  test('is absent, set, replaced and removed', () => {
    const ctx = open()
    expect(state.motto.get(ctx)).toBeUndefined()
    state.motto.set(ctx, 'one')
    state.motto.set(ctx, 'two')
    expect(state.motto.must(ctx)).toBe('two')
    state.motto.remove(ctx)
    expect(state.motto.get(ctx)).toBeUndefined()
  })

  test('that must be there and is not is a bug', () => {
    expect(() => state.motto.must(open())).toThrow('item 0 (text) was never set')
  })

  test('is given out frozen at every depth, since whoever reads next gets the same', () => {
    const ctx = open()
    state.params.set(ctx, { sendEnabled: [{ denom: 'a', enabled: true }], defaultSendEnabled: true })
    const read = state.params.must(ctx)
    expect(() => Object.assign(read, { defaultSendEnabled: false })).toThrow(TypeError)
    expect(() => read.sendEnabled.push({ denom: 'b', enabled: true })).toThrow(TypeError)
    expect(() => Object.assign(read.sendEnabled[0] as object, { denom: 'b' })).toThrow(TypeError)
    expect(state.params.must(ctx)).toBe(read)
  })

  test('is decoded anew when another chain in the process has another value', () => {
    const [one, two] = [open(), open()]
    state.params.set(one, { sendEnabled: [], defaultSendEnabled: true })
    state.params.set(two, { sendEnabled: [], defaultSendEnabled: false })
    expect(state.params.must(one).defaultSendEnabled).toBe(true)
    expect(state.params.must(two).defaultSendEnabled).toBe(false)
    expect(state.params.must(one).defaultSendEnabled).toBe(true)
  })

  test('of one module is not that of another', () => {
    const ctx = open()
    state.motto.set(ctx, 'mine')
    expect(other.motto.get(ctx)).toBeUndefined()
  })
})

test('a sequence gives each number once, from its first on', () => {
  const ctx = open()
  expect([state.counter.peek(ctx), state.counter.next(ctx), state.counter.next(ctx)]).toEqual([1n, 1n, 2n])
  expect(state.fromZero.next(ctx)).toBe(0n)
  state.counter.set(ctx, 10n)
  expect(state.counter.next(ctx)).toBe(10n)
})

test('a set has what was added and not removed, in order', () => {
  const ctx = open()
  for (const name of ['b', 'a', 'ab', '']) state.names.add(ctx, name)
  state.names.remove(ctx, 'b')
  expect(state.names.has(ctx, 'a')).toBe(true)
  expect(state.names.has(ctx, 'b')).toBe(false)
  expect([...state.names.keys(ctx)]).toEqual(['', 'a', 'ab'])
})

test('a map takes what is new, and leaves what it has as it is', () => {
  const ctx = open()
  expect(state.balances.add(ctx, ['alice', 'a'], 1n)).toBe(true)
  expect(state.balances.add(ctx, ['alice', 'a'], 2n)).toBe(false)
  expect([...state.balances.entries(ctx)]).toEqual([[['alice', 'a'], 1n]])
})

describe('a range of a map', () => {
  const ctx = open()
  for (const [owner, denom, value] of [
    ['a', 'x', 1n],
    ['a', 'y', 2n],
    ['ab', 'x', 3n],
    ['b', 'x', 4n],
  ] as const) {
    state.balances.set(ctx, [owner, denom], value)
  }
  const values = (range: Parameters<typeof state.balances.entries>[1]) =>
    [...state.balances.entries(ctx, range)].map(([, value]) => value)

  test('is everything, both ways', () => {
    expect(values({})).toEqual([1n, 2n, 3n, 4n])
    expect(values({ reverse: true })).toEqual([4n, 3n, 2n, 1n])
  })

  test('holds the keys with a leading part and no neighbours', () => {
    expect(values({ prefix: ['a'] })).toEqual([1n, 2n])
    expect(values({ prefix: ['a'], reverse: true })).toEqual([2n, 1n])
    expect(values({ prefix: ['c'] })).toEqual([])
  })

  test('begins with its first key and ends before its last', () => {
    expect(values({ from: ['a', 'y'] })).toEqual([2n, 3n, 4n])
    expect(values({ to: ['ab', 'x'] })).toEqual([1n, 2n])
    expect(values({ from: ['a', 'y'], to: ['b', 'x'], reverse: true })).toEqual([3n, 2n])
  })

  test('gives keys as they were set', () => {
    expect([...state.balances.entries(ctx, { prefix: ['ab'] })]).toEqual([[['ab', 'x'], 3n]])
    expect(state.balances.has(ctx, ['ab', 'x'])).toBe(true)
    expect(state.balances.get(ctx, ['ab', 'z'])).toBeUndefined()
  })
})

test('the last prefix of all has no end, and its range still has one', () => {
  const ctx = open()
  state.numbers.set(ctx, 2n ** 64n - 1n, 7)
  state.numbers.set(ctx, 0n, 8)
  expect([...state.numbers.entries(ctx)]).toEqual([
    [0n, 8],
    [2n ** 64n - 1n, 7],
  ])
  expect([...state.numbers.entries(ctx, { reverse: true })].map(([key]) => key)).toEqual([2n ** 64n - 1n, 0n])
})

test('removing and adding while walking disturbs nothing', () => {
  const actions = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 40n }), fc.boolean()), {
    maxLength: 40,
    size: 'max',
  })
  const start = fc.uniqueArray(fc.bigInt({ min: 0n, max: 40n }), { maxLength: 30, size: 'max' })
  fc.assert(
    fc.property(start, actions, fc.boolean(), (keys, plan, reverse) => {
      const ctx = open()
      const model = new Set(keys)
      for (const key of keys) state.numbers.set(ctx, key, 0)
      const seen: bigint[] = []
      const todo = [...plan]
      for (const [key] of state.numbers.entries(ctx, { reverse })) {
        // Each key at most once, in order, and there at that moment.
        expect(model.has(key)).toBe(true)
        const last = seen.at(-1)
        if (last !== undefined) expect(reverse ? key < last : key > last).toBe(true)
        seen.push(key)
        const step = todo.pop()
        if (step === undefined) continue
        const [target, add] = step
        if (add) {
          state.numbers.set(ctx, target, 1)
          model.add(target)
        } else {
          state.numbers.remove(ctx, target)
          model.delete(target)
        }
      }
      // Whoever was there from beginning to end was seen.
      const touched = new Set(plan.map(([key]) => key))
      for (const key of keys) if (!touched.has(key)) expect(seen).toContain(key)
    }),
  )
})

test('every entry can be removed while walking over all', () => {
  const ctx = open()
  for (let i = 0n; i < 100n; i++) state.numbers.set(ctx, i, 0)
  let count = 0
  for (const [key] of state.numbers.entries(ctx)) {
    state.numbers.remove(ctx, key)
    count++
  }
  expect(count).toBe(100)
  expect([...state.numbers.entries(ctx)]).toEqual([])
})

describe('gas, as wire.md has it', () => {
  /** Gas of one step. Keys below: prefix byte, then the key; values as encoded. */
  function cost(step: (ctx: ReturnType<typeof open>) => unknown): number {
    const ctx = open()
    state.numbers.set(ctx, 1n, 5) // key 1 + 8, value 4 bytes
    const before = ctx.gasUsed
    step(ctx)
    return ctx.gasUsed - before
  }

  test.each<[string, number, (ctx: ReturnType<typeof open>) => unknown]>([
    ['reading: 1000 + 3 × (9 + 4)', 1_039, (ctx) => state.numbers.get(ctx, 1n)],
    ['reading what is not there: 1000 + 3 × 9', 1_027, (ctx) => state.numbers.get(ctx, 2n)],
    ['asking: 1000', 1_000, (ctx) => state.numbers.has(ctx, 1n)],
    ['writing: 2000 + 30 × (9 + 4)', 2_390, (ctx) => state.numbers.set(ctx, 1n, 6)],
    ['adding what is new: 1000 + 2000 + 30 × (9 + 4)', 3_390, (ctx) => state.numbers.add(ctx, 2n, 6)],
    ['adding what is there: 1000', 1_000, (ctx) => state.numbers.add(ctx, 1n, 6)],
    ['removing: 1000', 1_000, (ctx) => state.numbers.remove(ctx, 1n)],
    // one entry: 30 + 3 × (9 + 4); the end: 30
    ['walking one entry and to the end', 99, (ctx) => [...state.numbers.entries(ctx)]],
    // read 1000 + 3 × 1, write 2000 + 30 × (1 + 8)
    ['a number of a sequence', 3_273, (ctx) => state.counter.next(ctx)],
  ])('%s', (_name, gas, step) => {
    expect(cost(step)).toBe(gas)
  })

  test('what is consumed stays consumed when the limit is passed', () => {
    const { ctx } = openStates([state], {})
    const limited = ctx.with({ meter: new (ctx[METER].constructor as new (l: number) => never)(1_500) })
    expect(() => state.motto.set(limited, 'x')).toThrow(
      'out of gas in location: WriteFlat; gasWanted: 1500, gasUsed: 2060: out of gas',
    )
    expect(limited.gasUsed).toBe(2_060) // 2000 + 30 × (1 + 1)
    expect(limited[METER].remaining).toBe(0)
    expect(state.motto.get(ctx)).toBeUndefined()
  })
})

describe('a schema', () => {
  test('refuses two collections with one prefix', () => {
    expect(() => schema('twice', { a: item(1, text), b: set(1, str) })).toThrow(
      'twice.b: prefix 1 already belongs to twice.a',
    )
  })

  test('refuses a collection that belongs to another', () => {
    const shared = item(0, text)
    schema('first', { shared })
    expect(() => schema('second', { shared })).toThrow('a collection of second already belongs to first')
  })

  test.each([-1, 256, 1.5])('refuses %s as a prefix', (prefix) => {
    expect(() => item(prefix, text)).toThrow(`prefix ${prefix} is not a byte`)
  })

  test('is out of reach in a chain without its module', () => {
    const { ctx } = openStates([other])
    expect(() => state.motto.get(ctx)).toThrow(AssertionError)
    expect(() => state.motto.get(ctx)).toThrow('module collections is not part of this chain')
  })

  test('describes itself by prefix', () => {
    const small = schema('small', { second: map(9, u8, text), first: item(3, text) })
    expect(describeState(small)).toEqual([
      { field: 'first', prefix: 3, kind: 'item', key: '', value: 'text' },
      { field: 'second', prefix: 9, kind: 'map', key: 'u8', value: 'text' },
    ])
  })
})
