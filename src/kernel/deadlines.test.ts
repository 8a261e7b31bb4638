import { describe, expect, test } from 'vitest'
import { Overlay } from '../store/overlay.ts'
import { openStates } from '../testing/context.ts'
import { keyAsValue, str, u32, u64 } from './codec.ts'
import { map } from './collections.ts'
import type { BlockContext } from './context.ts'
import { type DeadlineBudget, deadlines, runDeadlines } from './deadlines.ts'
import { AssertionError, assert, errors } from './errors.ts'
import type { ReadStore } from './kv.ts'
import { defineModule, timer } from './module.ts'
import { describeState, schema } from './schema.ts'

const err = errors('deadlinesTest', { broken: [2, 'the item is broken'] })
const state = schema('deadlinesTest', {
  done: map(0, str, keyAsValue(u32)),
  work: deadlines(1, str),
  other: deadlines(2, u64),
})
let order: string[] = []

/** Items are named after what they do. */
function work(ctx: BlockContext, key: string): void {
  order.push(key)
  state.done.set(ctx, key, order.length)
  ctx.emitRaw('done', ['key', key])
  if (key.startsWith('broken')) throw err.broken(key)
  if (key.startsWith('bug')) assert(false, 'a promise is broken')
  if (key.startsWith('typo')) (undefined as unknown as string[]).push('')
  if (key.startsWith('greedy')) for (;;) ctx.consumeGas(1_000, 'greed')
  if (key.startsWith('again')) state.work.schedule(ctx, ctx.height + 2n, key)
  if (key.startsWith('now')) state.work.schedule(ctx, ctx.height, 'spawned')
}

const first = defineModule({ name: 'first', version: 1, state, timers: [timer(state.work, work)] })
const second = defineModule({
  name: 'second',
  version: 1,
  timers: [timer(state.other, (_ctx, key) => void order.push(`other ${key}`))],
})
const idle = defineModule({ name: 'idle', version: 1 })
const BUDGET: DeadlineBudget = { items: 100, gas: 1_000_000, itemGas: 100_000 }

function open(height = 10n) {
  order = []
  const { ctx, store } = openStates([state], { height })
  const run = (budget: Partial<DeadlineBudget> = {}, at = height) =>
    runDeadlines(ctx.with({ height: at }), [first, idle, second], { ...BUDGET, ...budget }, store)
  return { ctx, store, run }
}

describe('items run', () => {
  test('when they are due, by height and then by key', () => {
    const { ctx, run } = open()
    for (const [height, key] of [
      [10n, 'c'],
      [9n, 'z'],
      [10n, 'b'],
      [11n, 'a'],
    ] as const)
      state.work.schedule(ctx, height, key)
    expect(run()).toBe(3)
    expect(order).toEqual(['z', 'b', 'c'])
    expect([...state.work.pending(ctx)]).toEqual([[11n, 'a']])
    expect(run({}, 11n)).toBe(1)
    expect([...state.work.pending(ctx)]).toEqual([])
    expect(run({}, 12n)).toBe(0)
  })

  test('across modules by height, modules in chain order within one', () => {
    const { ctx, run } = open()
    state.other.schedule(ctx, 9n, 1n)
    state.other.schedule(ctx, 10n, 2n)
    state.work.schedule(ctx, 10n, 'a')
    run()
    expect(order).toEqual(['other 1', 'a', 'other 2'])
  })

  test('not when they were cancelled', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'a')
    state.work.cancel(ctx, 10n, 'a')
    expect(run()).toBe(0)
  })

  test('once, and may set themselves again', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'again')
    expect(run()).toBe(1)
    expect([...state.work.pending(ctx)]).toEqual([[12n, 'again']])
  })

  test('in the same block when an item sets them due now', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'now')
    expect(run()).toBe(2)
    expect(order).toEqual(['now', 'spawned'])
  })
})

describe('the budget', () => {
  test('of items leaves the rest to the next block', () => {
    const { ctx, run } = open()
    for (const key of ['a', 'b', 'c']) state.work.schedule(ctx, 10n, key)
    expect(run({ items: 2 })).toBe(2)
    expect(run({ items: 2 }, 11n)).toBe(1)
    expect(order).toEqual(['a', 'b', 'c'])
  })

  test('of gas starts no item that could not use all that one may', () => {
    const { ctx, run } = open()
    for (const key of ['a', 'b', 'c']) state.work.schedule(ctx, 10n, key)
    // One item writes 'a' 00 01 under prefix 0 (4 bytes) with 4 bytes: 2000 + 30 × 8 = 2240 gas.
    expect(run({ gas: 100_000 + 2_239 })).toBe(1)
    expect(run({ gas: 100_000 + 2_240 })).toBe(2)
    expect([...state.work.failed(ctx)]).toEqual([])
  })
})

