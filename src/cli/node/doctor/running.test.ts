import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { initHome } from '../home.ts'
import type { NodeStatus } from '../rpc.ts'
import { checkHealth, checkPeers, checkRunningVersion } from './running.ts'

let folder: string
const servers: Server[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-doctor-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done))
  rmSync(folder, { recursive: true, force: true })
})

/** Answers with this document, as another program at that port might. */
async function answering(document: unknown, status = 200): Promise<string> {
  const listener: RequestListener = (_, response) => {
    response.writeHead(status, { connection: 'close' }).end(JSON.stringify(document))
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((done) => server.once('listening', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const peer = (byte: string) => `${byte.repeat(20)}@127.0.0.1:1`
const connected = (...bytes: readonly string[]) =>
  answering({
    result: {
      n_peers: `${bytes.length}`,
      peers: bytes.map((each) => ({ node_info: { id: each.repeat(20) } })),
    },
  })

function homeWith(...persistentPeers: readonly string[]) {
  return initHome({ home: join(folder, 'home'), chainId: 'wadi-dev-1', persistentPeers }).paths
}

test('a peer that is configured and not connected is named', async () => {
  const paths = homeWith(peer('aa'), peer('bb'))
  expect(await checkPeers(paths, await connected('aa', 'bb'))).toMatchObject({
    level: 'ok',
    detail: '2 peers',
  })
  expect(await checkPeers(paths, await connected('aa', 'cc'))).toMatchObject({
    level: 'warn',
    detail: `2 peers; not connected: ${peer('bb')}`,
  })
  expect(await checkPeers(paths, await connected())).toMatchObject({ level: 'fail' })
})

test('no peers are no fault where none are configured; silence is a warning', async () => {
  const paths = homeWith()
  expect(await checkPeers(paths, await connected())).toMatchObject({ level: 'ok' })
  expect(await checkPeers(paths, await answering({ error: 'no' }))).toMatchObject({ level: 'warn' })
})

test('another release of CometBFT is a warning', () => {
  const status = (version: string) => ({ version }) as NodeStatus
  expect(checkRunningVersion(status('0.38.25'))).toMatchObject({ level: 'ok' })
  expect(checkRunningVersion(status('0.37.2'))).toMatchObject({
    level: 'warn',
    detail: 'v0.37.2 runs, this program is made for v0.38.25',
  })
})

test('what a node says of its health is passed on', async () => {
  const reasons = ['stalled: no block was committed for 61 s', 'CometBFT is away']
  expect(await checkHealth(await answering({ status: 'ok', reasons: [] }))).toMatchObject({ level: 'ok' })
  expect(await checkHealth(await answering({ status: 'unhealthy', reasons }, 503))).toMatchObject({
    level: 'fail',
    detail: 'stalled: no block was committed for 61 s; CometBFT is away',
  })
})
