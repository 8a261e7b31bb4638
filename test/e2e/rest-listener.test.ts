/** REST as a listener: who may call from a page, how many may connect, and what stands beside the methods. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { QueryPool } from '../../src/query/pool.ts'
import type { RestOptions } from '../../src/query/rest.ts'
import { queryChain, startPool } from './query-kit.ts'

const { chain, store } = queryChain()
const pools: QueryPool[] = []
const logged: unknown[] = []
const supply = '/cosmos/bank/v1beta1/supply'
/** Nobody answers there. */
const RPC = 'http://127.0.0.1:1'

beforeAll(() => {
  chain.advanceBlocks(2)
})
afterAll(async () => {
  for (const pool of pools) await pool.close()
})

/** The URL of a REST of its own. */
async function start(options: Partial<RestOptions> = {}): Promise<string> {
  const rest = { host: '127.0.0.1', port: 0, ...options }
  const pool = await startPool(store, {
    rest,
    rpcUrl: RPC,
    log: (...line) => logged.push(line),
  })
  pools.push(pool)
  return pool.restUrl ?? expect.fail('there is no REST')
}

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** As `fetch`, but with every header that a test likes. */
function call(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    request.on('error', reject).end()
  })
}

describe('pages of other origins', () => {
  const origin = 'https://wallet.example'
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  }

  test('may not read answers unless the node is set so', async () => {
    const url = await start()
    const { status, headers } = await call(url + supply, { origin })
    expect(status).toBe(200)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    const asked = await call(`${url}/cosmos/tx/v1beta1/simulate`, preflight, 'OPTIONS')
    expect(asked.status).toBe(204)
    expect(asked.headers).not.toHaveProperty('access-control-allow-origin')
    expect(asked.headers).not.toHaveProperty('access-control-allow-methods')
  })

  test('may all, with JSON and the height header, where * is set', async () => {
    const url = await start({ cors: ['*'] })
    const asked = await call(`${url}/cosmos/tx/v1beta1/simulate`, preflight, 'OPTIONS')
    expect([asked.status, asked.body.length]).toEqual([204, 0])
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'Accept, Content-Type, x-cosmos-block-height',
      'access-control-max-age': '600',
    })
    expect(asked.headers).not.toHaveProperty('access-control-allow-private-network')
    for (const path of [supply, '/nope', '/openapi.json', '/cosmos/bank/v1beta1/balances/x']) {
      expect((await call(url + path)).headers, path).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'x-cosmos-block-height, grpc-metadata-x-cosmos-block-height',
      })
    }
  })

  test('may reach a node on the user’s own machine, if they ask to', async () => {
    const url = await start({ cors: ['*'] })
    const headers = { ...preflight, 'access-control-request-private-network': 'true' }
    const asked = await call(url + supply, headers, 'OPTIONS')
    expect(asked.headers['access-control-allow-private-network']).toBe('true')
  })

  test('may if they are on the list, and caches between are told that others may not', async () => {
    const url = await start({ cors: ['https://other.example', origin] })
    const own = await call(url + supply, { origin })
    expect(own.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' })
    const asked = await call(url + supply, preflight, 'OPTIONS')
    expect(asked.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' })
    for (const stranger of ['https://evil.example', 'null', `${origin}.evil.example`, '*']) {
      const { status, headers } = await call(url + supply, { origin: stranger })
      expect([stranger, status, headers['vary']]).toEqual([stranger, 200, 'Origin'])
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      const refused = await call(url + supply, { ...preflight, origin: stranger }, 'OPTIONS')
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
    }
    expect((await call(url + supply)).headers['vary']).toBe('Origin')
  })
})

describe('connections', () => {
  const sockets: Socket[] = []
  afterAll(() => {
    for (const socket of sockets) socket.destroy()
  })

  async function open(url: string): Promise<Socket> {
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  /** Sends a request and resolves with the answer, up to the end of its body. */
  function ask(socket: Socket, path = supply): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      const onData = (data: Buffer) => {
        text += data.toString('latin1')
        const [head = '', body] = text.split('\r\n\r\n')
        if (body === undefined || body.length < Number(/content-length: (\d+)/.exec(head)?.[1])) return
        socket.off('data', onData)
        resolve(text)
      }
      socket.on('data', onData).once('close', () => resolve(text))
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    })
  }

  test('2,000 and more are held and served by default, all at once', async () => {
    const url = await start()
    const held: Socket[] = []
    // In parts: what has not been accepted yet waits in a queue whose length the system sets.
    for (let i = 0; i < 21; i++)
      held.push(...(await Promise.all(Array.from({ length: 100 }, () => open(url)))))
    const first = await Promise.all(held.map((socket) => ask(socket)))
    expect(first.filter((answer) => !answer.startsWith('HTTP/1.1 200'))).toEqual([])
    // Each is still the same connection, and still served.
    const second = await Promise.all(held.map((socket) => ask(socket)))
    expect(second.filter((answer) => answer.startsWith('HTTP/1.1 200'))).toHaveLength(2_100)
    for (const socket of held) socket.destroy()
  })

  test('stay open after a refusal', async () => {
    const socket = await open(await start())
    for (const [path, status] of [
      ['/nope', 501],
      ['/cosmos/bank/v1beta1/balances/x', 400],
      ['/cosmos/base/tendermint/v1beta1/node_info', 503],
      [supply, 200],
    ] as const) {
      const answer = await ask(socket, path)
      expect(answer.slice(9, 12)).toBe(`${status}`)
      expect(answer).not.toMatch(/connection: close/i)
    }
  })

  test('beyond the limit get 503 and are closed; those before are served, and free a place by going', async () => {
    const url = await start({ maxConnections: 3 })
    const held = [await open(url), await open(url), await open(url)]
    for (const socket of held) expect(await ask(socket)).toMatch(/^HTTP\/1\.1 200/)
    for (let i = 0; i < 5; i++) {
      const socket = await open(url)
      const closed = once(socket, 'close')
      const answer = await ask(socket)
      expect(answer).toMatch(/^HTTP\/1\.1 503 .*\r\n[\s\S]*connection: close/i)
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toEqual({
        code: 14,
        message: '3 connections are open, which is the limit: try again',
        details: [],
      })
      await closed
    }
    for (const socket of held) expect(await ask(socket)).toMatch(/^HTTP\/1\.1 200/)
    held[0]?.destroy()
    // The server hears of the end a moment later.
    let answer = ''
    while (!answer.startsWith('HTTP/1.1 200')) {
      await sleep(5)
      answer = await ask(await open(url))
    }
  })

  test('beyond the limit that ask nothing are told so and closed, too', async () => {
    const url = await start({ maxConnections: 1 })
    await ask(await open(url))
    const socket = await open(url)
    let text = ''
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1')
    })
    await once(socket, 'close')
    expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*"code":14/)
  })

  test('that send what is no HTTP get the reason as JSON', async () => {
    const url = await start({ clientTimeoutMs: 500 })
    const send = async (request: string): Promise<string> => {
      const socket = await open(url)
      let text = ''
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1')
      })
      socket.write(request)
      await once(socket, 'close')
      return text
    }
    expect(await send('what?\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"message":"this is not HTTP/,
    )
    expect(await send('GET / HTTP/1.1\r\nhost:')).toMatch(
      /^HTTP\/1\.1 408 [\s\S]*"message":"the request took too/,
    )
  })
})