describe('an item that fails with a named error', () => {
  test('is reverted and parked, its events with it, and the others run', () => {
    const { ctx, store } = open()
    for (const key of ['a', 'broken', 'c']) state.work.schedule(ctx, 10n, key)
    const block = ctx.with({ height: 10n })
    expect(runDeadlines(block, [first], BUDGET, store)).toBe(3)
    expect([...state.done.entries(ctx)].map(([key]) => key)).toEqual(['a', 'c'])
    expect(block.takeEvents().map(({ attributes }) => attributes[1])).toEqual(['a', 'c'])
    const failure = { height: 10n, codespace: 'deadlinesTest', code: 2 }
    expect([...state.work.failed(ctx)]).toEqual([['broken', failure]])
    expect(state.work.failure(ctx, 'broken')).toEqual(failure)
    expect(state.work.failure(ctx, 'a')).toBeUndefined()
  })

  test('does not stand among those that wait', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'broken')
    run()
    expect([...state.work.pending(ctx)]).toEqual([])
    expect(state.work.next(ctx, 99n)).toBeUndefined()
    expect(run({}, 11n)).toBe(0)
  })

  test('waits again when it is retried, and only then', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'broken')
    run()
    expect(state.work.retry(ctx, 'never failed')).toBe(false)
    expect(state.work.retry(ctx, 'broken')).toBe(true)
    expect([...state.work.failed(ctx)]).toEqual([])
    expect([...state.work.pending(ctx)]).toEqual([[10n, 'broken']])
    expect(run({}, 11n)).toBe(1)
    expect(state.work.failure(ctx, 'broken')?.height).toBe(11n)
  })

  test('for want of gas is parked with code 11 and used no more than one may', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'greedy')
    state.work.schedule(ctx, 10n, 'later')
    // the greedy one uses 101,000: up to the limit and the step that passed it
    expect(run({ gas: 300_000 })).toBe(2)
    expect(state.work.failure(ctx, 'greedy')).toMatchObject({ codespace: 'sdk', code: 11 })
    expect(order).toEqual(['greedy', 'later'])
  })
})

describe('what no module named halts the block', () => {
  test('a broken assertion', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'bug')
    expect(() => run()).toThrow(AssertionError)
  })

  test('any other exception', () => {
    const { ctx, run } = open()
    state.work.schedule(ctx, 10n, 'typo')
    expect(() => run()).toThrow(TypeError)
  })
})

test('a queue shows in the documentation as one collection', () => {
  expect(describeState(state)[1]).toEqual({
    field: 'work',
    prefix: 1,
    kind: 'deadlines',
    key: '(u64, str)',
    value: '',
  })
})

describe('a block with much to do', () => {
  /** Runs `count` items that stand in committed state; how many entries of it were looked at. */
  function looks(count: number): number {
    const { ctx, store: committed } = openStates([state], { height: 10n })
    for (let i = 0; i < count; i++) state.other.schedule(ctx, 9n, BigInt(i))
    let steps = 0
    const counting: ReadStore = {
      get: (slot, key) => committed.get(slot, key),
      has: (slot, key) => committed.has(slot, key),
      iterate(slot, start, end, reverse) {
        const cursor = committed.iterate(slot, start, end, reverse)
        return {
          next() {
            steps++
            return cursor.next()
          },
          get key() {
            return cursor.key
          },
          get value() {
            return cursor.value
          },
        }
      },
    }
    const store = new Overlay(counting)
    order = []
    expect(runDeadlines(ctx.with({ store }), [first, second], { ...BUDGET, items: count }, store)).toBe(count)
    expect(order).toEqual(Array.from({ length: count }, (_, i) => `other ${i}`))
    return steps
  }

  test('does not pass over what has run again for every item', () => {
    expect(looks(400)).toBeLessThan(5 * looks(100))
  })

  test('finds what an item schedules before the place where the search stands', () => {
    const { ctx, run } = open()
    for (const key of ['now', 'z1', 'z2']) state.work.schedule(ctx, 10n, key)
    state.work.schedule(ctx, 9n, 'early')
    expect(run()).toBe(5)
    expect(order).toEqual(['early', 'now', 'spawned', 'z1', 'z2'])
    state.work.schedule(ctx, 10n, 'zz')
    state.work.schedule(ctx, 8n, 'a')
    expect(run()).toBe(2)
  })
})
