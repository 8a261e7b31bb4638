/** How a client hears of blocks: from a socket that misbehaves, and without one. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket as Peer, WebSocketServer } from 'ws'
import { BlockFeed } from '../../src/client/feed.ts'

const ACK = JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} })
const HEADER = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { query: 'q', data: {} } })
/** Longer than any test: where it would be waited for, the test fails. */
const NEVER_MS = 600_000

const servers: WebSocketServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const peer of server.clients) peer.terminate()
    server.close()
  }
})

/** A node that answers a subscription as the test says. */
async function node(answer: (peer: Peer, connection: number) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  servers.push(server)
  await once(server, 'listening')
  const asked: string[] = []
  let connections = 0
  server.on('connection', (peer) => {
    const connection = ++connections
    peer.on('message', (data) => {
      asked.push(String(data))
      answer(peer, connection)
    })
  })
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/websocket`
  return { url, server, asked, connections: () => connections }
}

test('a feed subscribes to new headers, wakes with each, and closes its socket after use', async () => {
  const { url, asked, server } = await node((peer) => peer.send(ACK))
  const feed = new BlockFeed(url, NEVER_MS)
  const release = feed.use()
  await feed.wait()
  expect(feed.isLive).toBe(true)
  expect(JSON.parse(asked[0] as string)).toMatchObject({
    method: 'subscribe',
    params: { query: "tm.event='NewBlockHeader'" },
  })
  const since = feed.wakes
  const both = Promise.all([feed.wait(), feed.wait()])
  for (const peer of server.clients) peer.send(HEADER)
  await both
  // A block that came while the node was asked is not waited for again.
  await feed.wait({ since })
  const closed = once([...server.clients][0] as Peer, 'close')
  release()
  release()
  await closed
  expect(feed.isLive).toBe(false)
})

test.each([
  ['an error', JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -1, message: 'too many' } })],
  ['what is no JSON', 'hello'],
  ['far too much', 'x'.repeat((1 << 20) + 1)],
  ['bytes', Buffer.from(ACK)],
])('a socket that answers %s is given up and tried again', async (_what, answer) => {
  const { url, connections } = await node((peer, connection) => peer.send(connection < 3 ? answer : ACK))
  const feed = new BlockFeed(url, NEVER_MS)
  const release = feed.use()
  while (!feed.isLive) await feed.wait()
  expect(connections()).toBe(3)
  release()
  feed.close(true)
})

test('while the socket is down the clock wakes', async () => {
  const feed = new BlockFeed('ws://127.0.0.1:1/websocket', 10)
  const release = feed.use()
  for (let i = 0; i < 5; i++) await feed.wait()
  expect(feed.isLive).toBe(false)
  release()
  feed.close(true)
  const polling = new BlockFeed(undefined, 10)
  await polling.wait()
})

test('those who wait for a socket that breaks are woken, and a signal ends a wait', async () => {
  const { url, server } = await node((peer) => peer.send(ACK))
  const feed = new BlockFeed(url, NEVER_MS)
  const release = feed.use()
  await feed.wait()
  const waiting = feed.wait()
  for (const peer of server.clients) peer.terminate()
  await waiting
  const stop = new AbortController()
  const aborted = feed.wait({ signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  await expect(feed.wait({ signal: stop.signal })).rejects.toThrow('enough')
  release()
  feed.close(true)
})
