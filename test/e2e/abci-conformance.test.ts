/**
 * The socket server behind the real CometBFT: clean start, transactions, either process killed, a halt. Every frame is
 * traced, and one grammar check runs over the whole life of the chain.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { searchCometbft } from '../../scripts/cometbft.mjs'
import { checkTrace, parseTrace } from '../../src/abci/grammar.ts'
import { AbciServer } from '../../src/abci/server.ts'
import { CHECK_OK, TestApp } from '../../src/abci/testkit.ts'
import { FileTrace } from '../../src/abci/trace.ts'
import type { FinalizeBlockRequest, ResultSink } from '../../src/abci/types.ts'

const home = mkdtempSync(join(tmpdir(), 'abci-e2e-'))
const tracePath = join(home, 'trace.jsonl')
const socket = `unix://${join(home, 'abci.sock')}`
let cometbft = ''
let rpc = 0
const children: ChildProcess[] = []

/** An app whose committed state outlives its server, as a disk would. */
class Counter extends TestApp {
  txs = 0
  haltAt = Number.POSITIVE_INFINITY
  private pending = 0

  override finalizeBlock(req: FinalizeBlockRequest, results: ResultSink) {
    if (req.height === this.haltAt) throw new Error('asked to halt')
    this.pending = req.txs.length
    const event = { type: 'counted', attributes: ['how', 'один', 'height', `${req.height}`] }
    for (const _ of req.txs) results.push({ ...CHECK_OK, events: [event] })
    return super.finalizeBlock(req, [])
  }

  override commit() {
    this.txs += this.pending
    return super.commit()
  }
}

const app = new Counter()
const halts: Error[] = []
let server: AbciServer
let trace: FileTrace

async function serve(): Promise<void> {
  trace = FileTrace.open(tracePath)
  server = new AbciServer(app, { onHalt: (error) => halts.push(error), trace })
  await server.listen(socket)
}

async function stopServing(): Promise<void> {
  await server.close()
  trace.close()
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

function startNode(): ChildProcess {
  const flags = ['--home', home, '--proxy_app', socket, '--rpc.laddr', `tcp://127.0.0.1:${rpc}`]
  const child = spawn(cometbft, ['start', ...flags, '--p2p.laddr', 'tcp://127.0.0.1:0'], { stdio: 'ignore' })
  children.push(child)
  return child
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

async function height(reached: number): Promise<void> {
  while (app.height < reached) await new Promise((resolve) => setTimeout(resolve, 20))
}

async function call(path: string): Promise<{ readonly result: Record<string, unknown> }> {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${rpc}/${path}`)
      return (await response.json()) as { result: Record<string, unknown> }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50)) // the node is not up yet
    }
  }
}

beforeAll(async () => {
  cometbft = searchCometbft().path ?? expect.fail('CometBFT is missing: node scripts/setup.mjs')
  expect(spawnSync(cometbft, ['init', '--home', home]).status).toBe(0)
  rpc = await freePort()
  const config = join(home, 'config', 'config.toml')
  const text = readFileSync(config, 'utf8').replace(/^timeout_commit = .*$/m, 'timeout_commit = "50ms"')
  writeFileSync(config, text)
})

afterAll(async () => {
  for (const child of children) await kill(child, 'SIGKILL')
  await server?.close()
  rmSync(home, { recursive: true, force: true })
})

describe('the server behind CometBFT', () => {
  it('starts a chain, takes transactions, answers queries', async () => {
    await serve()
    startNode()
    await height(2)
    for (let i = 0; i < 50; i++) {
      const sent = await call(`broadcast_tx_sync?tx="tx${i}"`)
      expect(sent.result['code']).toBe(0)
    }
    while (app.txs < 50) await new Promise((resolve) => setTimeout(resolve, 20))
    const query = await call('abci_query?path="/balance"&height=-7')
    expect(query).toMatchObject({
      result: { response: { value: Buffer.from('/balance').toString('base64') } },
    })
    const found = await call(`tx_search?query="counted.how='один'"`)
    expect(found.result['total_count']).toBe('50')
  })

  it('goes on after CometBFT is killed, three times, under load', async () => {
    for (let i = 0; i < 3; i++) {
      await kill(children.at(-1) as ChildProcess, 'SIGKILL')
      const before = app.height
      startNode()
      await height(before + 2)
      await call(`broadcast_tx_sync?tx="again${i}"`)
    }
    expect(app.calls.filter((name) => name === 'disconnected').length).toBeGreaterThanOrEqual(3)
  })

  it('goes on after the server is killed: CometBFT ends itself and comes back', async () => {
    const node = children.at(-1) as ChildProcess
    const exited = once(node, 'exit')
    await stopServing()
    await exited
    await serve()
    const before = app.height
    startNode()
    await height(before + 3)
  })

  it('halts before Commit when a handler throws; nothing is lost', async () => {
    const node = children.at(-1) as ChildProcess
    const exited = once(node, 'exit')
    app.haltAt = app.height + 3
    await exited
    expect(halts.map((error) => error.message)).toEqual(['asked to halt'])
    expect(app.height).toBe(app.haltAt - 1)
    await stopServing()
    app.haltAt = Number.POSITIVE_INFINITY
    await serve()
    startNode()
    await height(app.height + 3)
    const last = children.at(-1) as ChildProcess
    await kill(last, 'SIGTERM')
    await stopServing()
  })

  it('leaves a trace that obeys the grammar over all of this', () => {
    const lines = parseTrace(readFileSync(tracePath, 'utf8'))
    const report = checkTrace(lines)
    expect(report.violations).toEqual([])
    expect(report.committed).toEqual(Array.from({ length: app.height }, (_, i) => i + 1))
    expect(lines.filter((line) => line.dir === 'start').length).toBe(3)
    expect(lines.filter((line) => line.method === 'Exception').length).toBe(1)
    // replayed after a kill, at most one block each time
    expect(report.caughtUp.length).toBeLessThanOrEqual(5)
  })
})
