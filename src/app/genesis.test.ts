import { describe, expect, test } from 'vitest'
import { GenesisState as AuthGenesis } from '#gen/cosmos/auth/v1beta1/genesis.ts'
import { GenesisState } from '#gen/cosmos/bank/v1beta1/genesis.ts'
import { Coin } from '#gen/cosmos/base/v1beta1/coin.ts'
import { GenesisState as SystemGenesis } from '#gen/wadi/system/v1/genesis.ts'
import { utf8 } from '#lib/bytes.ts'
import { defineChain } from '../kernel/chain.ts'
import { amount, str } from '../kernel/codec.ts'
import { item, map } from '../kernel/collections.ts'
import { defineModule, genesis } from '../kernel/module.ts'
import { schema } from '../kernel/schema.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { system } from '../kernel/system.ts'
import { openStates } from '../testing/context.ts'
import { exportGenesis, GenesisError, initGenesis } from './genesis.ts'

const state = schema('genesisTest', { totals: map(0, str, amount), first: item(1, Coin) })
let calls: string[] = []

/** Takes the coins of a bank genesis, one row at a time. */
const coins = defineModule({
  name: 'coins',
  version: 4,
  migrations: { 1: () => {}, 2: () => {}, 3: () => {} },
  state,
  genesis: genesis(GenesisState, {
    init(_ctx, { params, balances, supply, denomMetadata }) {
      calls.push(
        `init ${params?.defaultSendEnabled} ${balances.length} ${supply.length} ${denomMetadata.length}`,
      )
    },
    rows: {
      supply(ctx, coin) {
        if (coin.denom === 'bad') throw sdk.invalidCoins('bad coin')
        calls.push(`supply ${coin.denom}`)
        state.totals.set(ctx, coin.denom, BigInt(coin.amount))
      },
      balances(_ctx, { address }) {
        calls.push(`balance ${address}`)
      },
    },
    finish(ctx) {
      calls.push('finish')
      if (state.totals.has(ctx, 'unfinished')) throw sdk.logic('it does not add up')
    },
    export: () => GenesisState.fromPartial({}),
  }),
})
const late = defineModule({
  name: 'late',
  version: 1,
  genesis: genesis(SystemGenesis, {
    init: () => void calls.push('late'),
    export: () => ({ authority: 'a', params: undefined }),
  }),
})
const chain = defineChain({
  name: 'test',
  modules: [coins, defineModule({ name: 'silent', version: 1 }), late],
  ante: () => {},
  consensus: { init: () => {}, params: () => ({}) as never },
})

function start(document: unknown) {
  calls = []
  const { ctx } = openStates([])
  const inChain = ctx.with({ slots: chain.slots })
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  initGenesis(inChain, chain, utf8(text))
  return inChain
}
const problem = (document: unknown): string => {
  try {
    start(document)
  } catch (error) {
    if (error instanceof GenesisError) return error.message
    throw error
  }
  return 'none'
}

test('modules begin in the chain’s order, lists row by row after the rest, in the order of the module', () => {
  const ctx = start({
    late: {},
    coins: {
      balances: [{ address: 'x', coins: [] }],
      params: { default_send_enabled: true },
      supply: [
        { denom: 'b', amount: '2' },
        { denom: 'a', amount: '1' },
      ],
      denom_metadata: [{ base: 'a' }],
    },
  })
  expect(calls).toEqual(['init true 0 0 1', 'supply b', 'supply a', 'balance x', 'finish', 'late'])
  expect([...state.totals.entries(ctx)]).toEqual([
    ['a', 1n],
    ['b', 2n],
  ])
})

test('the formats of all modules are noted, also of those without genesis', () => {
  const ctx = start({ coins: {}, late: {} })
  expect([...system.versions.entries(ctx)]).toEqual([
    ['coins', 4],
    ['late', 1],
    ['silent', 1],
  ])
})

test('a list of null is an empty one', () => {
  expect(problem({ coins: { balances: null }, late: {} })).toBe('none')
})

