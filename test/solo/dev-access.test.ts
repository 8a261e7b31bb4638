import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { DevTools } from '../../src/solo/dev.ts'
import { RpcServer } from '../../src/solo/rpc/http.ts'
import { soloService } from '../../src/solo/service.ts'
import { get } from '../e2e/solo-kit.ts'
import { type SoloKit, startSoloKit } from './solo-kit.ts'

let kit: SoloKit
let server: RpcServer
let rpc: string
/** What the methods did. */
let done: string[]

const NAMES = ['dev_snapshot', 'dev_revert', 'dev_increase_time', 'dev_mine', 'dev_set_balance']
const PARAMS = { id: '1', seconds: '1', blocks: '1', address: 'wadi1x', coins: '5awadi' }

/** Notes what is called: who may call is the matter here, and what it does is tested with the program itself. */
const tools = {
  snapshot: async () => note('dev_snapshot'),
  revert: async () => note('dev_revert'),
  increaseTime: () => note('dev_increase_time'),
  mine: async () => note('dev_mine'),
  setBalance: () => note('dev_set_balance'),
} as unknown as DevTools

function note(name: string): object {
  done.push(name)
  return {}
}

beforeEach(async () => {
  done = []
  kit = await startSoloKit()
  server = new RpcServer(soloService(kit.node, tools, (bug) => kit.bugs.push(bug)))
  rpc = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await server.close()
  expect(kit.bugs).toEqual([])
  await kit.remove()
})

const request = (method: string) => ({ jsonrpc: '2.0', id: 1, method, params: PARAMS })
const withOrigin = (origin: string | undefined) => (origin === undefined ? {} : { origin })

/** What all methods answer by POST, one after the other and as one batch. */
async function byPost(origin: string | undefined): Promise<unknown[]> {
  const ask = async (body: object) => {
    const init = { method: 'POST', headers: withOrigin(origin), body: JSON.stringify(body) }
    return (await (await fetch(rpc, init)).json()) as object
  }
  const answers: unknown[] = []
  for (const name of NAMES) answers.push(await ask(request(name)))
  return [...answers, ...((await ask(NAMES.map(request))) as unknown[])]
}

/** JSON-RPC in the body of a GET, which CometBFT's server answers. */
async function byGetWithBody(method: string): Promise<unknown> {
  const body = JSON.stringify(request(method))
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { 'content-length': body.length }
    httpRequest(rpc, { method: 'GET', headers }, (response) => resolve(text(response)))
      .on('error', reject)
      .end(body)
  })
  return JSON.parse(answer)
}

/** What all methods answer over a WebSocket. */
async function bySocket(origin: string | undefined): Promise<unknown[]> {
  const url = `${rpc.replace('http', 'ws')}/websocket`
  const socket = new WebSocket(url, { headers: withOrigin(origin) })
  const answers: unknown[] = []
  socket.on('open', () => {
    for (const name of NAMES) socket.send(JSON.stringify(request(name)))
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data) => {
      answers.push(JSON.parse(String(data)))
      if (answers.length === NAMES.length) resolve()
    })
  })
  socket.terminate()
  return answers
}

describe('the methods for development', () => {
  test.each([
    undefined,
    'http://localhost',
    'http://localhost:5173',
    'http://127.0.0.1:8080',
    'http://[::1]:3000',
  ])('are open to the origin %s', async (origin) => {
    for (const answer of await byPost(origin)) expect(answer).toHaveProperty('result')
    expect(done).toEqual([...NAMES, ...NAMES])
    for (const answer of await bySocket(origin)) expect(answer).toHaveProperty('result')
    expect(done).toEqual([...NAMES, ...NAMES, ...NAMES])
  })

  test.each([
    'https://example.com',
    // A page of a file or a sandbox.
    'null',
    '',
    'https://localhost:5173',
    'http://localhost.example.com',
    'http://localhost:5173.example.com',
    'http://localhost@example.com',
    'http://example.com/http://localhost',
    'http://127.0.0.1.nip.io',
    // What a name that was rebound to this machine gives.
    'http://example.com:26657',
    'http://localhost, http://example.com',
  ])('are closed to the origin %j', async (origin) => {
    const refused = {
      error: {
        code: -32600,
        data:
          `dev_* methods are refused to web pages of ${JSON.stringify(origin)}: serve the page from ` +
          'http://localhost, http://127.0.0.1 or http://[::1] (any port), or call from a program',
      },
    }
    for (const answer of await byPost(origin)) expect(answer).toMatchObject(refused)
    for (const answer of await bySocket(origin)) expect(answer).toMatchObject(refused)
    expect(done).toEqual([])
    // All else is open, as in a development chain of CometBFT.
    const response = await fetch(`${rpc}/health`, { headers: { origin } })
    expect(response.status).toBe(200)
  })

  test('are no URLs, whoever calls', async () => {
    const closed = {
      status: 405,
      body: {
        error: { code: -32600, data: expect.stringContaining('by POST of JSON-RPC or over a WebSocket') },
      },
    }
    const form = new URLSearchParams(PARAMS)
    for (const name of NAMES) {
      expect(await get(rpc, `/${name}?${form}`)).toMatchObject(closed)
      const response = await fetch(`${rpc}/${name}`, { method: 'POST', body: form })
      expect({ status: response.status, body: await response.json() }).toMatchObject(closed)
    }
    expect(await byGetWithBody('dev_mine')).toMatchObject(closed.body)
    expect(await byGetWithBody('health')).toHaveProperty('result')
    expect(done).toEqual([])
  })

  test('are on the page of what there is, and are no links', async () => {
    const page = await (await fetch(rpc)).text()
    for (const name of NAMES) {
      expect(page).toContain(`${name}</br>`)
      expect(page).not.toContain(`/${name}`)
    }
  })
})
