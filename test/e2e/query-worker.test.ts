/** The query worker over shared memory, while the chain commits: abci_query, heights, proofs, simulation. */
import { iavlSpec, ics23, tendermintSpec, verifyMembership, verifyNonMembership } from '@confio/ics23'
import { QueryClient, setupAuthExtension, setupBankExtension, setupTxExtension } from '@cosmjs/stargate'
import type { CometClient } from '@cosmjs/tendermint-rpc'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { QueryAccountRequest } from '#gen/cosmos/auth/v1beta1/query.ts'
import {
  QueryAllBalancesRequest,
  QueryBalanceRequest,
  QueryBalanceResponse,
} from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { SimulationResponse } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { ABCIQueryRequest, ABCIQueryResponse } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import { SimulateRequest, SimulateResponse, TxDecodeRequest } from '#gen/cosmos/tx/v1beta1/service.ts'
import { fromJson } from '#lib/proto-json.ts'
import type { QueryResponse } from '../../src/abci/types.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import { message } from '../../src/testing/types.ts'
import { alice, ask, bob, carol, queryChain, startPool } from './query-kit.ts'

const KEPT = 20
const { chain, store } = queryChain(KEPT)
let pool: QueryPool

const BALANCE = '/cosmos.bank.v1beta1.Query/Balance'
const balanceOf = (address: string) => QueryBalanceRequest.encode({ address, denom: 'awadi' }).finish()
const amountIn = ({ value }: QueryResponse) =>
  BigInt(QueryBalanceResponse.decode(value).balance?.amount ?? -1)
const send = (amount: bigint, to = bob.address) =>
  message(MsgSend, {
    fromAddress: alice.address,
    toAddress: to,
    amount: [{ denom: 'awadi', amount: `${amount}` }],
  })
const refusal = ({ codespace, code, log }: QueryResponse) => `${codespace}/${code} ${log}`

beforeAll(async () => {
  pool = await startPool(store)
})
afterAll(() => pool.close())

test('before the first block every query says that it must wait', async () => {
  const answer = await ask(pool, BALANCE, balanceOf(alice.address))
  expect(refusal(answer)).toBe('sdk/26 wadi is not ready; please wait for first block: invalid height')
  chain.nextBlock()
})

test('a query sees the newest block as soon as it is committed, and an older one at its height', async () => {
  const seen: bigint[] = []
  const start = chain.height
  const before = amountIn(await ask(pool, BALANCE, balanceOf(bob.address)))
  for (let i = 0; i < 10; i++) {
    expect(chain.deliver(alice.tx(chain, [send(7n)])).code).toBe(0)
    const answer = await ask(pool, BALANCE, balanceOf(bob.address))
    expect(answer.height).toBe(chain.height)
    seen.push(amountIn(answer) - before)
  }
  expect(seen).toEqual([7n, 14n, 21n, 28n, 35n, 42n, 49n, 56n, 63n, 70n])
  for (let i = 0; i <= 10; i++) {
    const answer = await ask(pool, BALANCE, balanceOf(bob.address), { height: start + i })
    expect([answer.height, amountIn(answer) - before]).toEqual([start + i, BigInt(7 * i)])
  }
})

test('queries that run while blocks are committed never see half a block', async () => {
  // Each block moves 3 awadi from alice to bob: their sum stays as it was.
  const sum = (answers: QueryResponse[]) => answers.map(amountIn).reduce((a, b) => a + b)
  const both = (height: number) =>
    Promise.all([alice, bob].map(({ address }) => ask(pool, BALANCE, balanceOf(address), { height })))
  const whole = sum(await both(0))
  const asked: Promise<QueryResponse[]>[] = []
  for (let i = 0; i < 30; i++) {
    expect(chain.deliver(alice.tx(chain, [send(3n)])).code).toBe(0)
    asked.push(both(chain.height))
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const answers of await Promise.all(asked)) {
    expect(answers.map(({ code }) => code)).toEqual([0, 0])
    expect(sum(answers)).toBe(whole)
  }
})

test('heights that are pruned, in the future or negative are refused in plain words', async () => {
  const at = async (height: number) => refusal(await ask(pool, BALANCE, balanceOf(bob.address), { height }))
  const oldest = chain.height - KEPT + 1
  expect((await ask(pool, BALANCE, balanceOf(bob.address), { height: oldest })).code).toBe(0)
  expect(await at(oldest - 1)).toBe(
    `sdk/38 failed to load state at height ${oldest - 1}: height ${oldest - 1} is not available: pruned; ` +
      `this node keeps ${oldest} to ${chain.height}: not found`,
  )
  const future =
    'sdk/26 cannot query with height in the future; please provide a valid height: invalid height'
  for (const height of [chain.height + 1, 2 ** 40, Number.MAX_SAFE_INTEGER, 2 ** 63]) {
    expect(await at(height)).toBe(future)
  }
  expect(await at(-1)).toBe(
    'sdk/18 cannot query with height < 0; please provide a valid height: invalid request',
  )
})

