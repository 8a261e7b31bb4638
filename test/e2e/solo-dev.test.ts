/** Solo mode as its users meet it: the `dev_*` methods, kill -9, and what it refuses. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from '@cosmjs/proto-signing'
import { assertIsDeliverTxSuccess, calculateFee, coins, SigningStargateClient } from '@cosmjs/stargate'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { addressText, moduleAddress } from '#lib/address.ts'
import { ChainStore } from '../../src/solo/chain-store.ts'
import { type Devnet, startDevnet, wadi } from './devnet-kit.ts'
import { brokenInvariantsOf } from './solo-invariants.ts'
import { call, heightOf, until } from './solo-kit.ts'

/** Each starts the program several times. */
vi.setConfig({ testTimeout: 180_000 })

let folder: string
let home: string
let net: Devnet
let client: SigningStargateClient
let address: string

const fee = calculateFee(200_000, '0awadi')
const stranger = 'wadi1k2et9v4jk2et9v4jk2et9v4jk2et9v4jmkdxwr'

async function start(args: readonly string[] = []): Promise<void> {
  net = await startDevnet({ home, args: ['--solo', '--no-mining', ...args] })
  const hdPaths = [0, 1].map((i) => makeCosmoshubPath(i))
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: 'wadi', hdPaths })
  address = (await wallet.getAccounts())[0]?.address as string
  client = await SigningStargateClient.connectWithSigner(net.rpc, wallet, { broadcastPollIntervalMs: 20 })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-solo-dev-'))
  home = join(folder, 'home')
  await start()
}, 120_000)
afterAll(async () => {
  await net?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Waits until a transaction waits for a block. */
async function untilWaiting(): Promise<void> {
  const total = async () => (await call<{ total: string }>(net.rpc, 'num_unconfirmed_txs')).total
  await until('a transaction waits', async () => (await total()) === '1')
}

/** Sends and makes the block it is in. */
async function send(to: string, amount: string): Promise<string> {
  const sent = client.sendTokens(address, to, coins(amount, 'awadi'), fee)
  await untilWaiting()
  await call(net.rpc, 'dev_mine')
  const result = await sent
  assertIsDeliverTxSuccess(result)
  return result.transactionHash
}

const balance = async (of: string, denom = 'awadi') => (await client.getBalance(of, denom)).amount

async function restBalance(of: string): Promise<string> {
  const url = `${net.rest}/cosmos/bank/v1beta1/balances/${of}/by_denom?denom=awadi`
  return ((await (await fetch(url)).json()) as { balance: { amount: string } }).balance.amount
}

const timeOf = async (height: number) => Date.parse((await client.getBlock(height)).header.time)

describe('dev_mine', () => {
  test('makes one block, or as many as asked for', async () => {
    const before = await heightOf(net.rpc)
    expect(await call(net.rpc, 'dev_mine')).toEqual({ height: `${before + 1}` })
    expect(await call(net.rpc, 'dev_mine', { blocks: '5' })).toEqual({ height: `${before + 6}` })
    expect(await heightOf(net.rpc)).toBe(before + 6)
  })

  test.each(['0', '-1', '1001'])('refuses %s blocks', async (blocks) => {
    await expect(call(net.rpc, 'dev_mine', { blocks })).rejects.toThrow(`blocks ${blocks}: from 1 to 1000`)
  })
})

describe('dev_increase_time', () => {
  test('moves the time of the blocks to come', async () => {
    await call(net.rpc, 'dev_mine')
    const before = await heightOf(net.rpc)
    expect(await call(net.rpc, 'dev_increase_time', { seconds: '86400' })).toEqual({
      offset_seconds: '86400',
    })
    await call(net.rpc, 'dev_mine')
    expect((await timeOf(before + 1)) - (await timeOf(before))).toBeGreaterThanOrEqual(86_400_000)
    expect(await call(net.rpc, 'dev_increase_time', { seconds: '10' })).toEqual({ offset_seconds: '86410' })
  })

  test.each(['0', '-5', '99999999999'])('refuses %s seconds', async (seconds) => {
    await expect(call(net.rpc, 'dev_increase_time', { seconds })).rejects.toThrow(
      'the clock goes forward only',
    )
  })
})

describe('dev_set_balance', () => {
  const supply = async (denom: string) => {
    const response = await fetch(
      `${net.rest}/cosmos/bank/v1beta1/supply/by_denom?denom=${encodeURIComponent(denom)}`,
    )
    return BigInt(((await response.json()) as { amount: { amount: string } }).amount.amount)
  }

  test('gives an account exactly that, and the supply follows', async () => {
    const before = await supply('awadi')
    await call(net.rpc, 'dev_set_balance', { address: stranger, coins: '500awadi,7test/share' })
    expect(await balance(stranger)).toBe('500')
    expect(await balance(stranger, 'test/share')).toBe('7')
    expect(await supply('awadi')).toBe(before + 500n)
    expect(await supply('test/share')).toBe(7n)
    await call(net.rpc, 'dev_set_balance', { address: stranger, coins: [{ denom: 'awadi', amount: '20' }] })
    expect(await balance(stranger)).toBe('20')
    expect(await supply('awadi')).toBe(before + 20n)
    await call(net.rpc, 'dev_set_balance', { address: stranger, coins: '0test/share' })
    expect(await supply('test/share')).toBe(0n)
  })

  test('refuses what would break the books, and makes no block for it', async () => {
    const height = await heightOf(net.rpc)
    const collector = addressText(moduleAddress('fee_collector'))
    const refused: [object, RegExp][] = [
      [{ address: 'wadi1nonsense', coins: '1awadi' }, /wadi1nonsense/],
      [{ address: '', coins: '1awadi' }, /address/],
      [{ address: collector, coins: '1awadi' }, /module account/],
      [{ address: stranger, coins: '-1awadi' }, /write coins as/],
      [{ address: stranger, coins: 'awadi' }, /write coins as/],
      [{ address: stranger, coins: [] }, /write coins as/],
      [{ address: stranger, coins: 5 }, /write coins as/],
      [{ address: stranger, coins: [{ denom: '!', amount: '1' }] }, /invalid denom/],
      [{ address: stranger, coins: [{ denom: 'awadi', amount: 'x' }] }, /x/],
      [{ address: stranger, coins: `${2n ** 256n - 1n}awadi` }, /supply of awadi would pass/],
    ]
    for (const [params, reason] of refused)
      await expect(call(net.rpc, 'dev_set_balance', params), JSON.stringify(params)).rejects.toThrow(reason)
    expect(await heightOf(net.rpc)).toBe(height)
  })
})

describe('dev_snapshot and dev_revert', () => {
  test('bring back state, blocks, index, clock and what waited', async () => {
    const height = await heightOf(net.rpc)
    const before = {
      balance: await balance(stranger),
      sequence: (await client.getSequence(address)).sequence,
    }
    const { block_id } = await call<{ block_id: object }>(net.rpc, 'block')
    const snapshot = await call<{ id: string; height: string }>(net.rpc, 'dev_snapshot')
    expect(snapshot.height).toBe(`${height}`)

    const hash = await send(stranger, '123')
    await call(net.rpc, 'dev_increase_time', { seconds: '1000000' })
    await call(net.rpc, 'dev_mine', { blocks: '3' })
    expect(await balance(stranger)).not.toBe(before.balance)
    expect(await client.getTx(hash)).not.toBeNull()

    expect(await call(net.rpc, 'dev_revert', { id: snapshot.id })).toEqual({ height: `${height}` })
    expect(await heightOf(net.rpc)).toBe(height)
    expect((await call<{ block_id: object }>(net.rpc, 'block')).block_id).toEqual(block_id)
    expect(await balance(stranger)).toBe(before.balance)
    expect(await restBalance(stranger)).toBe(before.balance)
    expect((await client.getSequence(address)).sequence).toBe(before.sequence)
    expect(await client.getTx(hash)).toBeNull()
    expect((await client.searchTx(`tx.height > ${height}`)).length).toBe(0)
    await call(net.rpc, 'dev_mine')
    expect((await timeOf(height + 1)) - Date.now()).toBeLessThan(90_000_000)
    await send(stranger, '1')
    expect(await balance(stranger)).toBe(`${BigInt(before.balance) + 1n}`)
  })

  test('what waited for a block waits again', async () => {
    const sent = client.sendTokens(address, stranger, coins(77, 'awadi'), fee)
    await untilWaiting()
    const { id } = await call<{ id: string }>(net.rpc, 'dev_snapshot')
    await call(net.rpc, 'dev_mine')
    assertIsDeliverTxSuccess(await sent)
    await call(net.rpc, 'dev_revert', { id })
    expect(await call(net.rpc, 'num_unconfirmed_txs')).toMatchObject({ total: '1' })
    await call(net.rpc, 'dev_mine')
    expect(await call(net.rpc, 'num_unconfirmed_txs')).toMatchObject({ total: '0' })
  })

  test('a snapshot is reverted to once, and takes the later ones with it', async () => {
    const ids: string[] = []
    for (let i = 0; i < 3; i++) {
      ids.push((await call<{ id: string }>(net.rpc, 'dev_snapshot')).id)
      await call(net.rpc, 'dev_mine')
    }
    await call(net.rpc, 'dev_revert', { id: ids[1] })
    for (const id of [ids[1], ids[2], '999', '0'])
      await expect(call(net.rpc, 'dev_revert', { id })).rejects.toThrow(`there is no snapshot ${id}`)
    await call(net.rpc, 'dev_revert', { id: ids[0] })
  })

  test('several callers at once get one after the other', async () => {
    const height = await heightOf(net.rpc)
    const snapshots = await Promise.all([1, 2, 3].map(() => call<{ id: string }>(net.rpc, 'dev_snapshot')))
    expect(new Set(snapshots.map(({ id }) => id)).size).toBe(3)
    await call(net.rpc, 'dev_mine', { blocks: '2' })
    const id = snapshots.map((each) => each.id).sort((a, b) => Number(a) - Number(b))[0]
    const [reverted, status] = await Promise.all([
      call(net.rpc, 'dev_revert', { id }),
      new Promise((done) => setTimeout(done, 20)).then(() => heightOf(net.rpc)),
    ])
    expect(reverted).toEqual({ height: `${height}` })
    // A call that came while the chain was brought back sees it brought back.
    expect(status).toBe(height)
  })
})

test('state, blocks and clock outlive kill -9, and the books still balance', async () => {
  const amount = await balance(stranger)
  await call(net.rpc, 'dev_set_balance', { address: stranger, coins: '31337awadi' })
  expect(amount).not.toBe('31337')
  const height = await heightOf(net.rpc)
  const { block_id } = await call<{ block_id: object }>(net.rpc, 'block')
  await net.kill()
  await start()
  expect(await heightOf(net.rpc)).toBe(height)
  expect((await call<{ block_id: object }>(net.rpc, 'block')).block_id).toEqual(block_id)
  expect(await balance(stranger)).toBe('31337')
  await call(net.rpc, 'dev_mine')
  expect((await timeOf(height + 1)) - Date.now()).toBeGreaterThan(80_000_000)
  expect(await call(net.rpc, 'dev_increase_time', { seconds: '1' })).toEqual({ offset_seconds: '86411' })
  await net.stop()
  expect(await brokenInvariantsOf(home)).toBeUndefined()
  await start()
})

test('a revert that a kill interrupted is finished at the next start', async () => {
  const height = await heightOf(net.rpc)
  const before = await balance(stranger)
  const { id } = await call<{ id: string }>(net.rpc, 'dev_snapshot')
  await call(net.rpc, 'dev_set_balance', { address: stranger, coins: '1awadi' })
  await call(net.rpc, 'dev_mine', { blocks: '3' })
  await net.kill()
  // As it stands after the first step of a revert: it is written down, and nothing is done yet.
  const solo = join(home, 'data/solo')
  const store = ChainStore.open(solo)
  store.set({ revert: JSON.stringify({ folder: join(solo, 'snapshots', id), height, offsetMs: 0 }) })
  store.close()
  await start()
  expect(await heightOf(net.rpc)).toBe(height)
  expect(await balance(stranger)).toBe(before)
  expect(await call(net.rpc, 'dev_increase_time', { seconds: '3' })).toEqual({ offset_seconds: '3' })
  await expect(call(net.rpc, 'dev_revert', { id })).rejects.toThrow('there is no snapshot')
})

test('--reset starts over', async () => {
  await net.stop()
  await start(['--reset'])
  expect(await heightOf(net.rpc)).toBe(1)
  expect(await balance(stranger)).toBe('0')
})

test('a home belongs to one kind of consensus', async () => {
  await net.stop()
  const real = await wadi(['dev', '--home', home, '--json'])
  expect(real.code).toBe(2)
  expect(real.stderr).toContain('holds a chain of solo mode, which CometBFT cannot go on with')
  await start()
})

test.each([
  [['--solo', '--no-mining', '--block-time', '1s'], 'contradict each other'],
  [['--solo', '--trace-abci', 'trace.jsonl'], '--trace-abci needs CometBFT'],
  [['--no-mining'], '--no-mining is of solo mode'],
  [['--solo', '--block-time', 'soon'], 'soon is not a duration'],
])('%j is refused', async (args, reason) => {
  const { code, stderr } = await wadi(['dev', '--home', join(folder, 'other'), ...args])
  expect(code).toBe(2)
  expect(stderr).toContain(reason)
})
