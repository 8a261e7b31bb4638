import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Metadata, Params } from '#gen/cosmos/bank/v1beta1/bank.ts'
import { Balance, GenesisState } from '#gen/cosmos/bank/v1beta1/genesis.ts'
import { utf8 } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { exportGenesis, initGenesis } from '../app/genesis.ts'
import { openStates } from '../testing/context.ts'
import { defineChain } from './chain.ts'
import { amount, str } from './codec.ts'
import { item, map, sequence, set } from './collections.ts'
import type { ReadContext } from './context.ts'
import { STORE } from './context.ts'
import { deadlines } from './deadlines.ts'
import { defineModule, genesis } from './module.ts'
import { schema } from './schema.ts'
import { multiIndex, table, uniqueIndex } from './table.ts'

const state = schema('everyKind', {
  params: item(0, Params),
  next: sequence(1),
  allowed: set(2, str),
  totals: map(3, str, amount),
  balances: table(4, Balance, {
    key: [(row) => row.address, str],
    indexes: {
      denom: multiIndex(5, (row) => row.coins.map(({ denom }) => denom), str),
      mirrored: uniqueIndex(6, (row) => [...row.address].reverse().join(''), str),
    },
  }),
  work: deadlines(7, str),
})

const waiting = (key: string, height: bigint): Metadata => ({ ...blank, base: key, display: `${height}` })
const blank: Metadata = {
  base: '',
  display: '',
  description: '',
  denomUnits: [],
  name: '',
  symbol: '',
  uri: '',
  uriHash: '',
}

/** One collection of every kind, carried by the fields of a bank genesis, whatever those mean to the bank. */
const everyKind = defineModule({
  name: 'everykind',
  version: 1,
  state,
  genesis: genesis(GenesisState, {
    init(ctx, { params, supply, sendEnabled, denomMetadata }) {
      if (params !== undefined) state.params.set(ctx, params)
      for (const { denom, amount: total } of supply) state.totals.set(ctx, denom, BigInt(total))
      for (const { denom } of sendEnabled) state.allowed.add(ctx, denom)
      for (const { base, display, name, symbol } of denomMetadata) {
        if (symbol === 'next') state.next.set(ctx, BigInt(display))
        else if (name === '') state.work.schedule(ctx, BigInt(display), base)
        else state.work.park(ctx, base, { height: BigInt(display), codespace: name, code: Number(symbol) })
      }
    },
    rows: { balances: (ctx, row) => state.balances.put(ctx, row) },
    export: (ctx) => ({
      params: state.params.get(ctx),
      balances: state.balances.all(ctx),
      supply: Array.from(state.totals.entries(ctx), ([denom, total]) => ({ denom, amount: `${total}` })),
      sendEnabled: Array.from(state.allowed.keys(ctx), (denom) => ({ denom, enabled: true })),
      denomMetadata: [
        ...(state.next.peek(ctx) === 1n ? [] : [{ ...waiting('', state.next.peek(ctx)), symbol: 'next' }]),
        ...Array.from(state.work.pending(ctx), ([height, key]) => waiting(key, height)),
        ...Array.from(state.work.failed(ctx), ([key, { height, codespace, code }]) => ({
          ...waiting(key, height),
          name: codespace,
          symbol: `${code}`,
        })),
      ],
    }),
  }),
})
const chain = defineChain({
  name: 'test',
  modules: [everyKind],
  ante: () => {},
  consensus: { init: () => {}, params: () => ({}) as never },
})

function open() {
  const { ctx, store } = openStates([])
  return { ctx: ctx.with({ slots: chain.slots }), store }
}

/** All that a module has stored, in order. */
function entries(ctx: ReadContext): [string, string][] {
  const cursor = ctx[STORE].iterate(chain.stores.indexOf('everyKind'), '', undefined, false)
  const found: [string, string][] = []
  while (cursor.next()) found.push([cursor.key, Buffer.from(cursor.value).toString('latin1')])
  return found
}

const key = fc.constantFrom('', 'a', 'a\0', 'ab', 'é', 'b')
const height = fc.bigInt({ min: 1n, max: 300n })
type Do = (ctx: ReturnType<typeof open>['ctx']) => void
const named = fc.tuple(key, height)
const adding: fc.Arbitrary<Do> = fc.oneof(
  fc.boolean().map<Do>((on) => (ctx) => state.params.set(ctx, { sendEnabled: [], defaultSendEnabled: on })),
  fc.constant<Do>((ctx) => void state.next.next(ctx)),
  key.map<Do>((name) => (ctx) => state.allowed.add(ctx, name)),
  fc
    .tuple(key, fc.bigInt({ min: 0n, max: 2n ** 128n }))
    .map<Do>((row) => (ctx) => state.totals.set(ctx, ...row)),
  fc.tuple(key, fc.array(key, { maxLength: 3 })).map<Do>(([address, denoms]) => {
    const coins = denoms.map((denom) => ({ denom, amount: '1' }))
    return (ctx) => state.balances.put(ctx, { address, coins })
  }),
  named.map<Do>(
    ([name, at]) =>
      (ctx) =>
        state.work.schedule(ctx, at, name),
  ),
  fc.tuple(named, fc.nat(2 ** 32 - 1)).map<Do>(([[name, at], code]) => {
    return (ctx) => state.work.park(ctx, name, { height: at, codespace: 'some', code })
  }),
)
const removing: fc.Arbitrary<Do> = fc.oneof(
  fc.constant<Do>((ctx) => state.params.remove(ctx)),
  key.map<Do>((name) => (ctx) => state.allowed.remove(ctx, name)),
  key.map<Do>((name) => (ctx) => state.totals.remove(ctx, name)),
  key.map<Do>((address) => (ctx) => state.balances.remove(ctx, address)),
  named.map<Do>(
    ([name, at]) =>
      (ctx) =>
        state.work.cancel(ctx, at, name),
  ),
  key.map<Do>((name) => (ctx) => void state.work.retry(ctx, name)),
)
const step = fc.oneof({ weight: 3, arbitrary: adding }, { weight: 1, arbitrary: removing })

test('export and import give equal stores, whatever collections hold', () => {
  let stored = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const { ctx } = open()
      for (const each of steps) each(ctx)
      const [section] = exportGenesis(ctx, chain.modules)
      const exported = { ...(section?.state as GenesisState) }
      exported.balances = [...exported.balances]
      const document = JSON.stringify({ everykind: toJson(GenesisState.$type, exported) })

      const imported = open()
      initGenesis(imported.ctx, chain, utf8(document))
      expect(entries(imported.ctx)).toEqual(entries(ctx))
      expect(state.balances.inconsistency(imported.ctx)).toBeUndefined()
      stored += entries(ctx).length
    }),
  )
  // A hundred runs of empty stores would prove nothing; some twenty entries a run are drawn, half is asked for.
  expect(stored).toBeGreaterThan(1_000)
})
