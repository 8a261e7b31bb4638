import { once } from 'node:events'
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeHome } from '../../src/cli/node/home.ts'
import { nodeStatus, waitForHeight } from '../../src/cli/node/rpc.ts'
import { readRecord } from '../../src/cli/node/run-record.ts'
import { type Program, Workbench } from './node-program.ts'

const bench = new Workbench()
/** A node that was stopped in order, and the same one some blocks later. */
let early: NodeHome
let late: NodeHome
let lateHeight = 0

const urlOf = ({ rpc }: NodeHome): string => `http://${rpc.host}:${rpc.port}`

/** Runs a home until it has committed a height, then stops it; the height it had then. */
async function runTo(home: NodeHome, height: number): Promise<number> {
  const node = bench.start(home)
  await waitForHeight(urlOf(home), height, 60_000)
  const reached = await nodeStatus(urlOf(home))
  expect(await node.interrupt()).toBe(0)
  return reached?.height ?? 0
}

/** What a start that must fail says. */
async function refusal(node: Program): Promise<string> {
  expect(await node.ended()).toBe(1)
  return node.stderr
}

beforeAll(async () => {
  early = await bench.newHome()
  await runTo(early, 3)
  late = bench.copyHome(early)
  lateHeight = await runTo(late, 7)
}, 120_000)
afterAll(() => bench.remove(), 60_000)

/** The newest segment of a home's log. */
function logOf({ paths }: NodeHome): string {
  const folder = join(paths.appData, 'log')
  return join(folder, readdirSync(folder).toSorted().at(-1) ?? '')
}

describe('the log of the state', { timeout: 90_000 }, () => {
  test('with a torn tail is cut, which is said, and the node goes on', async () => {
    const home = bench.copyHome(late)
    const log = logOf(home)
    const { length } = readFileSync(log)
    truncateSync(log, length - 7)
    const node = bench.start(home)
    const [said] = await node.prints(/[^\n]*the last record was torn at byte \d+ of \d+ and is cut[^\n]*/)
    expect(said).toContain(log)
    expect(said).toContain(`of ${length - 7} and is cut; its block was not committed and will be replayed`)
    await waitForHeight(urlOf(home), lateHeight + 2, 60_000)
    expect(await node.interrupt()).toBe(0)
  })

  test('damaged in the middle is refused with what to do, and stays as it is', async () => {
    const home = bench.copyHome(late)
    const log = logOf(home)
    const bytes = readFileSync(log)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] as number) ^ 0x01
    writeFileSync(log, bytes)
    const said = await refusal(bench.start(home))
    expect(said).toMatch(/is damaged at byte \d+: /)
    expect(said).toContain(log)
    expect(said).toContain('restore the data folder from a backup or a snapshot, or empty it')
    expect(readFileSync(log)).toEqual(bytes)
  })
})

describe('data of two ages', { timeout: 90_000 }, () => {
  test('is refused with what to do where the application is ahead of CometBFT', async () => {
    const home = bench.copyHome(early)
    rmSync(home.paths.appData, { recursive: true })
    cpSync(late.paths.appData, home.paths.appData, { recursive: true })
    const said = await refusal(bench.start(home))
    expect(said).toMatch(
      new RegExp(`the application is at height ${lateHeight}, CometBFT's data only at \\d+`),
    )
    expect(said).toContain(`restore ${home.paths.home}/data from the same backup`)
  })

  test('is refused with what to do where CometBFT lost everything', async () => {
    const home = bench.copyHome(late)
    for (const file of ['blockstore.db', 'state.db', 'cs.wal'])
      rmSync(join(home.paths.data, file), { recursive: true })
    const said = await refusal(bench.start(home))
    expect(said).toContain("CometBFT's data is empty while the application already holds blocks")
    expect(said).toMatch(/restore blockstore\.db, state\.db and cs\.wal/)
  })

  test.each([
    ['is behind CometBFT', true],
    ['lost everything', false],
  ])('leads to a replay of the blocks between where the application %s', async (_, restore) => {
    const home = bench.copyHome(late)
    rmSync(home.paths.appData, { recursive: true })
    if (restore) cpSync(early.paths.appData, home.paths.appData, { recursive: true })
    const node = bench.start(home)
    await waitForHeight(urlOf(home), lateHeight + 2, 60_000)
    expect(await node.interrupt()).toBe(0)
  })
})