describe('a document that cannot start a chain says where and why:', () => {
  test.each<[string, unknown, string | RegExp]>([
    [
      'a missing module',
      { coins: {} },
      /^app_state\.late: is missing; `wadi genesis validate` shows the default$/,
    ],
    [
      'an unknown module',
      { coins: {}, late: {}, gov: {} },
      'app_state."gov": no module has this name; there are coins, late',
    ],
    [
      'a row that a module refuses',
      {
        coins: {
          supply: [
            { denom: 'a', amount: '1' },
            { denom: 'bad', amount: '1' },
          ],
        },
        late: {},
      },
      /^app_state\.coins\.supply\[1\]: bad coin: invalid coins$/,
    ],
    [
      'a sum that does not hold',
      { coins: { supply: [{ denom: 'unfinished', amount: '1' }] }, late: {} },
      /^app_state\.coins: it does not add up/,
    ],
    [
      'a wrong type in a row',
      { coins: { supply: [{ denom: 5 }] }, late: {} },
      /app_state\.coins\.supply\[0\]\.denom: 5 is not/,
    ],
    [
      'an unknown field in a row',
      { coins: { supply: [{ denm: 'a' }] }, late: {} },
      /app_state\.coins\.supply\[0\].*denm/,
    ],
    ['an unknown field of a module', { coins: { suply: [] }, late: {} }, /app_state\.coins.*suply/],
    ['a module that is no object', { coins: [], late: {} }, /app_state\.coins/],
    ['no object at all', '[]', /app_state/],
    ['a cut document', '{"coins":{},"late":{', /app_state/],
    ['more after the end', '{"coins":{},"late":{}} x', /app_state/],
    ['a module that stands twice', '{"coins":{},"coins":{},"late":{}}', /coins/],
  ])('%s', (_name, document, message) => {
    expect(problem(document)).toMatch(message)
  })
})

test('a bug in a module is not dressed up as a fault of the document', () => {
  const broken = defineModule({
    name: 'broken',
    version: 1,
    genesis: genesis(SystemGenesis, {
      init: () => void (undefined as unknown as string[]).push(''),
      export: () => ({ authority: '', params: undefined }),
    }),
  })
  const bad = defineChain({ ...chain, modules: [broken] })
  const { ctx } = openStates([])
  expect(() => initGenesis(ctx.with({ slots: bad.slots }), bad, utf8('{"broken":{}}'))).toThrow(TypeError)
})

test('export gives every module that has a genesis, in the chain’s order, with its type', () => {
  const ctx = start({ coins: {}, late: {} })
  expect(exportGenesis(ctx, [late]).map(({ name, type }) => [name, type])).toEqual([
    ['late', 'wadi.system.v1.GenesisState'],
  ])
})

describe('rows that are packed messages', () => {
  const opened: unknown[] = []
  const packing = defineModule({
    name: 'packing',
    version: 1,
    genesis: genesis(AuthGenesis, {
      init: () => {},
      intake() {
        let count = 0
        return {
          rows: {
            accounts: { opened: (_ctx, row) => void opened.push([count++, row.typeUrl, row.message]) },
          },
          finish: () => void opened.push(`${count} in all`),
        }
      },
      export: () => AuthGenesis.fromPartial({}),
    }),
  })
  const packed = defineChain({ ...chain, modules: [packing] })
  const open = (accounts: unknown[]) => {
    opened.length = 0
    const { ctx } = openStates([])
    const document = utf8(JSON.stringify({ packing: { accounts } }))
    initGenesis(ctx.with({ slots: packed.slots }), packed, document)
  }
  const coin = { '@type': '/cosmos.base.v1beta1.Coin', denom: 'a', amount: '1' }

  test('reach their module opened, and what it counts begins anew with every genesis', () => {
    for (let round = 0; round < 2; round++) {
      open([coin, {}])
      expect(opened).toEqual([
        [0, '/cosmos.base.v1beta1.Coin', { denom: 'a', amount: '1' }],
        [1, '', undefined],
        '2 in all',
      ])
    }
  })

  test.each([
    [{ ...coin, '@type': '/no.such.Thing' }, 'app_state.packing.accounts[1].@type: "/no.such.Thing" is not'],
    [{ ...coin, denom: 7 }, 'app_state.packing.accounts[1].denom: 7 is not a string'],
    ['a', 'app_state.packing.accounts[1]: "a" is not an object with "@type"'],
  ])('are refused with their place: %j', (row, message) => {
    expect(() => open([coin, row])).toThrow(message)
  })
})
