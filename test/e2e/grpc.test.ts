/** gRPC in the query worker: answers, heights, health, reflection, and what nobody should send. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { QueryBalanceRequest, QueryBalanceResponse } from '#gen/cosmos/bank/v1beta1/query.ts'
import { HealthCheckRequest, HealthCheckResponse } from '#gen/grpc/health/v1/health.ts'
import { ServerReflectionRequest } from '#gen/grpc/reflection/v1/reflection.ts'
import { initHome } from '../../src/cli/node/home.ts'
import { pickPorts } from '../../src/cli/node/ports.ts'
import type { GrpcLimits } from '../../src/query/grpc/limits.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import { wadi } from './devnet-kit.ts'
import { framed, RawConnection, type RawReply, reflect, reply } from './grpc-kit.ts'
import { alice, carol, genesis, queryChain, startPool } from './query-kit.ts'

const KEPT = 10
const { chain, store } = queryChain(KEPT)
const logged: unknown[] = []
const pools: QueryPool[] = []
const connections: RawConnection[] = []

/** A pool whose gRPC has these limits; ended after the test. */
async function poolWith(limits: Partial<GrpcLimits>, rpcUrl = 'http://127.0.0.1:1'): Promise<string> {
  const grpc = { host: '127.0.0.1', port: 0, limits }
  const pool = await startPool(store, { grpc, rpcUrl, log: (...line) => logged.push(line) })
  pools.push(pool)
  return pool.grpcAddress ?? expect.fail('gRPC does not listen')
}

let address = ''
let main: QueryPool

beforeAll(async () => {
  chain.advanceBlocks(30)
  main = await startPool(store, {
    grpc: { host: '127.0.0.1', port: 0, limits: { messageBytes: 10_000 } },
    log: (...line) => logged.push(line),
  })
  address = main.grpcAddress ?? ''
})
afterAll(() => main.close())
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close()
  for (const pool of pools.splice(0)) await pool.close()
})

function dial(to = address): RawConnection {
  const connection = new RawConnection(to)
  connections.push(connection)
  return connection
}

const BALANCE = '/cosmos.bank.v1beta1.Query/Balance'
const NODE_INFO = '/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo'
const CHECK = '/grpc.health.v1.Health/Check'
const WATCH = '/grpc.health.v1.Health/Watch'
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
const EMPTY = framed(new Uint8Array())
const balanceOf = (who = alice.address) =>
  framed(QueryBalanceRequest.encode({ address: who, denom: 'awadi' }).finish())
const health = (service: string) => framed(HealthCheckRequest.encode({ service }).finish())

function expectStatus({ http, status, message, body }: RawReply, code: number, text: RegExp): void {
  expect([http, status, body.length]).toEqual([200, code, 0])
  expect(message).toMatch(text)
}

/** An RPC of CometBFT that takes every question and answers none. */
async function silentRpc() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

describe('answers', () => {
  test('are the messages that abci_query gives, with their height in the headers', async () => {
    const { http, status, message, height, body } = await dial().call(BALANCE, balanceOf())
    expect([http, status, message, height]).toEqual([200, 0, '', `${chain.height}`])
    const answer = await main.query({ path: BALANCE, data: balanceOf().subarray(5), height: 0, prove: false })
    expect(body).toEqual(framed(answer.value))
    expect(QueryBalanceResponse.decode(answer.value).balance?.amount).toBe('1000000000000')
  })

  test('hold for the height that the headers ask for', async () => {
    const wanted = `${chain.height - KEPT + 1}`
    const { status, height } = await dial().call(BALANCE, balanceOf(), { 'x-cosmos-block-height': wanted })
    expect([status, height]).toEqual([0, wanted])
  })

  test('come to many calls on one connection, each to its own', async () => {
    const connection = dial()
    const replies = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        connection.call(i % 2 === 0 ? BALANCE : CHECK, i % 2 === 0 ? balanceOf() : health('')),
      ),
    )
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([0]))
    const [even, odd] = [replies[0]?.body, replies[1]?.body]
    expect(replies.every(({ body }, i) => body.equals((i % 2 === 0 ? even : odd) as Buffer))).toBe(true)
  })

  test('come to a request that is sent byte by byte', async () => {
    const stream = dial().open(BALANCE)
    const answered = reply(stream)
    for (const byte of balanceOf()) {
      stream.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    stream.end()
    expect((await answered).status).toBe(0)
  })
})