describe('processes', { timeout: 90_000 }, () => {
  test('a second one on the same home is refused, and the first goes on; a killed CometBFT ends it', async () => {
    const home = bench.copyHome(late)
    const node = bench.start(home)
    const { height } = await waitForHeight(urlOf(home), lateHeight + 1, 60_000)
    const said = await refusal(bench.start(home))
    expect(said).toContain(`${home.paths.home} is in use by process ${node.pid}`)
    expect(said).toContain('stop that process first')
    await waitForHeight(urlOf(home), height + 2, 60_000)

    process.kill(readRecord(home.paths.runRecord)?.cometbftPid ?? 0, 'SIGKILL')
    const last = await refusal(node)
    expect(last).toMatch(/CometBFT ended unexpectedly \(signal SIGKILL\): it was killed/)
    expect(last).toContain('start again: nothing committed is lost')
    expect(await runTo(home, height + 4)).toBeGreaterThanOrEqual(height + 4)
  })

  test.each(['rpc', 'rest'] as const)(
    'with the %s address taken it is named, and nothing is left running',
    async (door) => {
      const home = bench.copyHome(early)
      const { host, port } = door === 'rpc' ? home.rpc : home.app.rest
      const other = createServer().listen(port, host)
      try {
        await once(other, 'listening')
        const said = await refusal(bench.start(home))
        expect(said).toContain(`${host}:${port}`)
        expect(said).toMatch(/taken|in use/)
        expect(readRecord(home.paths.runRecord)).toBeUndefined()
      } finally {
        other.close()
      }
      await runTo(home, lateHeight)
    },
  )

  test('without CometBFT anywhere there is one error with the ways to get it', async () => {
    const none = { PATH: bench.folder, XDG_CACHE_HOME: bench.path('cache'), COMETBFT: '' }
    const said = await refusal(bench.start(early, none))
    expect(said).toContain('CometBFT v0.38.25 was not found')
    expect(said).toContain('node scripts/setup.mjs')
    expect(said).toContain('COMETBFT=/path/to/cometbft')
  })

  test('with another version of CometBFT the error says which it is and where', async () => {
    const other = bench.path('cometbft-other')
    writeFileSync(other, '#!/bin/sh\necho 1.0.1\n')
    chmodSync(other, 0o755)
    const env = { PATH: bench.folder, XDG_CACHE_HOME: bench.path('cache'), COMETBFT: other }
    const said = await refusal(bench.start(early, env))
    expect(said).toContain(`$COMETBFT: ${other} is version 1.0.1, not 0.38.25`)
  })
})

type Json = { [key: string]: Json } & { [key: number]: Json } & string

describe('a genesis that cannot start a chain is refused by file, path, value and fix', () => {
  test.each<[string, (doc: Json) => void, readonly (string | RegExp)[]]>([
    [
      'a negative balance',
      (doc) => {
        ;(doc['app_state']?.['bank']?.['balances']?.[2]?.['coins']?.[0] as Json)['amount'] = '-5' as Json
      },
      [/app_state\.bank\.balances\[2\]/, '-5'],
    ],
    [
      'a module that the chain does not have',
      (doc) => {
        ;(doc['app_state'] as Json)['minting'] = {} as Json
      },
      ['app_state."minting"', 'no module has this name; there are'],
    ],
    [
      'a parameter out of its bounds',
      (doc) => {
        ;(doc['app_state'] as Json)['asset'] = { params: { commit_ttl: 1 } } as unknown as Json
      },
      [/app_state\.asset/, /commit/i],
    ],
    [
      'a field that no message has',
      (doc) => {
        ;(doc['app_state']?.['auth'] as Json)['acounts'] = [] as unknown as Json
      },
      [/app_state\.auth/, 'acounts'],
    ],
    [
      'an address of another chain',
      (doc) => {
        ;(doc['app_state']?.['system'] as Json)['authority'] =
          'cosmos1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du' as Json
      },
      [/app_state\.system/, 'cosmos1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du'],
    ],
  ])(
    '%s',
    async (_, damage, parts) => {
      const home = await bench.newHome()
      const doc = JSON.parse(readFileSync(home.paths.genesis, 'utf8')) as Json
      damage(doc)
      writeFileSync(home.paths.genesis, JSON.stringify(doc))
      const said = await refusal(bench.start(home))
      for (const part of [home.paths.genesis, ...parts]) expect(said).toMatch(part)
    },
    60_000,
  )
})
