/** The faucet on a real devnet: CosmJS' requests, many at once, and those who want more than their share. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DirectSecp256k1HdWallet } from '@cosmjs/proto-signing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromHex } from '#lib/bytes.ts'
import { openPayer } from '../../src/cli/faucet/payer.ts'
import { DEV_FAUCET } from '../../src/cli/node/dev-accounts.ts'
import { freePort } from '../../src/cli/node/ports.ts'
import { readRecord } from '../../src/cli/node/run-record.ts'
import { WadiClient } from '../../src/client/client.ts'
import { SigningWadiClient } from '../../src/client/signing.ts'
import { Faucet, type FaucetOptions } from '../../src/faucet/faucet.ts'
import { HTTP_LIMITS, MAX_BATCH, MAX_WAITING } from '../../src/faucet/settings.ts'
import { TestAccount } from '../../src/testing/accounts.ts'
import { type Devnet, startDevnet, wadi } from './devnet-kit.ts'

/** 100 WADI, what a devnet's faucet gives at a time. */
const DEV_CREDIT = 100n * 10n ** 18n

let net: Devnet
let client: WadiClient
const open: Faucet[] = []

beforeAll(async () => {
  net = await startDevnet()
  client = await WadiClient.connect(net.rpc)
}, 120_000)
afterAll(async () => {
  await Promise.all(open.map((faucet) => faucet.close()))
  client?.disconnect()
  await net?.stop()
})

let made = 0
const someone = (): string => new TestAccount(`faucet ${made++}`).address
const balance = async (address: string, denom = 'awadi'): Promise<bigint> =>
  BigInt((await client.query.bank.balance({ address, denom })).balance?.amount ?? '0')

/** As FaucetClient 0.34.1 of @cosmjs/faucet-client asks: no content type but the one that fetch gives a text. */
const credit = (url: string, address: string, denom = 'awadi'): Promise<Response> =>
  fetch(`${url}/credit`, { method: 'POST', body: JSON.stringify({ address, denom }) })