test('proofs of presence and absence verify against the app hash of their height', async () => {
  const heights: { height: number; appHash: Uint8Array }[] = []
  for (let i = 0; i < 3; i++) {
    const { height, appHash } = chain.nextBlock([alice.tx(chain, [send(1n)])])
    heights.push({ height, appHash })
  }
  for (const { height, appHash } of heights) {
    for (const path of ['/store/bank/key', 'store/bank/key']) {
      const dump = chain.dump()['bank'] ?? []
      const present = Buffer.from(dump[0]?.[0] ?? '', 'latin1')
      const absent = Buffer.concat([present, Buffer.from([0])])
      for (const key of [present, absent]) {
        const answer = await ask(pool, path, key, { height, prove: true })
        expect([answer.code, answer.height]).toEqual([0, height])
        const [inStore, inApp] = answer.proofOps?.ops ?? []
        expect([inStore?.type, inApp?.type]).toEqual(['ics23:iavl', 'ics23:simple'])
        const stored = ics23.CommitmentProof.decode(inStore?.data ?? new Uint8Array())
        const app = ics23.CommitmentProof.decode(inApp?.data ?? new Uint8Array())
        const root = app.exist?.value ?? new Uint8Array()
        expect(verifyMembership(app, tendermintSpec, appHash, Buffer.from('bank'), root)).toBe(true)
        if (key === present) expect(verifyMembership(stored, iavlSpec, root, key, answer.value)).toBe(true)
        else expect(verifyNonMembership(stored, iavlSpec, root, key)).toBe(true)
        expect(answer.value.length > 0).toBe(key === present)
      }
    }
  }
  const [first, second] = heights
  expect(first?.appHash).not.toEqual(second?.appHash)
})

test('store paths that lead nowhere are refused as the SDK does', async () => {
  const at = async (path: string, data: Uint8Array = new Uint8Array([1]), height = 0, prove = false) =>
    refusal(await ask(pool, path, data, { height, prove }))
  expect(await at('/store/nope/key')).toBe('sdk/6 no such store: nope: unknown request')
  expect(await at('/store')).toBe('sdk/6 no such store: : unknown request')
  expect(await at('/store/bank/subspace')).toMatch(/^sdk\/6 unexpected query path: \/subspace/)
  expect(await at('/store/bank/key', new Uint8Array())).toBe(
    'sdk/2 query cannot be zero length: tx parse error',
  )
  expect(await at('/store/bank/key', undefined, 1, true)).toBe(
    'sdk/18 cannot query with proof when height <= 1; please provide a valid height: invalid request',
  )
})

test('unknown paths, garbage and broadcasts are refused', async () => {
  const at = async (path: string, data?: Uint8Array) => refusal(await ask(pool, path, data))
  expect(await at('')).toBe('sdk/6 no query path provided: unknown request')
  expect(await at('/nope')).toBe('sdk/6 unknown query path: unknown request')
  expect(await at('/cosmos.bank.v1beta1.Query/Nope')).toBe('sdk/6 unknown query path: unknown request')
  expect(await at('/cosmos.bank.v1beta1.Msg/Send')).toBe('sdk/6 unknown query path: unknown request')
  expect(await at('/app/nope')).toBe('sdk/6 unknown query: /app/nope: unknown request')
  expect(await at('/cosmos.tx.v1beta1.Service/BroadcastTx')).toBe(
    "sdk/18 can't route a broadcast tx message: invalid request",
  )
  for (const garbage of [[0xff], [10, 200], [0, 0, 0], [11], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]]) {
    expect(await at(BALANCE, new Uint8Array(garbage))).toMatch(/^sdk\/(18|7|10) /)
  }
  const huge = QueryAllBalancesRequest.fromPartial({ address: bob.address, pagination: { limit: 1_001n } })
  expect(
    await at('/cosmos.bank.v1beta1.Query/AllBalances', QueryAllBalancesRequest.encode(huge).finish()),
  ).toBe('sdk/18 pagination.limit 1001 is above 1000: invalid request')
})

test('version and peer filter answer', async () => {
  const version = await ask(pool, '/app/version')
  expect([version.code, Buffer.from(version.value).toString()]).toEqual([0, '0.1.0-test'])
  expect((await ask(pool, '/p2p/filter/addr/1.2.3.4:26656')).code).toBe(0)
  expect((await ask(pool, '/p2p/filter/id/abc')).code).toBe(0)
  expect((await ask(pool, '/p2p/filter')).code).toBe(6)
})

test('a missing account has the text that clients look for', async () => {
  const data = QueryAccountRequest.encode({ address: carol.address }).finish()
  const answer = await ask(pool, '/cosmos.auth.v1beta1.Query/Account', data)
  expect(refusal(answer)).toBe(
    `sdk/22 rpc error: code = NotFound desc = account ${carol.address} not found: key not found`,
  )
  expect(answer.height).toBeGreaterThan(0)
})

