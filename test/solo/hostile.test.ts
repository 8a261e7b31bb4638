import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { MAX_JSON_DEPTH, MAX_QUERY_LENGTH } from '../../src/solo/limits.ts'
import { perform } from '../../src/solo/rpc/calls.ts'
import { RpcServer } from '../../src/solo/rpc/http.ts'
import { type Method, method } from '../../src/solo/rpc/method.ts'
import { call, get, post, Socket } from '../e2e/solo-kit.ts'
import { type SoloKit, startSoloKit } from './solo-kit.ts'

let kit: SoloKit | undefined

async function start(): Promise<SoloKit> {
  kit = await startSoloKit()
  return kit
}

afterEach(async () => {
  expect(kit?.bugs).toEqual([])
  await kit?.remove()
  kit = undefined
})

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
/** The arrays of `params` stand in the object that is the request. */
const request = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"status","params":${params}}`
const TOO_DEEP = {
  error: {
    code: -32700,
    data: `error unmarshaling request: exceeded max depth: JSON may be nested ${MAX_JSON_DEPTH} levels deep`,
  },
}

describe('a node goes on after', () => {
  test.each(['//', '//a:b', '/\\', 'http://', '*'])('an upgrade of the path %s', async (path) => {
    const { rpc } = await start()
    const { hostname, port } = new URL(rpc)
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n`)
    const text = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
    expect(text).toMatch(/^HTTP\/1\.1 404 /)
    socket.destroy()
    expect(await call(rpc, 'health')).toEqual({})
  })

  test('JSON that is nested without end, in any place', async () => {
    const { rpc } = await start()
    const socket = await Socket.open(rpc)
    const deep = nested(200_000)
    for (const text of [request(deep), request(`{"a":${deep}}`), request('[]').replace('1,', `${deep},`)]) {
      expect(await socket.ask(text)).toMatchObject(TOO_DEEP)
      expect(await post(rpc, text)).toMatchObject({ status: 500, body: TOO_DEEP })
    }
    expect(await post(rpc, `[${request(deep)}]`)).toMatchObject({ status: 500 })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(`${rpc}/block`, { method: 'POST', headers: form, body: `height="${deep}"` })
    expect(await response.text()).toContain('exceeded max depth')
    expect(await call(rpc, 'health')).toEqual({})
    socket.close()
  })

  test('JSON at the limit of nesting, which it reads, and one level beyond, which it does not', async () => {
    const { rpc } = await start()
    const unwanted = { code: -32602, data: expect.stringContaining('expected 0 parameters ([]), got 1') }
    const atLimit = await post(rpc, request(nested(MAX_JSON_DEPTH - 1)))
    expect(atLimit.body).toMatchObject({ error: unwanted })
    expect((await post(rpc, request(nested(MAX_JSON_DEPTH)))).body).toMatchObject(TOO_DEEP)
  })
})

test('what the program did not expect is an internal error for the caller, and told', async () => {
  const { node } = await start()
  const bugs: unknown[] = []
  // No JSON can be made of a bigint.
  const table: Record<string, Method> = {
    once: method({}, () => ({ broken: 1n })),
    later: method({}, async () => ({ broken: 1n })),
    refused: method({}, () => {
      throw new Error('broken')
    }),
  }
  const service = { node, methods: new Map(Object.entries(table)), onBug: (bug: unknown) => bugs.push(bug) }
  const server = new RpcServer(service)
  const rpc = await server.listen({ host: '127.0.0.1', port: 0 })
  const socket = await Socket.open(rpc)
  const data = 'internal error; the log of the node has the reason'
  const internal = { error: { code: -32603, data } }
  let told = 0
  for (const name of Object.keys(table)) {
    expect(await socket.request(1, name), name).toMatchObject({ id: 1, ...internal })
    const text = JSON.stringify({ jsonrpc: '2.0', id: 2, method: name, params: {} })
    expect((await post(rpc, text)).body, name).toMatchObject({ id: 2, ...internal })
    expect(await get(rpc, `/${name}`), name).toMatchObject({ status: 500, body: internal })
    told += 3
    expect(bugs.length, name).toBe(told)
  }
  socket.close()
  await server.close()
})

test('a call that waited runs before the next work that is done alone', async () => {
  const { node } = await start()
  const order: string[] = []
  const alone = (name: string) =>
    node.exclusively(async () => {
      order.push(`${name} begins`)
      await new Promise((done) => setImmediate(done))
      order.push(`${name} ends`)
    })
  const asked = method({}, () => {
    order.push('the call')
    return {}
  })
  const first = alone('first')
  const answer = perform(
    { node, methods: new Map(), onBug: () => {} },
    asked,
    {},
    { client: {}, devRefusal: undefined },
  )
  const second = alone('second')
  await Promise.all([first, answer, second])
  expect(order).toEqual(['first begins', 'first ends', 'the call', 'second begins', 'second ends'])
})

test('a query above the limit of bytes is read by no method', async () => {
  const { rpc } = await start()
  const socket = await Socket.open(rpc)
  // One character of two bytes brings it to the limit, and one beyond it.
  const ofBytes = (bytes: number) => `a = '${'x'.repeat(bytes - 8)}é'`
  for (const name of ['tx_search', 'block_search', 'subscribe', 'unsubscribe']) {
    const answer = async (bytes: number) =>
      JSON.stringify(await socket.request(1, name, { query: ofBytes(bytes) }))
    expect(await answer(MAX_QUERY_LENGTH), name).not.toContain('maximum query length')
    expect(await answer(MAX_QUERY_LENGTH + 1), name).toContain('maximum query length exceeded')
    expect(await answer(990_000), name).toContain('maximum query length exceeded')
  }
  socket.close()
})
