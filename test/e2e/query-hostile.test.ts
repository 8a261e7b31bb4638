/** Clients that leave requests unfinished and answers untaken: whoever else asks is served meanwhile. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { GrpcLimits } from '../../src/query/grpc/limits.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import type { RestOptions } from '../../src/query/rest.ts'
import { framed, RawConnection, reply } from './grpc-kit.ts'
import { genesis, queryChain, startPool } from './query-kit.ts'

const SUPPLY = '/cosmos/bank/v1beta1/supply'
const CONFIG = '/cosmos/base/node/v1beta1/config'
const METADATA = '/cosmos/bank/v1beta1/denoms_metadata'
const TXS = '/cosmos/tx/v1beta1/txs'
const DECODE = '/cosmos/tx/v1beta1/decode'

/** One denomination whose description makes its answer a megabyte. */
const LARGE = 1_000_000
const { chain, store } = queryChain(100, {
  ...genesis,
  bank: {
    ...genesis.bank,
    denom_metadata: [
      {
        description: 'x'.repeat(LARGE),
        denom_units: [{ denom: 'awadi', exponent: 0 }],
        base: 'awadi',
        display: 'awadi',
        name: 'Wadi',
        symbol: 'WADI',
      },
    ],
  },
})
const WAIT = { timeout: 20_000 }
const logged: unknown[] = []
const pools: QueryPool[] = []
const sockets: Socket[] = []

beforeAll(() => {
  chain.advanceBlocks(2)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const pool of pools.splice(0)) await pool.close()
})

async function start(
  rest: Partial<RestOptions>,
  limits: Partial<GrpcLimits> = {},
  rpcUrl?: string,
): Promise<{ readonly url: string; readonly grpc: string }> {
  const pool = await startPool(store, {
    rest: { host: '127.0.0.1', port: 0, ...rest },
    grpc: { host: '127.0.0.1', port: 0, limits },
    log: (...line) => logged.push(line),
    ...(rpcUrl === undefined ? {} : { rpcUrl }),
  })
  pools.push(pool)
  return { url: pool.restUrl ?? expect.fail('no REST'), grpc: pool.grpcAddress ?? expect.fail('no gRPC') }
}

/** A connection to REST that has sent this, and what came back so far. */
async function send(url: string, text: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  sockets.push(socket)
  let received = ''
  socket
    .on('error', () => {})
    .on('data', (data: Buffer) => {
      received += data.toString('latin1')
    })
  await once(socket, 'connect')
  await new Promise((resolve) => socket.write(text, resolve))
  return { socket, received: () => received }
}

type Sent = Awaited<ReturnType<typeof send>>

const head = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init)
  await response.arrayBuffer()
  return response.status
}

