import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  MAX_BODY_BYTES,
  MAX_SUBSCRIPTION_CLIENTS,
  MAX_SUBSCRIPTIONS_PER_CLIENT,
  MAX_UNSENT_ANSWERS,
  SUBSCRIPTION_BUFFER,
} from '../../src/solo/limits.ts'
import { RpcServer } from '../../src/solo/rpc/http.ts'
import { method } from '../../src/solo/rpc/method.ts'
import { call, post, Socket, until } from '../e2e/solo-kit.ts'
import { FUNDS, type KitOptions, type SoloKit, sendTx, startSoloKit } from './solo-kit.ts'

let kit: SoloKit | undefined

async function start(options: KitOptions = {}): Promise<SoloKit> {
  kit = await startSoloKit(options)
  return kit
}

afterEach(async () => {
  expect(kit?.bugs).toEqual([])
  await kit?.remove()
  kit = undefined
})

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const refusal = (message: Record<string, unknown> | undefined) =>
  (message?.['error'] as { data?: string })?.data

describe('the mempool', () => {
  test('refuses what it holds already, and holds no more than it may', async () => {
    const { rpc, node, ...rest } = await start({ mempool: { txs: 2 } })
    const of = { rpc, node, ...rest }
    const txs = [1n, 2n, 3n].map((amount) => base64(sendTx(of, 0, 1, amount)))
    await call(rpc, 'broadcast_tx_sync', { tx: txs[0] })
    await expect(call(rpc, 'broadcast_tx_sync', { tx: txs[0] })).rejects.toThrow('tx already exists in cache')
    await call(rpc, 'broadcast_tx_async', { tx: txs[1] })
    await expect(call(rpc, 'broadcast_tx_sync', { tx: txs[2] })).rejects.toThrow(
      /mempool is full: number of txs 2 \(max: 2\), total txs bytes \d+ \(max: 134217728\)/,
    )
    expect(await call(rpc, 'unconfirmed_txs')).toMatchObject({ n_txs: '2', total: '2', txs: txs.slice(0, 2) })
    node.miner.mine()
    await call(rpc, 'broadcast_tx_sync', { tx: txs[2] })
    await expect(call(rpc, 'broadcast_tx_sync', { tx: txs[0] })).rejects.toThrow('tx already exists in cache')
  })

  test('drops what a block made wrong, and looks at it anew when it comes again', async () => {
    const of = await start()
    // Together they ask for more gas than a block has, so the second waits for the next one.
    const spendAll = sendTx(of, 0, 1, FUNDS - 10n, { gas: 60_000_000n })
    const unpaid = sendTx(of, 0, 1, 1n, { gas: 60_000_000n, fee: 1_000n })
    for (const tx of [spendAll, unpaid]) expect(of.node.addTx(tx).code).toBe(0)
    const block = of.node.miner.mine()
    expect(block?.txs.map(({ tx, result }) => [tx, result.code])).toEqual([[spendAll, 0]])
    expect(of.node.producer.mempool.size).toBe(0)
    expect(of.node.addTx(unpaid).code).toBe(5)
  })
})

describe('broadcast_tx_commit', () => {
  test('answers with the result when the block is there', async () => {
    const of = await start({ mining: { kind: 'instant', idleMs: 3_600_000 } })
    const answer = await call(of.rpc, 'broadcast_tx_commit', { tx: base64(sendTx(of, 0, 1, 5n)) })
    expect(answer).toMatchObject({ height: '2', check_tx: { code: 0 }, tx_result: { code: 0 } })
  })

  test('so many wait at once, and no more', async () => {
    const of = await start()
    const waiting = Array.from({ length: MAX_SUBSCRIPTION_CLIENTS }, (_, i) =>
      call(of.rpc, 'broadcast_tx_commit', { tx: base64(sendTx(of, 0, 1, BigInt(i + 1))) }),
    )
    await until('all wait', () => of.node.producer.mempool.size === MAX_SUBSCRIPTION_CLIENTS)
    const tx = base64(sendTx(of, 1, 0, 1n))
    await expect(call(of.rpc, 'broadcast_tx_commit', { tx })).rejects.toThrow(
      'max_subscription_clients 100 reached',
    )
    of.node.miner.mine()
    const heights = (await Promise.all(waiting)).map(({ height }) => height)
    expect(new Set(heights)).toEqual(new Set(['2']))
  })
})

