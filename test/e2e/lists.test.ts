/** Lists over a real query worker that keeps few heights. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ListPrunedError } from '../../src/client/errors.ts'
import { listApi } from '../../src/client/lists.ts'
import type { AbciQuerier } from '../../src/client/queries.ts'
import { queryServices } from '../../src/client/services.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import { ask, queryChain, startPool } from './query-kit.ts'

const KEPT = 10
const { chain, store } = queryChain(KEPT)
let pool: QueryPool

beforeAll(async () => {
  chain.advanceBlocks(3)
  pool = await startPool(store)
})
afterAll(() => pool.close())

/** Asks the worker as CometBFT does; counts, and keeps the heights it was asked for. */
function worker() {
  const heights: (number | undefined)[] = []
  const comet: AbciQuerier = {
    async abciQuery({ path, data, height }) {
      heights.push(height)
      const answer = await ask(pool, path, data, { height: height ?? 0 })
      return { ...answer, height: Number(answer.height) }
    },
  }
  return { heights, accounts: listApi(comet, queryServices.auth).accounts }
}

test('a list stays at the height of its first page', async () => {
  const { accounts, heights } = worker()
  const at = chain.height
  let count = 0
  for await (const _ of accounts({}, { pageSize: 1 })) {
    if (++count <= 2) chain.advanceBlocks(1)
  }
  expect(count).toBeGreaterThan(1)
  expect(heights).toEqual([undefined, ...Array.from({ length: count - 1 }, () => at)])
})

test('a list that is read too slowly says what to do', async () => {
  const { accounts } = worker()
  const at = chain.height
  const slow = (async () => {
    for await (const _ of accounts({}, { pageSize: 1 })) chain.advanceBlocks(KEPT + 5)
  })()
  await expect(slow).rejects.toBeInstanceOf(ListPrunedError)
  await expect(slow).rejects.toThrow(
    `page 2 is gone, because the node no longer keeps height ${at}: begin again`,
  )
})

test('a height that is gone from the beginning is refused as by any query', async () => {
  const { accounts } = worker()
  await expect(accounts({}, { height: 1 }).next()).rejects.toMatchObject({ name: 'QueryError', code: 38 })
})

test('a node that names the same page again and again is left', async () => {
  const { auth } = queryServices
  const same = auth.methods.accounts.responseType
  const value = same.encode(same.fromPartial({ pagination: { nextKey: Uint8Array.of(1) } })).finish()
  const comet: AbciQuerier = { abciQuery: async () => ({ value, codespace: '', height: 5 }) }
  await expect(listApi(comet, auth).accounts().next()).rejects.toThrow('the same next page again and again')
})