describe('health', () => {
  const statusIn = ({ body }: RawReply) => HealthCheckResponse.decode(body.subarray(5)).status

  test('the node and each of its services serve', async () => {
    const connection = dial()
    for (const service of [
      '',
      'cosmos.bank.v1beta1.Query',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
    ]) {
      const checked = await connection.call(CHECK, health(service))
      expect([service, checked.status, statusIn(checked)]).toEqual([service, 0, 1])
    }
    expectStatus(await connection.call(CHECK, health('nope')), 5, /^service "nope": not found$/)
  })

  test('a watch tells a change once, and others nothing', async () => {
    const young = queryChain()
    const pool = await startPool(young.store, {
      grpc: { host: '127.0.0.1', port: 0, limits: { callMs: 400 } },
    })
    pools.push(pool)
    const connection = dial(pool.grpcAddress)
    expect(statusIn(await connection.call(CHECK, health('')))).toBe(2)
    const told: number[][] = []
    const streams = ['', 'nope'].map((service, i) => {
      told.push([])
      const stream = connection.open(WATCH)
      stream.on('data', (body: Buffer) => told[i]?.push(HealthCheckResponse.decode(body.subarray(5)).status))
      stream.write(health(service))
      return stream
    })
    await expect.poll(() => told).toEqual([[2], [3]])
    young.chain.nextBlock()
    await expect.poll(() => told).toEqual([[2, 1], [3]])
    // Longer than a call may take: silence is what a watch is for.
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect([told, streams.map(({ closed }) => closed)]).toEqual([
      [[2, 1], [3]],
      [false, false],
    ])
  })

  test('more watches than it bears are refused, until one ends', async () => {
    const connection = dial(await poolWith({ watches: 2 }))
    const watch = () => {
      const stream = connection.open(WATCH)
      stream.write(health(''))
      return stream
    }
    const [first, second] = [watch(), watch()]
    await Promise.all([once(first, 'data'), once(second, 'data')])
    expectStatus(await reply(watch()), 8, /^2 clients watch: the node has too many queries/)
    first.close(8)
    await once(first, 'close')
    await once(watch(), 'data')
  })
})

describe('reflection', () => {
  test('says of what it does not have that it is not found', async () => {
    const answers = await reflect(address, 'v1', [
      { fileByFilename: 'nope.proto' },
      { fileContainingSymbol: 'nope.Nope' },
      { fileContainingExtension: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 1 } },
      { allExtensionNumbersOfType: 'nope.Nope' },
      { listServices: '*', host: 'somewhere' },
    ])
    expect(answers.slice(0, 4).map(({ errorResponse }) => errorResponse)).toEqual([
      { errorCode: 5, errorMessage: 'file "nope.proto" not found' },
      { errorCode: 5, errorMessage: 'symbol "nope.Nope" not found' },
      { errorCode: 5, errorMessage: 'extension 1 of "google.protobuf.MethodOptions" not found' },
      { errorCode: 5, errorMessage: 'type "nope.Nope" not found' },
    ])
    expect(answers[4]).toMatchObject({ validHost: 'somewhere', originalRequest: { listServices: '*' } })
  })

  test('a question that asks nothing ends the call', async () => {
    expectStatus(await dial().call(REFLECTION, EMPTY), 3, /^the request asks nothing/)
  })

  test('a client that asks and does not listen is not read until it does', async () => {
    const stream = dial().open(REFLECTION)
    const question = framed(
      ServerReflectionRequest.encode(
        ServerReflectionRequest.fromPartial({ fileByFilename: 'cosmos/bank/v1beta1/query.proto' }),
      ).finish(),
    )
    const QUESTIONS = 4_000
    for (let i = 0; i < QUESTIONS; i++) stream.write(question)
    stream.end()
    await once(stream, 'response')
    // It stops to take questions before it has them all: what is left to send stays the same.
    let left = -1
    while (stream.writableLength !== left) {
      left = stream.writableLength
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(left).toBeGreaterThan(0)
    // One answer holds a file of some 30 kB and, at first, its imports.
    const { status, body } = await reply(stream)
    expect(status).toBe(0)
    expect(body.length).toBeGreaterThan(QUESTIONS * 10_000)
  })
})

