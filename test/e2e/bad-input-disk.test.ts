import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { chain } from '#modules/chain.ts'
import { checkTrace, parseTrace } from '../../src/abci/grammar.ts'
import { AbciServer } from '../../src/abci/server.ts'
import { FileTrace, type TraceLine } from '../../src/abci/trace.ts'
import { createApp } from '../../src/app/create.ts'
import type { NodeHome } from '../../src/cli/node/home.ts'
import { waitForHeight } from '../../src/cli/node/rpc.ts'
import { type AppServer, type RunningNode, startNode } from '../../src/cli/node/supervisor.ts'
import { diskFiles, type LogFiles } from '../../src/store/log-files.ts'
import { openStorage } from '../../src/store/storage.ts'
import { traceFile } from './node-kit.ts'
import { Workbench } from './node-program.ts'

const bench = new Workbench()
const running: RunningNode[] = []

afterAll(async () => {
  await Promise.all(running.map((node) => node.stop()))
  await bench.remove()
}, 60_000)

/** A disk that takes half of a write and has no room for the rest. */
class FillingDisk implements LogFiles {
  full = false
  open = diskFiles.open
  datasync = diskFiles.datasync
  close = diskFiles.close
  #half = false

  write(file: number, bytes: Uint8Array, from: number, length: number, position: number): number {
    if (!this.full) return diskFiles.write(file, bytes, from, length, position)
    this.#half = !this.#half
    if (this.#half) return diskFiles.write(file, bytes, from, length >> 1, position)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
}

/** A node in this process, so that its log can be given another disk; it answers no queries. */
async function start(home: NodeHome, files: LogFiles) {
  const storage = await openStorage(home.paths.appData, chain.stores, { files })
  const recovered = storage.version
  const app = createApp({
    chain,
    state: storage,
    verifier: nativeVerifier(),
    minGasPrices: [],
    version: { software: 'test', protocol: 1n },
    log: () => {},
  })
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => {
    fail = resolve
  })
  const trace = FileTrace.open(traceFile(home.paths.home))
  const calls = {
    info: () => app.info(),
    initChain: app.initChain.bind(app),
    checkTx: app.checkTx.bind(app),
    prepareProposal: app.prepareProposal.bind(app),
    processProposal: app.processProposal.bind(app),
    finalizeBlock: app.finalizeBlock.bind(app),
    commit: app.commit.bind(app),
    disconnected: app.disconnected.bind(app),
    query: () => Promise.reject(new Error('nobody asks')),
  }
  const server = new AbciServer(calls, { onHalt: fail, trace })
  const served: AppServer = {
    failed,
    listen: (socket) => server.listen(`unix://${socket}`),
    async close() {
      await server.close()
      await storage.close()
      trace.close()
    },
  }
  const node = await startNode({ home: home.paths.home, app: served })
  running.push(node)
  return { node, recovered }
}

const isCommit = (dir: string, height: number) => (line: TraceLine) =>
  line.method === 'Commit' && line.dir === dir && (line.height === undefined || line.height === height)

test('a disk that fills up at the log halts the node before Commit, and a start with room goes on', async () => {
  const home = await bench.newHome()
  const disk = new FillingDisk()
  const { node } = await start(home, disk)
  await waitForHeight(node.rpcUrl, 3, 60_000)
  disk.full = true
  const reason = await node.exited
  expect(reason.kind).toBe('app')
  expect(reason.kind === 'app' ? reason.error.message : '').toMatch(
    /cannot write to .*\.log: ENOSPC: .*nothing of this block was committed: free space on this disk and start the node again/,
  )
  const before = parseTrace(readFileSync(traceFile(home.paths.home), 'utf8'))
  const { committed, violations } = checkTrace(before)
  const last = committed.at(-1) ?? 0
  expect(violations).toEqual([])
  // One Commit was asked for that was never answered.
  const asked = before.filter(isCommit('in', last + 1)).length
  expect(before.filter(isCommit('out', last + 1)).length).toBe(asked - 1)

  const again = await start(home, diskFiles)
  expect(again.recovered).toBe(last)
  await waitForHeight(again.node.rpcUrl, last + 3, 60_000)
  expect(await again.node.stop()).toEqual({ kind: 'stopped' })
  const after = checkTrace(parseTrace(readFileSync(traceFile(home.paths.home), 'utf8')))
  expect(after.violations).toEqual([])
  expect(after.committed.slice(0, last + 3)).toEqual(Array.from({ length: last + 3 }, (_, i) => i + 1))
}, 120_000)
