/** The query worker of an archive node: heights that left memory long ago, and what is said of those that are gone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { QueryAccountsRequest, QueryAccountsResponse } from '#gen/cosmos/auth/v1beta1/query.ts'
import {
  QueryAllBalancesRequest,
  QueryAllBalancesResponse,
  QueryBalanceRequest,
  QueryBalanceResponse,
} from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { chain as wadi } from '#modules/chain.ts'
import type { QueryResponse } from '../../src/abci/types.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import { historyDirectory } from '../../src/store/history.ts'
import { pruneHistory } from '../../src/store/offline.ts'
import { openStorage, type Storage, type StorageOptions } from '../../src/store/storage.ts'
import { TestAccount } from '../../src/testing/accounts.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { message } from '../../src/testing/types.ts'
import { alice, ask, bob, genesis, startPool } from './query-kit.ts'

const IN_MEMORY = 12
const ALL: StorageOptions = { history: { keepRecent: Number.POSITIVE_INFINITY }, historyVersions: IN_MEMORY }
const folders: string[] = []
let directory = ''
let storage: Storage | undefined
let pool: QueryPool | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wadi-history-'))
  folders.push(directory)
})
afterEach(stop)
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function stop(): Promise<void> {
  await pool?.close()
  await storage?.close()
  pool = undefined
  storage = undefined
}

/** The node runs, with the history as it is kept by `options`. */
async function start(options: StorageOptions): Promise<{ chain: TestChain; pool: QueryPool }> {
  await stop()
  storage = await openStorage(directory, wadi.stores, options)
  pool = await startPool(storage.store, { history: historyDirectory(directory) })
  return { chain: TestChain.create(wadi, { state: storage, genesis }), pool }
}