describe('WebSockets', () => {
  test('a client has five subscriptions at most, and a hundred clients have some', async () => {
    const { rpc } = await start()
    const sockets = await Promise.all(
      Array.from({ length: MAX_SUBSCRIPTION_CLIENTS }, () => Socket.open(rpc)),
    )
    const [first, ...others] = sockets as [Socket, ...Socket[]]
    for (let i = 0; i < MAX_SUBSCRIPTIONS_PER_CLIENT; i++)
      expect(await first.request(i, 'subscribe', { query: `a.b = ${i}` })).toHaveProperty('result')
    expect(refusal(await first.request(9, 'subscribe', { query: 'a.b = 9' }))).toBe(
      'max_subscriptions_per_client 5 reached',
    )
    for (const socket of others) await socket.request(1, 'subscribe', { query: "tm.event = 'Tx'" })
    const late = await Socket.open(rpc)
    const subscribe = () => late.request(1, 'subscribe', { query: "tm.event = 'Tx'" })
    expect(refusal(await subscribe())).toBe('max_subscription_clients 100 reached')
    // A place is free when its client is gone.
    others[0]?.close()
    await until('a free place', async () => (await subscribe())['result'] !== undefined)
    for (const socket of [...sockets, late]) socket.close()
  })

  test('a subscriber that does not read loses its subscription, and nobody waits for it', async () => {
    const of = await start()
    const slow = await Socket.open(of.rpc)
    const quick = await Socket.open(of.rpc)
    for (const socket of [slow, quick])
      await socket.request(1, 'subscribe', { query: "tm.event = 'NewBlock'" })
    slow.socket.pause()
    // Large events, so that the system's own buffers are full soon.
    const values = () => new Map([['tm.event', ['NewBlock']]])
    const text = 'x'.repeat(100_000)
    let told = 0
    for (; told < 2_000 && of.node.bus.clients > 1; told++) {
      of.node.bus.publish('NewBlock', values, () => ({
        type: 'tendermint/event/NewBlock',
        value: { text, told },
      }))
      await new Promise((done) => setImmediate(done))
    }
    expect(told).toBeGreaterThan(SUBSCRIPTION_BUFFER)
    expect(told).toBeLessThan(2_000)
    slow.socket.resume()
    await until('the last word', () => refusal(slow.messages.at(-1)) !== undefined)
    expect(refusal(slow.messages.at(-1))).toBe(
      'subscription was canceled (reason: internal subscription event buffer is out of capacity)',
    )
    // The subscription is gone, and may be made anew.
    expect(await slow.request(2, 'subscribe', { query: "tm.event = 'NewBlock'" })).toHaveProperty('result')
    await until('the quick one has all', () => quick.messages.length > told)
    slow.close()
    quick.close()
  })

  test('one that sends without reading is not read from any more', async () => {
    const { rpc } = await start()
    const socket = await Socket.open(rpc)
    socket.socket.pause()
    const more = 'x'.repeat(2_000)
    const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'genesis', params: { more } })
    let sent = 0
    const full = () => socket.socket.bufferedAmount > 1_000_000
    await until('the flood is dammed', async () => {
      for (let i = 0; i < 200 && !full(); i++, sent++) socket.socket.send(request)
      await new Promise((done) => setImmediate(done))
      return full()
    })
    // Whoever else asks is answered meanwhile.
    expect(await call(rpc, 'health')).toEqual({})
    socket.socket.resume()
    await until('all is answered in the end', () => socket.messages.length === sent, 60_000)
    expect(sent).toBeGreaterThan(MAX_UNSENT_ANSWERS)
    socket.close()
  })

  test('a message above the limit ends the connection', async () => {
    const { rpc } = await start()
    const socket = await Socket.open(rpc)
    const closed = new Promise<number>((resolve) => socket.socket.once('close', resolve))
    socket.socket.send('x'.repeat(MAX_BODY_BYTES + 1))
    // 1009: message too big (RFC 6455).
    expect([1006, 1009]).toContain(await closed)
    expect(await call(rpc, 'health')).toEqual({})
  })

  test('requests are answered in the order in which they came', async () => {
    const { rpc } = await start()
    const socket = await Socket.open(rpc)
    const methods = ['abci_query', 'health', 'abci_query', 'status', 'health']
    methods.forEach((method, id) => {
      socket.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params: {} }))
    })
    await until('all are answered', () => socket.messages.length === methods.length)
    expect(socket.messages.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4])
    socket.close()
  })

  test('another path is no WebSocket', async () => {
    const { rpc } = await start()
    const { hostname, port } = new URL(rpc)
    const socket = connect(Number(port), hostname)
    socket.write('GET /other HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
    const text = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
    expect(text).toMatch(/^HTTP\/1\.1 404 /)
    socket.destroy()
  })
})