/** As axios asks, which FaucetClient was built on before. */
const creditJson = (url: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}/credit`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

const statusOf = async (answers: readonly Promise<Response>[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { status } of await Promise.all(answers)) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** A faucet of its own over the devnet, which pays from one of the ten accounts. */
async function startFaucet(options: Partial<FaucetOptions> & { readonly from?: number } = {}) {
  const { address, privateKey } = net.accounts[options.from ?? 9] as Devnet['accounts'][number]
  const key = { address, privateKey: fromHex(privateKey), algorithm: 'secp256k1' } as const
  const faucet = new Faucet({
    credits: [{ denom: 'awadi', amount: '1000' }],
    limits: { perAddress: 1, perIp: 1_000_000, windowMs: 3_600_000 },
    cors: [],
    nodeUrl: net.rpc,
    openPayer: () => openPayer(net.rpc, key),
    log: () => {},
    ...options,
  })
  open.push(faucet)
  return faucet.listen('127.0.0.1', 0)
}

describe('the faucet of a devnet', () => {
  test("gives to CosmJS' client, both the old and the new, and says so in run.json", async () => {
    expect(readRecord(`${net.home}/run.json`)?.faucetUrl).toBe(net.faucet)
    const [first, second] = [someone(), someone()]
    const answer = await credit(net.faucet, first)
    expect([answer.status, await answer.text()]).toEqual([200, 'ok'])
    expect((await creditJson(net.faucet, JSON.stringify({ denom: 'awadi', address: second }))).status).toBe(
      200,
    )
    expect([await balance(first), await balance(second)]).toEqual([DEV_CREDIT, DEV_CREDIT])
  })

  test('tells its status as @cosmjs/faucet does', async () => {
    const status = await (await fetch(`${net.faucet}/status`)).json()
    expect(status).toMatchObject({
      status: 'ok',
      nodeUrl: net.rpc,
      chainId: 'wadi-dev-1',
      chainTokens: ['awadi'],
      availableTokens: ['awadi'],
      holder: {
        address: DEV_FAUCET.address,
        balance: [{ denom: 'awadi', amount: expect.stringMatching(/^\d+$/) }],
      },
      distributors: [],
      credits: [{ denom: 'awadi', amount: `${DEV_CREDIT}` }],
    })
    for (const path of ['/', '/healthz'])
      expect(await (await fetch(net.faucet + path)).text()).toMatch(/^Welcome to the faucet!/)
    expect((await fetch(`${net.faucet}/elsewhere`)).status).toBe(404)
  })

  test('lets pages of every origin call', async () => {
    const headers = {
      origin: 'http://localhost:3000',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    }
    const answer = await fetch(`${net.faucet}/credit`, { method: 'OPTIONS', headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-headers')).toContain('Content-Type')
  })

  test('gets nobody in the way who signs with the ten accounts meanwhile', async () => {
    const wallet = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: 'wadi' })
    const signing = await SigningWadiClient.connectWithSigner(net.rpc, wallet)
    const from = net.accounts[0]?.address as string
    const payments = Array.from({ length: 20 }, () => {
      const amount = [{ denom: 'awadi', amount: '1' }]
      return signing.signAndBroadcast(from, [
        signing.tx.bank.send({ fromAddress: from, toAddress: from, amount }),
      ])
    })
    const credits = Array.from({ length: 20 }, () => credit(net.faucet, someone()))
    expect((await Promise.all(payments)).map(({ code }) => code)).toEqual(Array(20).fill(0))
    expect(await statusOf(credits)).toEqual({ 200: 20 })
    signing.disconnect()
  })
})

describe('what it refuses', () => {
  test.each([
    [
      'another prefix',
      'cosmos15yk64u7zc9g9k2yr2wmzeva5qgwxps6yxj00e7',
      400,
      /not in the expected format.*wadi1/,
    ],
    ['a wrong checksum', 'wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssx', 400, /not in the expected format/],
    ['no address at all', 'dev0', 400, /not in the expected format/],
  ])('%s', async (_, address, status, text) => {
    const answer = await credit(net.faucet, address)
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(text)])
  })

  test('an unknown denomination, the account of a module, its own, a GET, another content type', async () => {
    const refusal = async (answer: Promise<Response>) => [(await answer).status, await (await answer).text()]
    expect(await refusal(credit(net.faucet, someone(), 'uatom'))).toEqual([
      422,
      'Token is not available: "uatom". Available tokens are: awadi.',
    ])
    const { account } = await client.query.auth.moduleAccountByName({ name: 'fee_collector' })
    const { ModuleAccount } = await import('#gen/cosmos/auth/v1beta1/auth.ts')
    const module = ModuleAccount.decode(account?.value ?? new Uint8Array()).baseAccount?.address as string
    expect(await refusal(credit(net.faucet, module))).toEqual([
      400,
      expect.stringContaining('account of a module'),
    ])
    expect(await refusal(credit(net.faucet, DEV_FAUCET.address))).toEqual([
      400,
      expect.stringContaining('is the faucet itself'),
    ])
    expect(await refusal(fetch(`${net.faucet}/credit`))).toEqual([405, expect.stringContaining('POST')])
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await refusal(creditJson(net.faucet, 'address=x', form))).toEqual([
      415,
      'Content-type application/json expected.',
    ])
  })

  test('the same account by its other spelling counts as the same', async () => {
    const url = await startFaucet()
    const account = new TestAccount(`faucet ${made++}`)
    expect((await credit(url, account.hexAddress)).status).toBe(200)
    expect((await credit(url, account.address)).status).toBe(429)
    expect(await balance(account.address)).toBe(1_000n)
  })
})

describe('wadi faucet', () => {
  test('serves a key within the limits it is given, and ends when it is told to', async () => {
    const program = fileURLToPath(new URL('../../src/bin/wadi.ts', import.meta.url))
    const args = ['faucet', '--node', net.rpc, '--from', 'dev5', '--amount', '2WADI', '--port', '0']
    const more = ['--per-ip', '2', '--window', '1h', '--cors', 'https://wallet.example', '-o', 'json']
    const child = spawn(process.execPath, [program, ...args, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'exit')
    try {
      const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
      const said = JSON.parse(line) as { readonly url: string }
      const credits = [{ denom: 'awadi', amount: `${2n * 10n ** 18n}` }]
      expect(said).toMatchObject({
        event: 'faucet',
        chainId: 'wadi-dev-1',
        address: net.accounts[5]?.address,
        credits,
      })
      const [first, second, third] = [someone(), someone(), someone()]
      expect((await credit(said.url, first)).status).toBe(200)
      expect(await balance(first)).toBe(2n * 10n ** 18n)
      expect((await credit(said.url, first)).status).toBe(429)
      expect((await credit(said.url, second)).status).toBe(200)
      expect((await credit(said.url, third)).status).toBe(429)
      const from = async (origin: string) =>
        (await fetch(`${said.url}/status`, { headers: { origin } })).headers.get(
          'access-control-allow-origin',
        )
      expect(await from('https://wallet.example')).toBe('https://wallet.example')
      expect(await from('https://elsewhere.example')).toBe(null)
      const taken = await wadi([
        'faucet',
        '--node',
        net.rpc,
        '--from',
        'dev5',
        '--port',
        new URL(said.url).port,
      ])
      expect([taken.code, taken.stderr]).toEqual([
        1,
        expect.stringMatching(/EADDRINUSE[\s\S]*another place with --host/),
      ])
    } finally {
      child.kill('SIGTERM')
    }
    expect((await ended)[0]).toBe(0)
  })

  test.each([
    ['no key', [], 2, /--from/],
    ['a key that is not there', ['--from', 'nobody'], 5, /no key is named nobody/],
    ['nothing to give', ['--from', 'dev5', '--amount', '0awadi'], 2, /a credit of 0 awadi is none/],
    [
      'one denomination twice',
      ['--from', 'dev5', '--amount', '1awadi,2awadi'],
      2,
      /names a denomination twice/,
    ],
    ['no window', ['--from', 'dev5', '--window', '0s'], 2, /--window 0s is not a duration/],
    ['a limit of nothing', ['--from', 'dev5', '--per-ip', '0'], 2, /0 is not a whole number from 1/],
    ['no origin', ['--from', 'dev5', '--cors', 'wallet'], 2, /wallet is not an origin/],
    [
      'another chain',
      ['--from', 'dev5', '--chain-id', 'wadi-1'],
      1,
      /is a node of wadi-dev-1, not of wadi-1/,
    ],
    ['no node', ['--from', 'dev5', '--node', 'http://127.0.0.1:9'], 7, /no node answers/],
  ])('%s is told at once', async (_, args, code, text) => {
    const { stderr, ...result } = await wadi(['faucet', '--node', net.rpc, ...args])
    expect([result.code, stderr]).toEqual([code, expect.stringMatching(text)])
  })
})

describe('faucet abuse', () => {
  test('a flood from one address gets one share, however many come at once', async () => {
    const url = await startFaucet()
    const address = someone()
    expect(await statusOf(Array.from({ length: 50 }, () => credit(url, address)))).toEqual({
      200: 1,
      429: 49,
    })
    expect(await balance(address)).toBe(1_000n)
    const late = await credit(url, address)
    expect(await late.text()).toMatch(/same address, which gets 1 in a window\. Wait \d+ seconds/)
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(3_590)
  })

  test('one IP with many addresses gets what one IP gets; the window ends', async () => {
    let now = 0
    const limits = { perAddress: 1, perIp: 5, windowMs: 60_000 }
    const url = await startFaucet({ limits, now: () => now })
    const flood = () => statusOf(Array.from({ length: 40 }, () => credit(url, someone())))
    expect(await flood()).toEqual({ 200: 5, 429: 35 })
    now = 59_999
    expect(await flood()).toEqual({ 429: 40 })
    now = 60_000
    expect(await flood()).toEqual({ 200: 5, 429: 35 })
  })

  test('many clients behind one proxy are told apart, and a client that lies about itself is not', async () => {
    const limits = { perAddress: 1, perIp: 1, windowMs: 60_000 }
    const url = await startFaucet({ limits, behindProxy: true })
    const from = (forwarded: string) =>
      creditJson(url, JSON.stringify({ address: someone(), denom: 'awadi' }), {
        'x-forwarded-for': forwarded,
      })
    expect((await from('203.0.113.1')).status).toBe(200)
    expect((await from('203.0.113.2')).status).toBe(200)
    expect((await from('198.51.100.7, 203.0.113.1')).status).toBe(429)
    const direct = await startFaucet({ limits })
    const lie = (forwarded: string) =>
      creditJson(direct, JSON.stringify({ address: someone(), denom: 'awadi' }), {
        'x-forwarded-for': forwarded,
      })
    expect((await lie('203.0.113.3')).status).toBe(200)
    expect((await lie('203.0.113.4')).status).toBe(429)
  })

  test('a huge body is refused while it comes', async () => {
    const url = await startFaucet()
    const body = JSON.stringify({ address: someone(), denom: 'a'.repeat(HTTP_LIMITS.maxBodyBytes) })
    const answer = await creditJson(url, body)
    expect([answer.status, await answer.text()]).toEqual([413, 'the body is larger than 4096 bytes'])
    // One that says it is endless is answered before it ends, and hung up on.
    const head =
      'POST /credit HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) })
    socket.write(`${head}2000\r\n${'x'.repeat(0x2000)}\r\n`)
    let text = ''
    for await (const chunk of socket.setEncoding('utf8')) text += chunk
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toContain('connection: close')
  })

  test.each([
    ['nothing', ''],
    ['half a document', '{"address":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no address', '{"denom":"awadi"}'],
    ['a number as the address', '{"address":1,"denom":"awadi"}'],
    ['an empty denom', '{"address":"wadi1nxkwrvet9pggwt46cyr5gt39nfh7d054w0j7wd","denom":""}'],
    ['depth', '['.repeat(2_000)],
  ])('wrong JSON: %s', async (_, body) => {
    const answer = await creditJson(net.faucet, body)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8'])
    expect(await answer.text()).toMatch(/^(The body is not JSON|Request body must|Property '|Address is not)/)
  })

  test('bytes that are no UTF-8 are refused', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${net.faucet}/credit`, { method: 'POST', body, headers })).status).toBe(400)
  })

  test('an empty faucet says so to those it has nothing for, and pays the others', async () => {
    // dev8 has 10^24 awadi: three times 3 × 10^23 and a fee.
    const credits = [{ denom: 'awadi', amount: `${3n * 10n ** 23n}` }]
    const url = await startFaucet({ from: 8, credits })
    const addresses = Array.from({ length: 8 }, someone)
    const answers = await Promise.all(addresses.map((address) => credit(url, address)))
    const refused = answers.filter(({ status }) => status !== 200)
    expect(answers.length - refused.length).toBe(3)
    for (const answer of refused)
      expect([answer.status, await answer.text()]).toEqual([
        422,
        expect.stringContaining('has run out of awadi'),
      ])
    // What was not given does not count: they may ask again.
    expect((await credit(url, addresses.at(-1) as string)).status).toBe(422)
    const unfunded = await startFaucet({ credits: [{ denom: 'share/1', amount: '1' }] })
    expect((await credit(unfunded, someone(), 'share/1')).status).toBe(422)
    expect(await (await fetch(`${unfunded}/status`)).json()).toMatchObject({ availableTokens: [] })
  })

  test('node down: it says so, counts nothing, and goes on when the node is back', async () => {
    const port = await freePort(0)
    const { address, privateKey } = net.accounts[7] as Devnet['accounts'][number]
    const key = { address, privateKey: fromHex(privateKey), algorithm: 'secp256k1' } as const
    let rpc = `http://127.0.0.1:${port}`
    const url = await startFaucet({ openPayer: async () => openPayer(rpc, key) })
    const wanting = someone()
    for (let i = 0; i < 3; i++) {
      const answer = await credit(url, wanting)
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringMatching(/does not answer/)])
      expect(answer.headers.get('retry-after')).toBe('5')
    }
    expect((await fetch(`${url}/status`)).status).toBe(503)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    // The node comes up where it was looked for.
    rpc = net.rpc
    const { createServer } = await import('node:net')
    const node = createServer((socket) => {
      const there = createConnection({ host: '127.0.0.1', port: Number(new URL(net.rpc).port) })
      socket.pipe(there).pipe(socket)
      for (const end of [socket, there]) end.on('error', () => {})
    })
    await new Promise<void>((resolve) => node.listen(port, '127.0.0.1', resolve))
    expect((await credit(url, wanting)).status).toBe(200)
    node.close()
  })

  test('more than may wait are turned away, and all who wait are paid, a hundred in a transaction', async () => {
    const url = await startFaucet({ from: 6 })
    const payer = net.accounts[6]?.address as string
    const addresses = Array.from({ length: MAX_WAITING + 50 }, someone)
    const counts = await statusOf(addresses.map((address) => credit(url, address)))
    const paid = counts[200] ?? 0
    expect(paid + (counts[503] ?? 0)).toBe(MAX_WAITING + 50)
    expect(paid).toBeGreaterThanOrEqual(MAX_WAITING)
    const balances = await Promise.all(addresses.map((address) => balance(address)))
    expect(balances.filter((amount) => amount === 1_000n).length).toBe(paid)
    expect(balances.filter((amount) => amount === 0n).length).toBe(addresses.length - paid)
    // One transaction after the other, each with all that had gathered.
    const { sequence = 0 } = (await client.accountNonce(payer)) ?? {}
    expect(sequence).toBeGreaterThanOrEqual(Math.ceil(paid / MAX_BATCH))
    expect(sequence).toBeLessThan(paid / 10)
  })
})