async function written(): Promise<void> {
  const { store } = storage as Storage
  while (store.history.historyNext <= store.version) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Every block pays bob 5 awadi more; balances by height. */
function payTo(chain: TestChain, last: number): Map<number, bigint> {
  const balances = new Map<number, bigint>()
  const owned = (height: number) => 1_000_000_000_000n + 5n * BigInt(Math.max(0, height - 1))
  if (chain.height === 0) chain.nextBlock()
  for (let height = 1; height <= chain.height; height++) balances.set(height, owned(height))
  while (chain.height < last) {
    const amount = [{ denom: 'awadi', amount: '5' }]
    const fields = { fromAddress: alice.address, toAddress: bob.address, amount }
    expect(chain.deliver(alice.tx(chain, [message(MsgSend, fields)])).code).toBe(0)
    balances.set(chain.height, owned(chain.height))
  }
  return balances
}

const BALANCE = '/cosmos.bank.v1beta1.Query/Balance'
const bobs = QueryBalanceRequest.encode({ address: bob.address, denom: 'awadi' }).finish()
const amountIn = ({ value }: QueryResponse) =>
  BigInt(QueryBalanceResponse.decode(value).balance?.amount ?? -1)
const refusal = ({ codespace, code, log }: QueryResponse) => `${codespace}/${code} ${log}`
const at = (height: number) => ask(pool as QueryPool, BALANCE, bobs, { height })

test('every old height answers, over abci_query and REST, and the others say what is wrong with them', async () => {
  const { chain } = await start(ALL)
  const balances = payTo(chain, 60)
  await written()
  for (const [height, owned] of balances) {
    const answer = await at(height)
    expect([answer.height, amountIn(answer)]).toEqual([height, owned])
    const url = `${pool?.restUrl}/cosmos/bank/v1beta1/balances/${bob.address}/by_denom?denom=awadi`
    const response = await fetch(url, { headers: { 'x-cosmos-block-height': `${height}` } })
    expect(response.headers.get('x-cosmos-block-height')).toBe(`${height}`)
    expect(await response.json()).toEqual({ balance: { denom: 'awadi', amount: `${owned}` } })
  }
  expect(amountIn(await at(0))).toBe(balances.get(60))
  expect(refusal(await at(-1))).toContain('sdk/18 cannot query with height < 0')
  expect(refusal(await at(61))).toContain('sdk/26 cannot query with height in the future')
})

test('a node that once kept everything, then little, then everything, says which heights it lacks', async () => {
  let running = await start(ALL)
  payTo(running.chain, 15)
  await written()
  running = await start({ historyVersions: IN_MEMORY })
  for (const last of [30, 45]) {
    payTo(running.chain, last)
    await storage?.snapshot()
  }
  // What was kept is answered also where nothing is added to it.
  expect(amountIn(await at(10))).toBe(1_000_000_000_045n)
  expect(refusal(await at(25))).toBe(
    'sdk/38 failed to load state at height 25: height 25 is not available: pruned; ' +
      'this node keeps 1 to 15 and 34 to 45: not found',
  )

  running = await start(ALL)
  const balances = payTo(running.chain, 60)
  await written()
  expect(refusal(await at(16))).toContain('this node keeps 1 to 15 and 30 to 60: not found')
  for (const height of [1, 15, 30, 31, 45, 52, 60])
    expect(amountIn(await at(height))).toBe(balances.get(height))
})

test('a page key leads on at any height, and one of another list is refused', async () => {
  const { chain } = await start(ALL)
  const holders = Array.from({ length: 7 }, (_, i) => new TestAccount(`holder ${i}`))
  payTo(chain, 3)
  for (const { address } of holders) {
    const fields = {
      fromAddress: alice.address,
      toAddress: address,
      amount: [{ denom: 'awadi', amount: '9' }],
    }
    expect(chain.deliver(alice.tx(chain, [message(MsgSend, fields)])).code).toBe(0)
  }
  payTo(chain, 40)
  await written()
  const ACCOUNTS = '/cosmos.auth.v1beta1.Query/Accounts'
  const page = async (height: number, key: Uint8Array, path = ACCOUNTS) => {
    const pagination = { key, limit: 2n, offset: 0n, countTotal: false, reverse: false }
    return ask(pool as QueryPool, path, QueryAccountsRequest.encode({ pagination }).finish(), { height })
  }
  const countAt = async (height: number) => {
    let key: Uint8Array = new Uint8Array()
    let count = 0
    do {
      const { accounts, pagination } = QueryAccountsResponse.decode((await page(height, key)).value)
      count += accounts.length
      key = pagination?.nextKey ?? new Uint8Array()
    } while (key.length > 0)
    return count
  }
  // Height 3 has none of the seven, height 6 the first three.
  const before = await countAt(3)
  expect([await countAt(6), await countAt(10)]).toEqual([before + 3, before + 7])
  // A key of one height works at another: it says where in the list to go on.
  const { pagination } = QueryAccountsResponse.decode((await page(10, new Uint8Array())).value)
  expect((await page(3, pagination?.nextKey ?? new Uint8Array())).code).toBe(0)
  const balances = QueryAllBalancesRequest.encode(
    QueryAllBalancesRequest.fromPartial({
      address: bob.address,
      pagination: { key: Buffer.from('nonsense') },
    }),
  ).finish()
  const answer = await ask(pool as QueryPool, '/cosmos.bank.v1beta1.Query/AllBalances', balances, {
    height: 5,
  })
  expect([answer.code, QueryAllBalancesResponse.decode(answer.value).balances]).toEqual([18, []])
})

test('a history that was pruned while the node stood still is answered as far as it reaches', async () => {
  const { chain } = await start(ALL)
  const balances = payTo(chain, 60)
  await written()
  await stop()
  const freed = await pruneHistory(directory, wadi.stores, 30, expect.fail)
  expect([freed.versions, freed.kept]).toEqual([30, [{ first: 31, last: 60 }]])
  await start(ALL)
  expect(amountIn(await at(31))).toBe(balances.get(31))
  expect(refusal(await at(30))).toContain('pruned; this node keeps 31 to 60')
})
