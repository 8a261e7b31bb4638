import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_PORTS, isPortFree } from '../../src/cli/node/ports.ts'
import { waitForHeight } from '../../src/cli/node/rpc.ts'
import { isAlive, readRecord } from '../../src/cli/node/run-record.ts'
import { blockAt, type StoredBlock } from './node-kit.ts'
import { type Program, Workbench } from './node-program.ts'

interface Account {
  readonly address: string
  readonly hexAddress: string
  readonly privateKey: string
  readonly public: boolean
}

interface Banner {
  readonly chainId: string
  readonly home: string
  readonly height: number
  readonly doors: Readonly<Record<string, string>>
  readonly moved: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  readonly mnemonic: string
  readonly accounts: readonly Account[]
}

const bench = new Workbench()
const home = bench.path('devnet')
afterAll(() => bench.remove(), 60_000)

/** What `npm start` runs. */
const dev = (...more: readonly string[]): Program =>
  bench.run(['dev', '--json', '--home', home, '--block-time', '200ms', ...more])

async function bannerOf(program: Program): Promise<Banner> {
  const [line] = await program.prints(/^\{"event":"banner".*\}$/m)
  return JSON.parse(line) as Banner
}

const portOf = (url: string): number => Number(new URL(url).port)

describe('npm start', { timeout: 90_000 }, () => {
  const taken = createServer()
  let program: Program
  let banner: Banner
  let third: StoredBlock

  beforeAll(async () => {
    // If somebody else has the port, it is taken just as well.
    if (await isPortFree(DEFAULT_PORTS.rpc))
      await once(taken.listen(DEFAULT_PORTS.rpc, '127.0.0.1'), 'listening')
    program = dev()
    banner = await bannerOf(program)
  }, 60_000)
  afterAll(() => taken.close())

  test('says all there is to know, in one line of JSON', () => {
    expect(banner).toMatchObject({ chainId: 'wadi-dev-1', home, height: 0 })
    expect(Object.keys(banner.doors)).toEqual(expect.arrayContaining(['rpc', 'websocket', 'rest']))
    expect(banner.versions).toMatchObject({ cometbft: '0.38.25', node: process.versions.node })
    expect(banner.versions['wadi']).toMatch(/^\d+\.\d+\.\d+/)
    expect(banner.mnemonic.split(' ')).toHaveLength(12)
    expect(banner.accounts).toHaveLength(10)
    for (const { address, hexAddress, privateKey, public: isPublic } of banner.accounts) {
      expect(address).toMatch(/^wadi1[a-z0-9]{38}$/)
      expect(hexAddress).toMatch(/^0x[0-9a-f]{40}$/)
      expect(privateKey).toMatch(/^[0-9a-f]{64}$/)
      expect(isPublic).toBe(true)
    }
  })

  test('takes the next free port where one is taken, and says so', async () => {
    const port = portOf(banner.doors['rpc'] ?? '')
    expect(port).toBeGreaterThan(DEFAULT_PORTS.rpc)
    expect(banner.moved.join('\n')).toMatch(new RegExp(`rpc.*${DEFAULT_PORTS.rpc} is taken.*${port}`))
  })

  test('commits the first block, which it announces, and serves every door', async () => {
    await program.prints(/^\{"event":"ready","height":1\}$/m)
    const { rpc = '', rest = '' } = banner.doors
    expect((await waitForHeight(rpc, 3, 30_000)).network).toBe('wadi-dev-1')
    third = await blockAt(rpc, 3)
    const balance = await fetch(`${rest}/cosmos/bank/v1beta1/balances/${banner.accounts[9]?.address}`)
    expect(await balance.json()).toMatchObject({
      balances: [{ denom: 'awadi', amount: '1000000000000000000000000' }],
    })
  })

  test('ends everything at Ctrl-C and leaves its ports free', async () => {
    const { cometbftPid = 0 } = readRecord(`${home}/run.json`) ?? {}
    expect(isAlive(cometbftPid)).toBe(true)
    expect(await program.interrupt()).toBe(0)
    expect(isAlive(cometbftPid)).toBe(false)
    expect(readRecord(`${home}/run.json`)).toBeUndefined()
    for (const url of [banner.doors['rpc'], banner.doors['rest']]) {
      expect(await isPortFree(portOf(url ?? ''))).toBe(true)
    }
    expect(program.stderr).toBe('')
  })

  test('ends at Ctrl-C before its first block too', async () => {
    const hurried = dev()
    const { height } = await bannerOf(hurried)
    expect(height).toBeGreaterThanOrEqual(3)
    expect(await hurried.interrupt()).toBe(0)
  })

  test('goes on from where it was, and starts over with --reset', async () => {
    const again = dev()
    const { height, doors } = await bannerOf(again)
    expect(height).toBeGreaterThanOrEqual(3)
    const rpc = doors['rpc'] ?? ''
    await waitForHeight(rpc, height + 1, 30_000)
    expect(await blockAt(rpc, 3)).toEqual(third)
    expect(await again.interrupt()).toBe(0)

    const fresh = dev('--reset')
    const banner = await bannerOf(fresh)
    expect(banner.height).toBe(0)
    const { network } = await waitForHeight(banner.doors['rpc'] ?? '', 3, 30_000)
    expect(network).toBe('wadi-dev-1')
    expect((await blockAt(banner.doors['rpc'] ?? '', 3)).hash).not.toBe(third.hash)
    expect(await fresh.interrupt()).toBe(0)
  })
})