describe('bad input', () => {
  test('unknown services and methods are UNIMPLEMENTED', async () => {
    const connection = dial()
    for (const path of [
      '/',
      '/nope',
      '/nope.Query/Nope',
      '/cosmos.bank.v1beta1.Query/Nope',
      '/cosmos.bank.v1beta1.Msg/Send',
      `${BALANCE}/`,
    ]) {
      const { status, message } = await connection.call(path, EMPTY)
      expect([status, message]).toEqual([12, `no method is called ${JSON.stringify(path)}: unknown request`])
    }
  })

  test('malformed protobuf, and a request the method does not take, are INVALID_ARGUMENT', async () => {
    const connection = dial()
    for (const garbage of [[0xff], [10, 200], [0, 0, 0], [11], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]]) {
      const { status } = await connection.call(BALANCE, framed(Uint8Array.from(garbage)))
      expect([garbage, status]).toEqual([garbage, 3])
    }
    expectStatus(await connection.call(BALANCE, EMPTY), 3, /address/)
    expectStatus(await connection.call(BALANCE, balanceOf('nobody')), 3, /invalid address/)
  })

  test('a missing account is NOT_FOUND, in the words that clients look for', async () => {
    const request = framed(
      QueryBalanceRequest.encode({ address: carol.address, denom: '' })
        .finish()
        .subarray(0, 2 + carol.address.length),
    )
    const refused = await dial().call('/cosmos.auth.v1beta1.Query/Account', request)
    expectStatus(refused, 5, /^rpc error: code = NotFound desc = account wadi1\w+ not found: key not found$/)
  })

  test('heights that are pruned, in the future, negative or no heights are refused', async () => {
    const connection = dial()
    const at = (height: number | string) =>
      connection.call(BALANCE, balanceOf(), { 'x-cosmos-block-height': `${height}` })
    expectStatus(await at(chain.height - KEPT), 11, /is not available: pruned; this node keeps \d+ to \d+/)
    expectStatus(await at(chain.height + 1), 11, /^cannot query with height in the future/)
    expectStatus(await at(-1), 3, /height < 0/)
    for (const bad of ['abc', '1.5', '1e3', '0x10', '9'.repeat(40), '1,2']) {
      expectStatus(await at(bad), 3, /x-cosmos-block-height is ".*", not a height/)
    }
  })

  test('a message beyond the limit is RESOURCE_EXHAUSTED from its first bytes', async () => {
    const connection = dial()
    const limit = await connection.call(BALANCE, framed(new Uint8Array(10_001)))
    expectStatus(limit, 8, /^a message of 10001 bytes; this node reads at most 10000/)
    const stream = connection.open(BALANCE)
    stream.write(framed(new Uint8Array(), 0xffff_ffff))
    expectStatus(await reply(stream), 8, /^a message of 4294967295 bytes/)
    expect((await connection.call(BALANCE, balanceOf())).status).toBe(0)
  })

  test('requests that wait to be whole have a limit together', async () => {
    const connection = dial(await poolWith({ receivingBytes: 50_000 }))
    const streams = Array.from({ length: 5 }, () => connection.open(BALANCE))
    const replies = streams.map(reply)
    for (const stream of streams) stream.write(framed(new Uint8Array(12_000), 20_000))
    const refused = await Promise.race(replies)
    expectStatus(refused, 8, /^\d+ bytes wait to be requests: the node has too many queries/)
    for (const stream of streams) stream.close(8)
    await Promise.all(replies)
    expect((await connection.call(BALANCE, balanceOf())).status).toBe(0)
  })

  test('no request, half of one and two of them are INVALID_ARGUMENT', async () => {
    const connection = dial()
    const none = /^the call has no whole request/
    expectStatus(await connection.call(BALANCE, new Uint8Array()), 3, none)
    expectStatus(await connection.call(BALANCE, balanceOf().subarray(0, 3)), 3, none)
    expectStatus(await connection.call(BALANCE, balanceOf().subarray(0, -1)), 3, none)
    const two = Buffer.concat([balanceOf(), balanceOf()])
    expectStatus(await connection.call(BALANCE, two), 3, /^the call has more than one request/)
  })

  test('compressed messages are UNIMPLEMENTED', async () => {
    const body = Buffer.concat([Buffer.of(1), balanceOf().subarray(1)])
    expectStatus(await dial().call(BALANCE, body, { 'grpc-encoding': 'gzip' }), 12, /identity only/)
  })

  test('what is HTTP/2, and no gRPC, gets an HTTP status', async () => {
    const connection = dial()
    expect((await connection.call(BALANCE, balanceOf(), { 'content-type': 'application/json' })).http).toBe(
      415,
    )
    expect((await reply(connection.session.request({ ':path': '/' }))).http).toBe(405)
  })

  test('deadlines that cannot be read are INVALID_ARGUMENT', async () => {
    const connection = dial()
    for (const bad of ['x', '-1S', '1.5S', '999999999S']) {
      expectStatus(await connection.call(BALANCE, balanceOf(), { 'grpc-timeout': bad }), 3, /grpc-timeout is/)
    }
    expectStatus(await connection.call(BALANCE, balanceOf(), { 'grpc-timeout': '0n' }), 4, /took too long/)
  })

  test('what is no HTTP/2 is cut off, and others are served meanwhile', async () => {
    const at = await poolWith({ callMs: 400 })
    const closed = [
      'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
      '\u0016\u0003\u0001',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '',
    ].map(async (text) => {
      const socket = connectTcp(Number(at.split(':')[1]), '127.0.0.1').on('error', () => {})
      socket.write(text)
      await once(socket.resume(), 'close')
    })
    expect((await dial(at).call(BALANCE, balanceOf())).status).toBe(0)
    await Promise.all(closed)
  })

  test('headers beyond their limit end the call, not the node', async () => {
    const connection = dial()
    // The limit holds once the client has heard of it.
    expect((await connection.call(BALANCE, balanceOf(), { x: 'y'.repeat(10_000) })).status).toBe(0)
    const { status } = await connection.call(BALANCE, balanceOf(), { x: 'y'.repeat(20_000) })
    expect(status).toBeUndefined()
    expect((await dial().call(BALANCE, balanceOf())).status).toBe(0)
  })
})

