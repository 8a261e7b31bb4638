import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Localnet, runLocalnet } from './localnet.ts'
import { askLocalnet } from './localnet-control.ts'
import { initLocalnet } from './localnet-files.ts'
import { rpcGet } from './rpc.ts'

// CometBFT's own key-value application stands in for the chain: these tests are about processes.
const appCommand = (home: string) => ({
  command: process.execPath,
  args: [join(import.meta.dirname, 'builtin-app.fixture.ts'), '--home', home],
})

async function appHashAt(rpcUrl: string, height: number): Promise<string> {
  const block = (await rpcGet(rpcUrl, `/block?height=${height}`)) as {
    block: { header: { app_hash: string } }
  }
  return block.block.header.app_hash
}

describe('four validators', { timeout: 60_000 }, () => {
  let dir: string
  let net: Localnet
  const lines: string[] = []

  beforeAll(async () => {
    dir = join(mkdtempSync(join(tmpdir(), 'wadi-net-')), 'net')
    await initLocalnet({ dir, basePort: 0, blockTimeMs: 200 })
    net = await runLocalnet({ dir, appCommand, onLog: (source, line) => lines.push(`${source} ${line}`) })
  }, 60_000)
  afterAll(async () => {
    await net?.stop()
    rmSync(join(dir, '..'), { recursive: true, force: true })
  }, 60_000)

  const at = (index: number) => net.nodes[index] as Localnet['nodes'][number]

  test('share one genesis, make blocks and agree on them', async () => {
    const genesis = net.nodes.map(({ home }) => readFileSync(home.paths.genesis, 'utf8'))
    expect(new Set(genesis).size).toBe(1)
    expect(JSON.parse(genesis[0] ?? '').validators).toHaveLength(4)
    await Promise.all(net.nodes.map((node) => node.waitHeight(3)))
    const hashes = await Promise.all(net.nodes.map(({ rpcUrl }) => appHashAt(rpcUrl, 3)))
    expect(new Set(hashes).size).toBe(1)
  })

  test('go on when one is killed, stand still when two are, and go on when they are back', async () => {
    await at(3).kill('both', 'SIGKILL')
    expect([at(3).running, at(3).pids]).toEqual([false, {}])
    const { height } = await at(0).waitHeight(1)
    await at(0).waitHeight(height + 3)

    await at(2).kill('cometbft', 'SIGKILL')
    expect([at(2).running, at(2).pids]).toEqual([false, {}])
    const before = (await at(0).waitHeight(1)).height
    // Ten block times; the block under way may still land.
    await new Promise((wake) => setTimeout(wake, 2_000))
    const still = (await at(0).waitHeight(1)).height
    expect(still - before).toBeLessThanOrEqual(1)

    await Promise.all([at(2).restart(), at(3).restart()])
    await Promise.all(net.nodes.map((node) => node.waitHeight(still + 3)))
    const hashes = await Promise.all(net.nodes.map(({ rpcUrl }) => appHashAt(rpcUrl, still + 2)))
    expect(new Set(hashes).size).toBe(1)
  })

  test('are joined by a late full node, which catches up without a vote', async () => {
    const { height } = await at(0).waitHeight(5)
    const late = await net.addFullNode()
    expect([late.index, late.name, late.validator]).toEqual([4, 'node4', false])
    await late.waitHeight(height + 1)
    expect(await appHashAt(late.rpcUrl, height)).toBe(await appHashAt(at(0).rpcUrl, height))
    const validators = (await rpcGet(late.rpcUrl, '/validators')) as { total: string }
    expect(validators.total).toBe('4')
  })

  test('take commands from a second terminal', async () => {
    expect(await askLocalnet(dir, { do: 'status' })).toHaveLength(net.nodes.length)
    const [killed] = await askLocalnet(dir, { do: 'kill', node: 1 })
    expect(killed).toMatchObject({ name: 'node1', running: false, pids: {} })
    const [back] = await askLocalnet(dir, { do: 'restart', node: 1 })
    expect(back).toMatchObject({ name: 'node1', running: true })
    await expect(askLocalnet(dir, { do: 'kill', node: 9 })).rejects.toThrow('there is no node 9')
    await expect(askLocalnet(dir, { do: 'dance' } as never)).rejects.toThrow('unknown request')
    expect(lines.some((line) => line.startsWith('node1 ended (SIGKILL)'))).toBe(true)
  })

  test('cannot be run twice, nor written over', async () => {
    await expect(runLocalnet({ dir, appCommand })).rejects.toThrow('is in use by process')
    await expect(initLocalnet({ dir })).rejects.toThrow('holds a localnet already')
  })

  test('all end with the net', async () => {
    await net.stop()
    expect(net.nodes.map(({ running, pids }) => [running, pids])).toEqual(net.nodes.map(() => [false, {}]))
    expect(existsSync(join(dir, 'run.json'))).toBe(false)
    await expect(askLocalnet(dir, { do: 'status' })).rejects.toThrow('no localnet runs in')
  })
})

test('a net of an impossible size is refused', async () => {
  await expect(initLocalnet({ dir: '/nowhere', validators: 0 })).rejects.toThrow(
    '0 validators and 0 full nodes',
  )
  await expect(initLocalnet({ dir: '/nowhere', fullNodes: 40 })).rejects.toThrow('at most 32 nodes')
})
