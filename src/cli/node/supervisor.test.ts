import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type InitOptions, initHome } from './home.ts'
import { isPortFree, pickPorts } from './ports.ts'
import { rpcGet, waitForHeight } from './rpc.ts'
import { isAlive, readRecord } from './run-record.ts'
import {
  type AppServer,
  type RunningNode,
  reasonError,
  startNode,
  untilListening,
  untilReady,
} from './supervisor.ts'

let home: string
const running: RunningNode[] = []

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'wadi-node-'))
  rmSync(home, { recursive: true })
})
afterEach(async () => {
  for (const node of running.splice(0)) await node.stop()
  rmSync(home, { recursive: true, force: true })
}, 20_000)

async function init(more: Partial<InitOptions> = {}) {
  const { ports } = await pickPorts({ rpc: 0, p2p: 0, rest: 0, grpc: 0, metrics: 0, telemetry: 0 })
  return initHome({ home, chainId: 'wadi-dev-1', blockTimeMs: 50, ports, ...more })
}

async function start(more: Partial<Parameters<typeof startNode>[0]> = {}) {
  const node = await startNode({ home, app: 'persistent_kvstore', ...more })
  running.push(node)
  return node
}

describe('a node over a built-in application', { timeout: 40_000 }, () => {
  test('makes blocks, leaves its ports free when stopped, and goes on after a restart', async () => {
    const { rpc, p2p } = await init()
    const node = await start()
    const { height, network } = await waitForHeight(node.rpcUrl, 3, 20_000)
    expect(network).toBe('wadi-dev-1')
    expect(readRecord(join(home, 'run.json'))).toMatchObject({
      cometbftPid: node.cometbftPid,
      rpcUrl: node.rpcUrl,
    })

    expect(await node.stop()).toEqual({ kind: 'stopped' })
    expect(isAlive(node.cometbftPid)).toBe(false)
    expect(readRecord(join(home, 'run.json'))).toBeUndefined()
    expect([await isPortFree(rpc.port), await isPortFree(p2p.port)]).toEqual([true, true])

    const again = await start()
    await waitForHeight(again.rpcUrl, height + 2, 20_000)
  })

  test('has the configuration written here, and CometBFT’s defaults for the rest', async () => {
    const { metrics } = await init({ prometheus: true })
    const node = await start()
    await waitForHeight(node.rpcUrl, 1, 20_000)
    const environ = readFileSync(`/proc/${node.cometbftPid}/environ`, 'utf8').split('\0')
    const threads = Number(environ.find((entry) => entry.startsWith('GOMAXPROCS='))?.split('=')[1])
    expect(threads).toBeGreaterThanOrEqual(8)
    const exposed = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text()
    expect(exposed).toContain('cometbft_consensus_height')
    // The kv indexer answers; without it this is an error.
    expect(await rpcGet(node.rpcUrl, '/tx_search?query="tx.height=1"')).toMatchObject({ total_count: '0' })
  })

  test('says that CometBFT was killed, and ends', async () => {
    await init()
    const node = await start()
    await untilReady(node)
    process.kill(node.cometbftPid, 'SIGKILL')
    const reason = await node.exited
    expect(reason).toMatchObject({ kind: 'cometbft', code: null, signal: 'SIGKILL' })
    expect(reasonError(reason).message).toMatch(/it was killed[\s\S]*start again: nothing committed is lost/)
  })

  test('refuses a home and ports that are in use', async () => {
    const { rpc } = await init()
    await start()
    await expect(start()).rejects.toThrow(`is in use by process ${process.pid}`)
    const other = `${home}-b`
    try {
      initHome({ home: other, chainId: 'wadi-dev-1', ports: { rpc: rpc.port, p2p: rpc.port } })
      await waitForHeight(`http://127.0.0.1:${rpc.port}`, 1, 20_000)
      await expect(startNode({ home: other, app: 'noop' })).rejects.toThrow(`127.0.0.1:${rpc.port} is taken`)
      expect(readRecord(join(other, 'run.json'))).toBeUndefined()
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  })

  test('explains data of CometBFT that is older than the application’s', async () => {
    await init()
    const first = await start()
    await waitForHeight(first.rpcUrl, 3, 20_000)
    await first.stop()
    const backup = `${home}-backup`
    cpSync(home, backup, { recursive: true })
    try {
      for (const file of ['blockstore.db', 'state.db', 'cs.wal'])
        rmSync(join(home, 'data', file), { recursive: true })
      const emptied = await start()
      expect(reasonError(await emptied.exited).message).toMatch(
        /data is empty while the application[\s\S]*restore blockstore/,
      )

      rmSync(home, { recursive: true })
      cpSync(backup, home, { recursive: true })
      const second = await start()
      await waitForHeight(second.rpcUrl, 6, 20_000)
      await second.stop()
      for (const file of ['blockstore.db', 'state.db', 'cs.wal']) {
        rmSync(join(home, 'data', file), { recursive: true })
        cpSync(join(backup, 'data', file), join(home, 'data', file), { recursive: true })
      }
      const behind = await start()
      expect(reasonError(await behind.exited).message).toMatch(
        /the application is at height \d+, CometBFT's data only at \d+[\s\S]*restore .*data from the same backup/,
      )
    } finally {
      rmSync(backup, { recursive: true, force: true })
    }
  })

  test('replays its blocks into an application that lost its data', async () => {
    await init()
    const first = await start()
    const { height } = await waitForHeight(first.rpcUrl, 3, 20_000)
    await first.stop()
    rmSync(join(home, 'data', 'kvstore.db'), { recursive: true })
    const again = await start()
    await waitForHeight(again.rpcUrl, height + 1, 20_000)
  })

  test('explains a genesis that CometBFT refuses', async () => {
    const { paths } = await init({ genesis: { file: join(import.meta.dirname, '../../../package.json') } })
    const node = await start()
    expect(reasonError(await node.exited).message).toMatch(`the genesis file ${paths.genesis} is not valid: `)
  })
})

/** An application that takes connections and never answers; it counts what happens to it. */
function silentApp(): AppServer & { events: string[]; fail: (error: Error) => void; drop: () => void } {
  let server: Server | undefined
  let fail: (error: Error) => void = () => {}
  const events: string[] = []
  const open = new Set<Socket>()
  const failed = new Promise<Error>((resolve) => {
    fail = resolve
  })
  return {
    events,
    failed,
    fail,
    drop: () => {
      for (const connection of open) connection.destroy()
    },
    listen: (socket) =>
      new Promise((done) => {
        server = createServer((connection) => {
          open.add(connection)
          if (events.at(-1) !== 'connected') events.push('connected')
          connection.on('error', () => connection.destroy()).resume()
        }).listen(socket, done)
        events.push('listening')
      }),
    close: () =>
      new Promise((done) => {
        events.push('closed')
        server?.close(() => done())
      }),
  }
}

test('another node that answers at the address is not taken for this one', async () => {
  await init()
  const node = await start()
  expect(await untilListening(node)).toBe(true)
  // As where two started at once, and the other one got the port.
  const late = untilListening({ ...node, home: { ...node.home, nodeId: '0'.repeat(40) } })
  await node.stop()
  expect(await late).toBe(false)
})

describe('an application of our own', { timeout: 40_000 }, () => {
  test('opens its state while CometBFT starts; one that cannot ends both, and says why', async () => {
    await init()
    const app = silentApp()
    const why = new Error('the state is damaged')
    const node = await start({
      app: {
        ...app,
        open: async () => {
          app.events.push('opening')
          throw why
        },
      },
    })
    await expect(node.opened).rejects.toBe(why)
    expect(await node.exited).toEqual({ kind: 'app', error: why })
    expect(isAlive(node.cometbftPid)).toBe(false)
    expect(app.events.filter((event) => event !== 'connected')).toEqual(['listening', 'opening', 'closed'])
    expect(readRecord(join(home, 'run.json'))).toBeUndefined()
  })

  const connected = async (events: string[]) => {
    for (let i = 0; i < 400 && !events.includes('connected'); i++)
      await new Promise((wake) => setTimeout(wake, 25))
  }

  test('listens before CometBFT starts and closes after it has ended', async () => {
    await init()
    const app = silentApp()
    const node = await start({ app })
    await connected(app.events)
    await node.stop()
    expect(app.events).toEqual(['listening', 'connected', 'closed'])
    expect(isAlive(node.cometbftPid)).toBe(false)
  })

  test('that gives up takes CometBFT with it and is named as the reason', async () => {
    await init()
    const app = silentApp()
    const node = await start({ app })
    await connected(app.events)
    const error = new Error('disk full')
    app.fail(error)
    expect(await node.exited).toEqual({ kind: 'app', error })
    expect(isAlive(node.cometbftPid)).toBe(false)
    expect(app.events.at(-1)).toBe('closed')
  })

  test('whose connections break off takes CometBFT with it, as when its process is killed', async () => {
    await init()
    const app = silentApp()
    const node = await start({ app })
    await connected(app.events)
    app.drop()
    expect(await node.exited).toMatchObject({ kind: 'cometbft' })
    expect(isAlive(node.cometbftPid)).toBe(false)
  })
})

test('a node ends in order when the process that started it is gone', { timeout: 40_000 }, async () => {
  const { rpc, paths } = await init()
  const fixture = join(import.meta.dirname, 'builtin-app.fixture.ts')
  const child = spawn(process.execPath, [fixture, '--home', home], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = new Promise((done) => child.once('exit', done))
  await waitForHeight(`http://127.0.0.1:${rpc.port}`, 1, 20_000)
  const { cometbftPid = 0 } = readRecord(paths.runRecord) ?? {}
  expect(isAlive(cometbftPid)).toBe(true)
  child.disconnect()
  expect(await ended).toBe(0)
  expect(isAlive(cometbftPid)).toBe(false)
})
