/**
 * What must not compile. Each `@ts-expect-error` is a test of its own: tsc fails where the line below it compiles.
 * Only `npm run check` sees that; what runs here is that the lines are there.
 */
import { expect, test } from 'vitest'
import { MsgDefinition, type MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { Coin } from '#gen/cosmos/base/v1beta1/coin.ts'
import { QueryDefinition } from '#gen/cosmos/consensus/v1/query.ts'
import { QueryDefinition as SystemQueries } from '#gen/wadi/system/v1/query.ts'
import {
  bytes,
  deadlines,
  index,
  item,
  map,
  msgs,
  queries,
  type ReadContext,
  schema,
  set,
  str,
  type TxContext,
  table,
  tuple,
  u64,
  type WriteContext,
} from '../kernel.ts'

const state = schema('refusals', {
  note: item(0, Coin),
  byDenom: table(1, Coin, {
    key: [(coin) => coin.denom, str],
    indexes: { amount: index(2, (c) => c.amount, str) },
  }),
  pairs: map(3, tuple(str, u64), Coin),
  names: set(4, str),
  work: deadlines(5, u64),
})
const coin: Coin = { denom: 'awadi', amount: '1' }
const done = { updateParams: () => ({}), setSendEnabled: () => ({}), multiSend: () => ({}) }

/** The same as below, done right: so that no line there fails for another reason than its own. */
function accepted(read: ReadContext, write: WriteContext, tx: TxContext): void {
  msgs(MsgDefinition, { ...done, send: (_ctx, { amount }) => (amount.length > 0 ? {} : {}) })
  queries(SystemQueries, {
    params: () => ({ params: { deadlineItems: 1, deadlineGas: 1n, itemGas: 1n } }),
    authority: (ctx) => ({ authority: state.note.must(ctx).denom }),
    moduleVersions: () => ({ moduleVersions: [{ name: 'a', version: 1 }] }),
  })
  state.byDenom.where(read, 'amount', '5')
  state.byDenom.get(read, 'awadi')
  state.pairs.get(read, ['a', 1n])
  state.pairs.entries(read, { prefix: ['a'] })
  state.note.set(write, coin)
  state.byDenom.put(write, coin)
  state.pairs.remove(write, ['a', 1n])
  state.names.has(read, 'a')
  state.work.schedule(write, 1n, 2n)
  state.byDenom.find(read, 'amount', '5')
  state.byDenom.sourceWhere('amount', '5')
  tx.emit(Coin, coin)
}

/** Neither is ever called: they only have to be compiled. */
function refused(read: ReadContext, write: WriteContext, tx: TxContext): void {
  // A query gets a ReadContext, and nothing in it writes.
  queries(QueryDefinition, {
    params(ctx) {
      // @ts-expect-error a write in a query
      state.note.set(ctx, coin)
      // @ts-expect-error an event of a query
      ctx.emit(Coin, coin)
      // @ts-expect-error gas charged by a query
      ctx.consumeGas(1, 'x')
      return { params: undefined }
    },
  })
  // @ts-expect-error a write by other means
  state.byDenom.put(read, coin)
  // @ts-expect-error a removal with no more than the right to read
  state.pairs.remove(read, ['a', 1n])

  // @ts-expect-error a missing rpc
  msgs(MsgDefinition, { updateParams: () => ({}), setSendEnabled: () => ({}), multiSend: () => ({}) })
  // @ts-expect-error an unknown rpc
  msgs(MsgDefinition, { ...done, send: () => ({}), sendd: () => ({}) })
  // @ts-expect-error an async handler, though the response is empty
  msgs(MsgDefinition, { ...done, send: async () => ({}) })
  // @ts-expect-error a promise handed on
  msgs(MsgDefinition, { ...done, send: () => Promise.resolve({}) })
  msgs(MsgDefinition, {
    ...done,
    // @ts-expect-error a field the request does not have
    send: (_ctx, { sender }) => ({ sender }),
  })
  // @ts-expect-error the request of another rpc
  msgs(MsgDefinition, { ...done, send: (_ctx, { amount }: MsgSend & { more: string }) => ({ amount }) })
  queries(SystemQueries, {
    // @ts-expect-error a number for a uint64
    params: () => ({ params: { deadlineItems: 1, deadlineGas: 1, itemGas: 1n } }),
    // @ts-expect-error a misspelt field of the response
    authority: () => ({ autority: 'a' }),
    // @ts-expect-error a wrong type of field
    moduleVersions: () => ({ moduleVersions: [{ name: 'a', version: 1n }] }),
  })

  queries(SystemQueries, {
    params: () => ({ params: undefined }),
    moduleVersions: () => ({ moduleVersions: [] }),
    // @ts-expect-error an async query
    authority: async () => ({ authority: 'a' }),
  })
  queries(SystemQueries, {
    params: () => ({ params: undefined }),
    moduleVersions: () => ({ moduleVersions: [] }),
    authority: () => ({ authority: 'a' }),
    // @ts-expect-error an rpc that the query service does not have
    authorities: () => ({ authority: 'a' }),
  })
  // @ts-expect-error a query service that lacks an rpc
  queries(SystemQueries, { params: () => ({ params: undefined }), authority: () => ({ authority: 'a' }) })

  // @ts-expect-error an index that the table does not have
  state.byDenom.where(read, 'owner', 'x')
  // @ts-expect-error the key of an index in another type
  state.byDenom.where(read, 'amount', 5n)
  // @ts-expect-error a key of another type
  state.byDenom.get(read, 5n)
  // @ts-expect-error a number for a u64 in a tuple
  state.pairs.get(read, ['a', 1])
  // @ts-expect-error a tuple that lacks a part
  state.pairs.get(read, ['a'])
  // @ts-expect-error a key of another type in a set
  state.names.has(read, 1n)
  // @ts-expect-error a deadline by another kind of key
  state.work.schedule(write, 1n, 'a')
  // @ts-expect-error an index of the table, found by a key of another type
  state.byDenom.find(read, 'amount', 5)
  // @ts-expect-error a page over an index that the table does not have
  state.byDenom.sourceWhere('owner', 'x')
  // @ts-expect-error a range by a part that does not lead
  state.pairs.entries(read, { prefix: [1n] })
  // @ts-expect-error a whole key is no proper prefix
  state.pairs.entries(read, { prefix: ['a', 1n] })
  // @ts-expect-error a key without proper prefixes
  map(9, bytes, Coin).entries(read, { prefix: 'a' })
  // @ts-expect-error a value of another type
  state.note.set(write, { denom: 'awadi', amount: 1n })
  // @ts-expect-error a row that lacks a field
  state.byDenom.put(write, { denom: 'awadi' })

  // @ts-expect-error an event with a wrong field
  tx.emit(Coin, { denom: 'awadi', amount: 1n })
  // @ts-expect-error an event that lacks a field
  tx.emit(Coin, { denom: 'awadi' })
  // @ts-expect-error an event with a field too many
  tx.emit(Coin, { denom: 'awadi', amount: '1', more: 1 })

  // @ts-expect-error the store is reached through collections alone
  read.store.get(0, 'key')
  // @ts-expect-error nobody names its symbol: the façade does not hand it out
  read['STORE']
}

test('what must not compile stands in one function, and is only compiled', () => {
  expect([refused, accepted].map((each) => each.length)).toEqual([3, 3])
})
