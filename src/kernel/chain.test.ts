import { describe, expect, test } from 'vitest'
import { MsgDefinition as AuthMsgs } from '#gen/cosmos/auth/v1beta1/tx.ts'
import { MsgDefinition as BankMsgs, MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { QueryDefinition as ConsensusQueries } from '#gen/cosmos/consensus/v1/query.ts'
import { ADDRESS_PREFIX } from '#lib/address.ts'
import { openStates } from '../testing/context.ts'
import { brokenInvariant, defineChain, outdatedModules, runBlockHooks, runMigrations } from './chain.ts'
import { keyAsValue, text, u64 } from './codec.ts'
import { item } from './collections.ts'
import type { WriteContext } from './context.ts'
import { hook } from './hooks.ts'
import {
  defineModule,
  findModuleAccount,
  type Module,
  moduleAccount,
  moduleAccounts,
  msgs,
  queries,
} from './module.ts'
import { schema } from './schema.ts'
import { deadlineBudget, requireAuthority, system } from './system.ts'

const log = schema('chainTest', { log: item(0, text), level: item(1, keyAsValue(u64)) })
const note = (word: string) => (ctx: WriteContext) => log.log.set(ctx, `${log.log.get(ctx) ?? ''}${word} `)

const make = (...modules: Module[]) =>
  defineChain({
    name: 'test',
    modules,
    ante: () => {},
    consensus: { init: () => {}, params: () => ({}) as never },
  })
const plain = (name: string, more: Partial<Module> = {}) => defineModule({ name, version: 1, ...more })
const openChain = (chain: ReturnType<typeof make>) => {
  const { ctx } = openStates([])
  return ctx.with({ slots: chain.slots, subscriptions: chain.subscriptions })
}
const send = msgs(BankMsgs, {
  send: () => ({}),
  multiSend: () => ({}),
  updateParams: () => ({}),
  setSendEnabled: () => ({}),
})

describe('a chain', () => {
  const chain = make(
    plain('bank', { state: log, msgs: send }),
    plain('params', { queries: queries(ConsensusQueries, { params: () => ({ params: undefined }) }) }),
  )

  test('routes messages by type URL and queries by gRPC path', () => {
    expect([...chain.messages.keys()].slice(0, 2)).toEqual([
      '/cosmos.bank.v1beta1.MsgSend',
      '/cosmos.bank.v1beta1.MsgMultiSend',
    ])
    const route = chain.messages.get(`/${MsgSend.$type}`)
    expect(route).toMatchObject({ module: 'bank', method: 'Send', request: MsgSend })
    expect([...chain.queries.keys()]).toEqual(['/cosmos.consensus.v1.Query/Params'])
  })

  test('keeps the kernel first among its stores, each store once', () => {
    expect(chain.stores).toEqual(['system', 'chainTest'])
    expect(make(plain('one', { state: log }), plain('two', { state: log })).stores).toHaveLength(2)
  })

  test('knows no account unless it is told how', () => {
    expect(chain.accountOf(openChain(chain), 'anybody')).toBeUndefined()
  })
})

describe('a contradiction stops the program:', () => {
  test('two stores of one name', () => {
    const twin = schema('chainTest', { other: item(0, text) })
    expect(() => make(plain('one', { state: log }), plain('two', { state: twin }))).toThrow(
      'two modules keep their state in a store named chainTest',
    )
  })

  test('a message served twice', () => {
    expect(() => make(plain('one', { msgs: send }), plain('two', { msgs: send }))).toThrow(
      '/cosmos.bank.v1beta1.MsgSend is served twice',
    )
  })

  test('an rpc without handler', () => {
    expect(() => make(plain('one', { msgs: { definition: AuthMsgs, handlers: {} } }))).toThrow(
      'cosmos.auth.v1beta1.Msg/UpdateParams has no handler',
    )
  })

  test('a module account of two modules', () => {
    const accounts = [moduleAccount('chain_test')]
    expect(() => make(plain('one', { accounts }), plain('two', { accounts }))).toThrow(
      'module account chain_test is declared twice',
    )
  })

  test('a module account declared twice', () => {
    moduleAccount('chain_test_twice')
    expect(() => moduleAccount('chain_test_twice')).toThrow('declared twice')
  })

  test.each(['', 'Bank', '1st', 'a-b', 'a_b'])('the module name "%s"', (name) => {
    expect(() => plain(name)).toThrow('lower case letters and digits only')
  })

  test('a version without the way to it', () => {
    expect(() => plain('late', { version: 3, migrations: { 1: () => {} } })).toThrow(
      'module late has no migration from version 2',
    )
  })
})

test('a module account is found by its address, which follows from its name', () => {
  const account = moduleAccount('gov', ['burner'])
  // cosmos-sdk: authtypes.NewModuleAddress("gov") = 7b5fe22b5446f7c62ea27b8bd71cef94e03f3df2
  expect(account.address).toMatch(new RegExp(`^${ADDRESS_PREFIX}10d07y265gmmuvt4z0w9aw880jnsr700j`))
  expect(findModuleAccount(account.address)).toBe(account)
  expect(findModuleAccount('somebody else')).toBeUndefined()
  expect(make(plain('gov', { accounts: [account] })).accounts.get(account.address)).toBe(account)
})

test('module accounts are listed by address, in whatever order they were declared', () => {
  // sha256 of the names begins with 8ed3f6ad, 676cb750 and dc6f17bb. bech32 spells five bits a character, by
  // qpzry9x8gf2tvdw0s3jn54khce6mua7l: 10001 = 3, 01100 = v, 11011 = m, so the text sorts 3 before m before v.
  const declared = ['alpha', 'mint', 'zebra'].map((name) => moduleAccount(name))
  const listed = moduleAccounts().filter((account) => declared.includes(account))
  expect(listed.map(({ name }) => name)).toEqual(['alpha', 'mint', 'zebra'])
})

describe('hooks', () => {
  test('call every listener with the arguments, in chain order', () => {
    const moved = hook<[from: string, amount: bigint]>('test.moved')
    const unheard = hook<[]>('test.unheard')
    const calls: string[] = []
    const listen = (name: string) =>
      moved.on((_ctx, from, amount) => void calls.push(`${name} ${from} ${amount}`))
    const ctx = openChain(make(plain('b', { hooks: [listen('b')] }), plain('a', { hooks: [listen('a')] })))
    moved.call(ctx, 'alice', 5n)
    unheard.call(ctx)
    expect(calls).toEqual(['b alice 5', 'a alice 5'])
    expect([moved.heard(ctx), unheard.heard(ctx)]).toEqual([true, false])
    expect(moved.name).toBe('test.moved')
  })

  test('end the message of whoever called when a listener throws', () => {
    const moved = hook<[]>('test.refused')
    const refuse = moved.on(() => {
      throw new RangeError('no')
    })
    const later = moved.on(() => expect.unreachable())
    const ctx = openChain(make(plain('a', { hooks: [refuse, later] })))
    expect(() => moved.call(ctx)).toThrow('no')
  })

  test('of the block run in chain order', () => {
    const chain = make(
      plain('b', { state: log, beginBlock: note('b'), endBlock: note('end-b') }),
      plain('a', { beginBlock: note('a') }),
    )
    const ctx = openChain(chain)
    runBlockHooks(ctx, chain, 'beginBlock')
    runBlockHooks(ctx, chain, 'endBlock')
    expect(log.log.get(ctx)).toBe('b a end-b ')
  })
})

describe('migrations', () => {
  const grown = (version: number) =>
    make(
      plain('grown', { state: log, version, migrations: { 1: note('1to2'), 2: note('2to3') } }),
      plain('same'),
    )

  test('note the versions of a chain that begins, and run nothing', () => {
    const chain = grown(3)
    const ctx = openChain(chain)
    runMigrations(ctx, chain)
    expect([...system.versions.entries(ctx)]).toEqual([
      ['grown', 3],
      ['same', 1],
    ])
    expect(log.log.get(ctx)).toBeUndefined()
  })

  test('lead step by step from the stored version to the program’s', () => {
    const ctx = openChain(grown(3))
    runMigrations(ctx, grown(1))
    expect(outdatedModules(ctx, grown(3))).toEqual([['grown', 1, 3]])
    runMigrations(ctx, grown(3))
    expect(log.log.get(ctx)).toBe('1to2 2to3 ')
    expect(outdatedModules(ctx, grown(3))).toEqual([])
  })

  test('refuse a state that is newer than the program', () => {
    const ctx = openChain(grown(3))
    runMigrations(ctx, grown(3))
    expect(() => runMigrations(ctx, grown(2))).toThrow(
      "state of grown is version 3, newer than this program's",
    )
  })
})

test('the first broken invariant is named with its module', () => {
  const chain = make(
    plain('trusting'),
    plain('fine', { state: log, invariants: { 'nothing is wrong': () => undefined } }),
    plain('sums', {
      invariants: {
        'the level is even': (ctx) => (log.level.must(ctx) % 2n === 0n ? undefined : 'it is odd'),
      },
    }),
  )
  const ctx = openChain(chain)
  log.level.set(ctx, 2n)
  expect(brokenInvariant(ctx, chain)).toBeUndefined()
  log.level.set(ctx, 3n)
  expect(brokenInvariant(ctx, chain)).toBe('sums: the level is even: it is odd')
})

describe('the kernel’s own state', () => {
  const ctx = openChain(make())

  test('names the authority, and refuses everybody else', () => {
    system.authority.set(ctx, 'wadi1boss')
    expect(() => requireAuthority(ctx, 'wadi1boss')).not.toThrow()
    expect(() => requireAuthority(ctx, 'wadi1eve')).toThrow(
      'expected wadi1boss, the authority of this chain, got wadi1eve: unauthorized',
    )
  })

  test('holds the budget of timed work', () => {
    system.budget.set(ctx, [3, 2_000n, 100n])
    expect(deadlineBudget(ctx)).toEqual({ items: 3, gas: 2_000, itemGas: 100 })
  })
})
