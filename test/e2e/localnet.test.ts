import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkTrace, parseTrace } from '../../src/abci/grammar.ts'
import { rpcGet } from '../../src/cli/node/rpc.ts'
import { BLOCK_TIME_MS, blockAt, commonAppHash, startNet, type TestNet, traceFile } from './node-kit.ts'
import { Load } from './node-load.ts'
import { replay } from './node-replay.ts'

describe('four validators under load', () => {
  let net: TestNet
  let load: Load

  beforeAll(async () => {
    net = await startNet(4)
    await Promise.all(net.net.nodes.map((node) => node.waitHeight(2)))
    load = new Load(() => net.net.nodes.filter(({ running }) => running).map(({ rpcUrl }) => rpcUrl))
    load.start()
  }, 120_000)
  afterAll(async () => {
    await load?.stop()
    await net?.remove()
  }, 60_000)

  const heightOf = async (index: number): Promise<number> => (await net.node(index).waitHeight(1)).height

  test('go on when one of them is killed', async () => {
    await net.node(3).kill('both')
    const height = await heightOf(0)
    await net.node(0).waitHeight(height + 5)
    await commonAppHash([net.node(0), net.node(1), net.node(2)], height + 3)
  }, 60_000)

  test('stop when two of them are killed', async () => {
    await net.node(2).kill('both')
    // What was decided already is still committed.
    await sleep(1_000)
    const before = await heightOf(0)
    await sleep(15 * BLOCK_TIME_MS)
    expect(await heightOf(0)).toBe(before)
    expect(await heightOf(1)).toBeGreaterThanOrEqual(before - 1)
  }, 60_000)

  test('go on with equal app hashes when the two are back', async () => {
    const before = await heightOf(0)
    await Promise.all([net.node(2).start(), net.node(3).start()])
    await Promise.all(net.net.nodes.map((node) => node.waitHeight(before + 5, 90_000)))
    expect(await commonAppHash(net.net.nodes, before + 4)).toMatch(/^[0-9A-F]{64}$/)
    expect(await heightOf(3)).toBeGreaterThan(before)
  }, 120_000)

  test('are caught up with and followed by a full node that comes late', async () => {
    const height = await heightOf(0)
    const late = await net.net.addFullNode()
    await late.waitHeight(height + 1, 90_000)
    await expect
      .poll(async () => (await late.status())?.catchingUp, { timeout: 60_000, interval: 100 })
      .toBe(false)
    const { height: synced } = await late.waitHeight(1)
    await commonAppHash(net.net.nodes, synced + 3)
    expect((await blockAt(late.rpcUrl, 1)).hash).toBe((await blockAt(net.node(0).rpcUrl, 1)).hash)
    const validators = (await rpcGet(late.rpcUrl, '/validators')) as { readonly total: string }
    expect([late.validator, validators.total]).toEqual([false, '4'])
    const trace = parseTrace(readFileSync(traceFile(late.home.paths.home), 'utf8'))
    const { violations, caughtUp } = checkTrace(trace, { lateProposals: true })
    expect(violations).toEqual([])
    expect(caughtUp.slice(0, height)).toEqual(Array.from({ length: height }, (_, i) => i + 1))
  }, 120_000)

  test('come to what an undisturbed replay of their blocks comes to', async () => {
    await load.stop()
    const last = (await heightOf(0)) - 1
    await net.node(0).waitHeight(last + 1)
    const { sends } = await replay(net.node(0).rpcUrl, net.node(0).home.paths.genesis, last, load.offered)
    expect(sends).toBeGreaterThan(50)
  }, 120_000)
})