describe('beside the methods', () => {
  let url = ''
  beforeAll(async () => {
    url = await start()
  })

  test('the document is JSON, packed for those who can read that, and not sent twice', async () => {
    const plain = await call(`${url}/openapi.json`)
    expect(plain.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-cache' })
    expect(JSON.parse(plain.body.toString())).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Wadi REST API' },
    })
    const packed = await fetch(`${url}/openapi.json`, { headers: { 'accept-encoding': 'gzip' } })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(Number(packed.headers.get('content-length'))).toBeLessThan(plain.body.length / 5)
    expect(await packed.text()).toBe(plain.body.toString())
    const again = await call(`${url}/openapi.json`, { 'if-none-match': plain.headers.etag ?? '' })
    expect([again.status, again.body.length]).toEqual([304, 0])
    const head = await call(`${url}/openapi.json`, {}, 'HEAD')
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(Number(head.headers['content-length'])).toBe(plain.body.length)
  })

  test('the page is one answer of less than 30 kB, and lets in its own script and style alone', async () => {
    const page = await call(`${url}/?utm=1`, { 'accept-encoding': 'gzip' })
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      'x-content-type-options': 'nosniff',
    })
    expect(page.body.length).toBeLessThan(30_000)
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toMatch(
      /^default-src 'none'; connect-src 'self'; img-src data:; style-src 'sha256-\S+'; script-src 'sha256-\S+';/,
    )
    expect(policy).not.toContain('unsafe')
    const html = (await call(url)).body.toString()
    // Nothing is loaded from elsewhere.
    expect(html.match(/\b(?:src|href)="(?!\/|#|data:,)[^"]*"/g)).toBeNull()
    expect(html).toContain('<style>')
    expect(html).toContain('<script type="module">')
  })

  test("Keplr's settings name the node as it was asked for", async () => {
    const info = async (headers: Record<string, string>) =>
      JSON.parse((await call(`${url}/keplr/chain-info.json`, headers)).body.toString()) as Record<
        string,
        string
      >
    const { host, port } = new URL(url)
    expect(await info({ host })).toMatchObject({
      chainId: chain.chainId,
      rest: url,
      rpc: RPC,
    })
    expect(await info({ host: 'node.example', 'x-forwarded-proto': 'https' })).toMatchObject({
      rest: 'https://node.example',
      rpc: 'https://node.example:1',
    })
    expect(await info({ host: '[::1]:1317' })).toMatchObject({
      rest: 'http://[::1]:1317',
      rpc: 'http://[::1]:1',
    })
    // What is no host is not repeated.
    for (const bad of ['a b', 'evil.example/x?', '"><script>', 'user@host'])
      expect((await info({ host: bad }))['rest']).toBe(`http://127.0.0.1:${port}`)
  })

  test('a host that only looks like one is not repeated either, and is no error of the node', async () => {
    const { port } = new URL(url)
    for (const host of [
      '999.999.999.999',
      '1.2.3.4.5',
      '0x1ffffffff',
      'a:99999',
      '[::1::2]',
      '[:]',
      'xn--a',
      '-',
    ]) {
      const { status, body } = await call(`${url}/keplr/chain-info.json`, { host })
      expect([host, status]).toEqual([host, 200])
      const { rest, rpc } = JSON.parse(body.toString()) as Record<string, string>
      expect([host, URL.canParse(rest ?? ''), URL.canParse(rpc ?? '')]).toEqual([host, true, true])
    }
    const { body } = await call(`${url}/keplr/chain-info.json`, { host: '999.999.999.999' })
    expect(JSON.parse(body.toString())).toMatchObject({ rest: `http://127.0.0.1:${port}`, rpc: RPC })
  })

  test('only GET and HEAD lead to them', async () => {
    for (const path of ['/', '/openapi.json', '/keplr/chain-info.json'])
      expect([path, (await call(url + path, {}, 'POST')).status]).toEqual([path, 501])
  })
})

test('none of it was a bug in the node', () => {
  expect(logged).toEqual([])
})