/** An RPC of CometBFT that takes every question and answers none. */
async function silentRpc(): Promise<string> {
  const server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

describe('REST', () => {
  test('300 unfinished bodies keep neither GETs, nor pages, nor whole bodies from being answered', async () => {
    const { url } = await start({})
    for (let i = 0; i < 300; i++) await send(url, `${head(DECODE, 10)}{`)
    for (const path of [SUPPLY, '/openapi.json', '/', '/keplr/chain-info.json', CONFIG])
      expect([path, await statusOf(url + path)]).toEqual([path, 200])
    // Read whole, and refused for what it says.
    const decode = await fetch(url + DECODE, { method: 'POST', body: '{}' })
    expect([decode.status, await decode.json()]).toMatchObject([
      400,
      { message: expect.stringMatching(/empty tx bytes/) },
    ])
    // One that waits for CometBFT, which is away, waits.
    expect(await statusOf(`${url}${TXS}?query=a=1`)).toBe(503)
  })

  test('where bodies take too much memory the largest gets 503, and smaller ones arrive', async () => {
    const { url } = await start({ maxBodyBytes: 50_000, maxReceivingBytes: 100_000 })
    const held: Sent[] = []
    for (const bytes of [40_000, 45_000, 10_000])
      held.push(await send(url, head(DECODE, 50_000) + ' '.repeat(bytes)))
    // 95,000 bytes wait; 10,000 more are too many.
    held.push(await send(url, head(DECODE, 50_000) + ' '.repeat(10_000)))
    await expect
      .poll(() => held[1]?.received())
      .toMatch(/^HTTP\/1\.1 503 [\s\S]*connection: close[\s\S]*bytes wait to be/i)
    expect(held.map(({ received }) => received().slice(9, 12))).toEqual(['', '503', '', ''])
    expect(await statusOf(url + DECODE, { method: 'POST', body: '{}' })).toBe(400)
  })

  test('a body that says it is too large gets 413 before it is sent', async () => {
    const { url } = await start({ maxBodyBytes: 1_000 })
    const { received } = await send(url, head(DECODE, 1_001))
    await expect.poll(received, WAIT).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('a body in pieces of a byte is joined', async () => {
    const { url } = await start({})
    const body = '{"tx_bytes":""}'
    const { socket, received } = await send(url, head(DECODE, body.length))
    for (const byte of body) {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await expect.poll(received, WAIT).toMatch(/^HTTP\/1\.1 400 [\s\S]*empty tx bytes/)
  })

  test('while as many wait for CometBFT as may, what need not wait is answered', async () => {
    const { url } = await start({ maxConcurrent: 2 }, {}, await silentRpc())
    const search = `GET ${TXS}?query=a=1 HTTP/1.1\r\nhost: x\r\n\r\n`
    const asked: Sent[] = []
    for (let i = 0; i < 3; i++) asked.push(await send(url, search))
    await expect
      .poll(() => asked.map(({ received }) => received().slice(9, 12)).toSorted(), WAIT)
      .toEqual(['', '', '503'])
    for (const path of [SUPPLY, '/openapi.json', CONFIG])
      expect([path, await statusOf(url + path)]).toEqual([path, 200])
    expect(await statusOf(url + DECODE, { method: 'POST', body: '{}' })).toBe(400)
  })

  test('a connection that asks on without waiting takes no more than four of the places', async () => {
    const { url } = await start({ maxConcurrent: 6 }, {}, await silentRpc())
    const search = `GET ${TXS}?query=a=1 HTTP/1.1\r\nhost: x\r\n\r\n`
    await send(url, search.repeat(20))
    // Two places are left: two more wait, a third does not.
    const others: Sent[] = []
    for (let i = 0; i < 3; i++) others.push(await send(url, search))
    await expect
      .poll(() => others.map(({ received }) => received().slice(9, 12)).toSorted(), WAIT)
      .toEqual(['', '', '503'])
  })

  test('answers that clients do not take are counted: large ones become 503, small ones do not', async () => {
    const { url } = await start({ maxUnsentBytes: 8 * LARGE })
    const idle: Socket[] = []
    for (let i = 0; i < 4; i++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      sockets.push(socket.on('error', () => {}).pause())
      await once(socket, 'connect')
      idle.push(socket)
    }
    // The system takes some megabytes for each connection; the rest stays with the node.
    let refused = ''
    while (!refused.startsWith('503')) {
      for (const socket of idle) socket.write(`GET ${METADATA} HTTP/1.1\r\nhost: x\r\n\r\n`)
      const response = await fetch(url + METADATA)
      refused = `${response.status} ${await response.text()}`
    }
    expect(refused).toMatch(
      /^503 {"code":14,"message":"clients have not taken \d+ bytes of answers: the node has too/,
    )
    for (const path of [SUPPLY, '/openapi.json', CONFIG])
      expect([path, await statusOf(url + path)]).toEqual([path, 200])
    for (const socket of idle) socket.destroy()
    await expect.poll(() => statusOf(url + METADATA), WAIT).toBe(200)
  })

  test('an answer that is taken slowly is taken whole', async () => {
    const { url } = await start({})
    const { socket, received } = await send(url, `GET ${METADATA} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(8))
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.resume()
    await expect.poll(() => received().match(/HTTP\/1\.1 200 OK/g)?.length, WAIT).toBe(8)
    await expect.poll(() => received().length, WAIT).toBeGreaterThan(8 * LARGE)
  })
})

describe('gRPC', () => {
  const CHECK = '/grpc.health.v1.Health/Check'
  const EMPTY = framed(new Uint8Array())
  const dialed: RawConnection[] = []
  const dial = (to: string) => {
    const connection = new RawConnection(to)
    dialed.push(connection)
    return connection
  }
  afterEach(() => {
    for (const connection of dialed.splice(0)) connection.close()
  })

  test('a few connections with as many unfinished calls as they may have keep nobody from being answered', async () => {
    const { grpc } = await start({})
    for (let n = 0; n < 6; n++) {
      const connection = dial(grpc)
      await once(connection.session, 'remoteSettings')
      const most = connection.session.remoteSettings.maxConcurrentStreams ?? 0
      expect(most).toBe(100)
      for (let i = 0; i < most; i++) connection.open(CHECK).write(Buffer.of(0))
      // Answered after them, on the same connection, so that they have arrived.
      await new Promise((resolve) => connection.session.ping(resolve))
    }
    expect((await dial(grpc).call(CHECK, EMPTY)).status).toBe(0)
  })

  test('where requests take too much memory the largest is refused, and others are answered', async () => {
    const { grpc } = await start({}, { receivingBytes: 50_000 })
    const connection = dial(grpc)
    const [large, larger] = [20_000, 25_000].map((bytes) => {
      const stream = connection.open(CHECK)
      stream.write(framed(new Uint8Array(bytes), 60_000))
      return { stream, replied: reply(stream) }
    })
    await new Promise((resolve) => connection.session.ping(resolve))
    const other = dial(grpc)
    // 45,010 bytes wait; 10,000 more are too many, and are no request themselves.
    const asked = await other.call(CHECK, framed(new Uint8Array(10_000)))
    expect(asked.status).not.toBe(8)
    const refused = await larger?.replied
    expect([refused?.status, refused?.message]).toMatchObject([
      8,
      expect.stringMatching(/^\d+ bytes wait to be requests/),
    ])
    expect(large?.stream.closed).toBe(false)
    expect((await other.call(CHECK, EMPTY)).status).toBe(0)
  })

  test('answers that clients do not take are counted: large ones are refused, small ones are not', async () => {
    const { grpc } = await start({}, { unsentBytes: 3 * LARGE })
    const path = '/cosmos.bank.v1beta1.Query/DenomsMetadata'
    const idle = dial(grpc)
    for (let i = 0; i < 4; i++) {
      const stream = idle.open(path).pause()
      stream.end(EMPTY)
    }
    const other = dial(grpc)
    await expect.poll(async () => (await other.call(path, EMPTY)).status, WAIT).toBe(8)
    expect((await other.call(path, EMPTY)).message).toMatch(/^clients have not taken \d+ bytes of answers/)
    expect((await other.call(CHECK, EMPTY)).status).toBe(0)
    idle.close()
    await expect.poll(async () => (await other.call(path, EMPTY)).status, WAIT).toBe(0)
  })
})

test('none of it was a bug in the node', () => {
  expect(logged).toEqual([])
})
