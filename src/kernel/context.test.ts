import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Coin } from '#gen/cosmos/base/v1beta1/coin.ts'
import { openStates } from '../testing/context.ts'
import { keyAsValue, text, u32, u64 } from './codec.ts'
import { item, map } from './collections.ts'
import { Context, METER } from './context.ts'
import { GasMeter } from './gas.ts'
import { schema } from './schema.ts'

const state = schema('contextTest', { note: item(0, text), numbers: map(1, u64, keyAsValue(u32)) })

describe('events', () => {
  test('are handed over once, in order', () => {
    const { ctx } = openStates([state])
    ctx.emitRaw('transfer', ['amount', '5awadi'])
    ctx.emit(Coin, { denom: 'awadi', amount: '7' })
    expect(ctx.takeEvents()).toEqual([
      { type: 'transfer', attributes: ['amount', '5awadi'] },
      // a typed event: the message's full name, JSON values
      { type: 'cosmos.base.v1beta1.Coin', attributes: ['amount', '"7"', 'denom', '"awadi"'] },
    ])
    expect(ctx.takeEvents()).toEqual([])
  })

  test('cost nothing where nobody reads them', () => {
    const { ctx } = openStates([state], { recordsEvents: false })
    ctx.emitRaw('transfer', [])
    ctx.emit(Coin, { denom: 'awadi', amount: '7' })
    expect(ctx.takeEvents()).toEqual([])
  })

  test('of a derived context are its own', () => {
    const { ctx } = openStates([state])
    const derived = ctx.with({ height: 9n })
    derived.emitRaw('inner', [])
    expect(derived.height).toBe(9n)
    expect(ctx.takeEvents()).toEqual([])
    expect(derived.takeEvents()).toHaveLength(1)
  })
})

describe('gas', () => {
  test('is counted together by all that share a meter', () => {
    const { ctx } = openStates([state], { meter: new GasMeter(10_000) })
    const derived = ctx.with({})
    ctx.consumeGas(3_000, 'a')
    derived.consumeGas(4_000, 'b')
    expect(ctx.gasUsed).toBe(7_000)
    expect(ctx[METER].remaining).toBe(3_000)
  })

  test('may reach its limit and not pass it', () => {
    const meter = new GasMeter(10)
    meter.consume(10, 'all of it')
    expect(() => meter.consume(1, 'one more')).toThrow(
      'out of gas in location: one more; gasWanted: 10, gasUsed: 11: out of gas',
    )
  })

  test('without a limit reaches 2^53 - 1', () => {
    expect(new GasMeter().limit).toBe(2 ** 53 - 1)
  })
})

test('a context by default belongs to no transaction and no block', () => {
  const { ctx } = openStates([state])
  expect([ctx.signers, ctx.txHash, ctx.txIndex]).toEqual([[], '', 0])
  expect(ctx.block.proposer).toHaveLength(0)
  expect(ctx).toBeInstanceOf(Context)
})

test('events of a message carry its index, those around it none, and nobody makes what is not read', () => {
  const { ctx } = openStates([state])
  ctx.emitRaw('before', ['a', '1'])
  ctx.messageIndex = '2'
  ctx.emitRaw('within', ['a', '1'])
  expect(ctx.takeEvents()).toEqual([
    { type: 'before', attributes: ['a', '1'] },
    { type: 'within', attributes: ['a', '1', 'msg_index', '2'] },
  ])
  const silent = ctx.with({ recordsEvents: false })
  silent.emitRaw('unread', ['a', '1'])
  expect([silent.recordsEvents, silent.takeEvents()]).toEqual([false, []])
})

test('the hash of a transaction is asked for when it is wanted', () => {
  const { ctx } = openStates([state])
  let asked = 0
  const tx = {
    get hash() {
      asked++
      return 'hash'
    },
  }
  const own = ctx.with({ tx })
  expect(asked).toBe(0)
  expect(own.txHash).toBe('hash')
})

test('checkpoints nest to any depth, and each revert restores exactly what was', () => {
  type Step = { kind: 'set' | 'remove' | 'begin' | 'revert'; key: bigint; value: number }
  const steps = fc.array(
    fc.record<Step>({
      kind: fc.constantFrom('set', 'remove', 'begin', 'revert'),
      key: fc.bigInt({ min: 0n, max: 9n }),
      value: fc.nat(100),
    }),
    { maxLength: 120, size: 'max' },
  )
  fc.assert(
    fc.property(steps, (plan) => {
      const { ctx, store } = openStates([state])
      let model = new Map<bigint, number>()
      const marks: [number, Map<bigint, number>][] = []
      for (const { kind, key, value } of plan) {
        if (kind === 'set') {
          state.numbers.set(ctx, key, value)
          model.set(key, value)
        } else if (kind === 'remove') {
          state.numbers.remove(ctx, key)
          model.delete(key)
        } else if (kind === 'begin') marks.push([store.checkpoint(), new Map(model)])
        else {
          const [mark, before] = marks.pop() ?? [0, new Map()]
          store.revert(mark)
          model = before
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        expect([...state.numbers.entries(ctx)]).toEqual(sorted)
      }
    }),
  )
})

test('a thousand nested checkpoints revert one by one', () => {
  const { ctx, store } = openStates([state])
  const marks: number[] = []
  for (let depth = 0; depth < 1_000; depth++) {
    marks.push(store.checkpoint())
    state.note.set(ctx, `${depth}`)
  }
  for (let depth = 999; depth > 0; depth--) {
    store.revert(marks[depth] as number)
    expect(state.note.get(ctx)).toBe(`${depth - 1}`)
  }
  store.revert(marks[0] as number)
  expect(state.note.get(ctx)).toBeUndefined()
})