describe('HTTP', () => {
  test('a body that never ends is not kept', async () => {
    const { rpc } = await start()
    const { hostname, port } = new URL(rpc)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
    let answer = ''
    socket.on('data', (data) => {
      answer += String(data)
    })
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`
    for (let i = 0; i < 32 && answer === ''; i++) {
      socket.write(chunk)
      await new Promise((done) => setTimeout(done, 5))
    }
    await until('an answer', () => answer !== '')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('http: request body too large')
    socket.destroy()
  })

  test('headers above the limit are refused', async () => {
    const { rpc } = await start()
    const response = await fetch(`${rpc}/health?${'x'.repeat(70_000)}`)
    expect(response.status).toBe(431)
  })

  test('two hundred callers at once are all answered', async () => {
    const { rpc } = await start()
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} })
    const answers = await Promise.all(Array.from({ length: 200 }, () => post(rpc, body)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
  })

  test('pages of every origin may call', async () => {
    const { rpc } = await start()
    const response = await fetch(`${rpc}/health`, { headers: { origin: 'https://example.com' } })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect((await fetch(rpc, { method: 'OPTIONS', headers: { origin: 'https://example.com' } })).status).toBe(
      204,
    )
  })

  test('a browser is shown what there is to call', async () => {
    const { rpc } = await start()
    const response = await fetch(rpc)
    expect(response.headers.get('content-type')).toBe('text/html')
    const page = await response.text()
    for (const name of ['health', 'tx_search?query=_', 'abci_query?path=_']) expect(page).toContain(name)
  })
})

describe('answers that nobody takes', () => {
  const MIB = 1_048_576
  /** A server of its own, whose one method answers with a text of 16 MiB, or as much as asked for. */
  async function large(maxHeldBytes?: number) {
    const { node } = await start()
    let calls = 0
    const answer = method({ mib: 'int?' }, (_, { mib }) => {
      calls++
      return { text: 'x'.repeat(Number(mib ?? 16n) * MIB) }
    })
    const service = { node, methods: new Map([['large', answer]]), onBug: () => {} }
    const server = new RpcServer(service, maxHeldBytes)
    return { server, rpc: await server.listen({ host: '127.0.0.1', port: 0 }), calls: () => calls }
  }

  test('are bounded over HTTP: whoever comes when too much is held is told to come again', async () => {
    const { server, rpc } = await large(40 * MIB)
    const { hostname, port } = new URL(rpc)
    const silent = [0, 1].map(() => {
      const socket = connect(Number(port), hostname).pause()
      socket.on('error', () => {})
      socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
      return socket
    })
    let refused = await fetch(`${rpc}/large`)
    await until('two answers are held', async () => {
      if (refused.status === 503) return true
      await refused.arrayBuffer()
      refused = await fetch(`${rpc}/large`)
      return false
    })
    expect(await refused.json()).toMatchObject({ error: { code: -32000 } })
    for (const socket of silent) socket.destroy()
    await until('there is room again', async () => (await fetch(`${rpc}/large?mib=1`)).status === 200)
    await server.close()
  })

  test('are bounded over a WebSocket: nothing more is answered until they are taken', async () => {
    const { server, rpc, calls } = await large()
    const socket = await Socket.open(rpc)
    socket.socket.pause()
    const request = (id: number) =>
      JSON.stringify({ jsonrpc: '2.0', id, method: 'large', params: { mib: '1' } })
    const SENT = 60
    for (let id = 0; id < SENT; id++) socket.socket.send(request(id))
    await until('some are answered', () => calls() > 1)
    await new Promise((done) => setTimeout(done, 300))
    // What the system holds of each connection, and two or three answers more.
    expect(calls()).toBeLessThan(SENT / 2)
    socket.socket.resume()
    await until('all are answered in the end', () => socket.messages.length === SENT, 60_000)
    socket.close()
    await server.close()
  })
})