describe('clients that are slow, leave or come in crowds', () => {
  test('a request that is never finished is given up', async () => {
    const stream = dial(await poolWith({ callMs: 400 })).open(BALANCE)
    stream.write(balanceOf().subarray(0, 10))
    expectStatus(await reply(stream), 4, /^the call was given up: the query took too long$/)
  })

  test('an answer that is not taken is dropped', async () => {
    const connection = dial(await poolWith({ callMs: 400 }))
    const stream = connection.open(REFLECTION)
    const ask = (fileContainingSymbol: string) =>
      framed(
        ServerReflectionRequest.encode(
          ServerReflectionRequest.fromPartial({ fileContainingSymbol }),
        ).finish(),
      )
    stream.end(ask('cosmos.tx.v1beta1.Service'))
    await once(stream, 'response')
    // More than the window of the stream: it waits for a client that does not read.
    await once(stream, 'close')
    expect(stream.rstCode).toBe(8)
    expect((await connection.call(CHECK, health(''))).status).toBe(0)
  })

  test('a deadline that passes while CometBFT is asked is DEADLINE_EXCEEDED', async () => {
    const comet = await silentRpc()
    const connection = dial(await poolWith({}, comet.url))
    const late = await connection.call(NODE_INFO, EMPTY, { 'grpc-timeout': '100m' })
    expectStatus(late, 4, /^the deadline has passed: the query took too long$/)
    comet.close()
  })

  test('more calls at once than it bears are RESOURCE_EXHAUSTED; calls that were cancelled are none', async () => {
    const comet = await silentRpc()
    const connection = dial(await poolWith({ calls: 5 }, comet.url))
    for (let round = 0; round < 20; round++) {
      const streams = Array.from({ length: 5 }, () => connection.open(NODE_INFO))
      for (const stream of streams) stream.end(EMPTY)
      const refused = await connection.call(BALANCE, balanceOf())
      expectStatus(refused, 8, /^5 calls are being answered: the node has too many queries/)
      for (const stream of streams) stream.close(8)
      await Promise.all(streams.map((stream) => once(stream, 'close')))
      // The node learns of it when it reads on.
      await expect.poll(async () => (await connection.call(BALANCE, balanceOf())).status).toBe(0)
    }
    comet.close()
  })

  test('a connection has its calls counted, and is told how many', async () => {
    const connection = dial(await poolWith({ callsPerConnection: 7 }))
    await once(connection.session, 'remoteSettings')
    expect(connection.session.remoteSettings.maxConcurrentStreams).toBe(7)
    const replies = await Promise.all(Array.from({ length: 50 }, () => connection.call(BALANCE, balanceOf())))
    expect(replies.every(({ status }) => status === 0)).toBe(true)
  })

  test('more connections than it bears are closed', async () => {
    const at = await poolWith({ connections: 2 })
    const [first, second] = [dial(at), dial(at)]
    await Promise.all([first, second].map((each) => each.call(CHECK, health(''))))
    const third = dial(at)
    await new Promise((resolve) => third.session.once('close', resolve))
    expect((await first.call(CHECK, health(''))).status).toBe(0)
    second.close()
    await expect.poll(async () => (await dial(at).call(CHECK, health(''))).status).toBe(0)
  })

  test('a connection that makes no call, and one that falls silent, are told to go', async () => {
    const at = await poolWith({ callMs: 300, idleMs: 300 })
    const [never, once1] = [dial(at), dial(at)]
    const gone = [never, once1].map(({ session }) => once(session, 'goaway'))
    expect((await once1.call(CHECK, health(''))).status).toBe(0)
    expect((await Promise.all(gone)).map(([code]) => code)).toEqual([0, 0])
  })

  test('none of it was a bug in the node', () => {
    expect(logged).toEqual([])
  })
})

describe('the listener', () => {
  test('a port that is taken is an error of the start, with its number', async () => {
    const port = Number(address.split(':')[1])
    await expect(startPool(store, { grpc: { host: '127.0.0.1', port } })).rejects.toThrow(
      `gRPC: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
    )
  })

  test('wadi start says whose port is taken, and where it is set', async () => {
    const home = mkdtempSync(join(tmpdir(), 'wadi-grpc-'))
    try {
      const { ports } = await pickPorts({ rpc: 0, p2p: 0, rest: 0, telemetry: 0 })
      const grpc = Number(address.split(':')[1])
      const { paths } = initHome({
        home: join(home, 'node'),
        chainId: 'wadi-test-1',
        appState: genesis,
        ports: { ...ports, grpc },
      })
      const { code, stderr } = await wadi(['start', '--home', paths.home])
      expect(code).toBe(1)
      expect(stderr).toContain(`the gRPC address 127.0.0.1:${grpc} is taken`)
      expect(stderr).toContain(`change [grpc] address in ${paths.appToml}`)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  }, 60_000)

  test('without an address there is no gRPC', async () => {
    const plain = await startPool(store, { grpc: undefined })
    expect(plain.grpcAddress).toBeUndefined()
    await plain.close()
  })
})