test('the ABCIQuery service answers by itself, without going through CometBFT', async () => {
  const inner = { path: BALANCE, data: balanceOf(bob.address), height: 0n, prove: false }
  const data = ABCIQueryRequest.encode(inner).finish()
  const answer = await ask(pool, '/cosmos.base.tendermint.v1beta1.Service/ABCIQuery', data)
  const direct = await ask(pool, BALANCE, balanceOf(bob.address))
  expect(answer.code).toBe(0)
  expect(ABCIQueryResponse.decode(answer.value).value).toEqual(direct.value)
})

test('a service that needs CometBFT says when it is away', async () => {
  const answer = await ask(pool, '/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo')
  expect(refusal(answer)).toMatch(/^query\/5 status: .*: CometBFT does not answer$/)
})

test('a simulation tells the gas and leaves no trace', async () => {
  const tx = alice.tx(chain, [send(5n)], { gas: 0n })
  const before = chain.dump()
  const path = '/cosmos.tx.v1beta1.Service/Simulate'
  const answer = await ask(pool, path, SimulateRequest.encode({ tx: undefined, txBytes: tx }).finish())
  expect(refusal(answer)).toBe('/0 ')
  const { gasInfo, result } = SimulateResponse.decode(answer.value)
  expect(result?.msgResponses.map(({ typeUrl }) => typeUrl)).toEqual(['/cosmos.bank.v1beta1.MsgSendResponse'])
  expect(result?.events.some(({ type }) => type === 'transfer')).toBe(true)
  expect(chain.dump()).toEqual(before)

  const json = await ask(pool, '/app/simulate', tx)
  const old = fromJson<SimulationResponse>(
    SimulationResponse.$type,
    JSON.parse(Buffer.from(json.value).toString()),
  )
  expect(old.gasInfo).toEqual(gasInfo)
  // What it says is what the block then takes, with the fee that a simulation without one allows 11,000 gas for.
  const options = { gas: 0x7fffffffn, fee: 7n, sequence: alice.next(chain).sequence - 1n }
  const delivered = chain.deliver(alice.tx(chain, [send(5n)], options))
  expect(delivered.code).toBe(0)
  expect(Number(gasInfo?.gasUsed)).toBeGreaterThan(delivered.gasUsed)
  expect(Number(gasInfo?.gasUsed) - delivered.gasUsed).toBeLessThan(3_000)
})

test('a simulation that fails keeps the codespace, the code and the gas of the transaction', async () => {
  const simulate = async (tx: Uint8Array) =>
    refusal(
      await ask(
        pool,
        '/cosmos.tx.v1beta1.Service/Simulate',
        SimulateRequest.encode({ tx: undefined, txBytes: tx }).finish(),
      ),
    )
  expect(await simulate(alice.tx(chain, [send(10n ** 30n)]))).toMatch(
    /^sdk\/5 .*insufficient funds with gas used: '\d+'$/,
  )
  expect(await simulate(alice.tx(chain, [send(1n)], { sequence: 0n }))).toMatch(
    /^sdk\/32 account sequence mismatch, expected \d+, got 0: incorrect account sequence/,
  )
  expect(await simulate(new Uint8Array([1, 2, 3]))).toMatch(/^sdk\/2 /)
  expect(await simulate(new Uint8Array())).toBe('sdk/18 empty txBytes is not allowed: invalid request')
  const garbage = TxDecodeRequest.encode({ txBytes: new Uint8Array([1, 2, 3]) }).finish()
  expect(refusal(await ask(pool, '/cosmos.tx.v1beta1.Service/TxDecode', garbage))).toMatch(/^sdk\/2 /)
})

test("CosmJS' own extensions read the chain through it", async () => {
  const transport = {
    abciQuery: ({ path, data, height }: { path: string; data: Uint8Array; height?: number }) =>
      ask(pool, path, data, { height: height ?? 0 }),
  }
  const client = QueryClient.withExtensions(
    transport as unknown as CometClient,
    setupBankExtension,
    setupAuthExtension,
    setupTxExtension,
  )
  expect(await client.bank.balance(bob.address, 'awadi')).toEqual({
    denom: 'awadi',
    amount: `${amountIn(await ask(pool, BALANCE, balanceOf(bob.address)))}`,
  })
  expect((await client.bank.allBalances(bob.address)).map(({ denom }) => denom)).toEqual(['awadi'])
  expect((await client.bank.totalSupply()).supply).toEqual([{ denom: 'awadi', amount: '2000000000000' }])
  expect((await client.auth.account(alice.address))?.typeUrl).toBe('/cosmos.auth.v1beta1.BaseAccount')
  await expect(client.auth.account(carol.address)).rejects.toThrow(/rpc error: code = NotFound/)
})
