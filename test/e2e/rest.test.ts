/** REST in the query worker: what wallets probe for, and what nobody should send. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { toBase64 } from '#lib/bytes.ts'
import { type QueryPool, startQueryPool } from '../../src/query/pool.ts'
import { message } from '../../src/testing/types.ts'
import { alice, bob, carol, queryChain, startPool } from './query-kit.ts'

const KEPT = 10
const { chain, store } = queryChain(KEPT)
let pool: QueryPool
const logged: unknown[] = []

beforeAll(async () => {
  chain.advanceBlocks(30)
  const rest = {
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 10_000,
    maxUrlBytes: 2_000,
    clientTimeoutMs: 1_000,
  }
  pool = await startPool(store, { rest, log: (...line) => logged.push(line) })
})
afterAll(() => pool.close())

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly json: Record<string, unknown>
}

async function call(path: string, init?: RequestInit): Promise<Reply> {
  const response = await fetch(`${pool.restUrl}${path}`, init)
  const { status, headers } = response
  return { status, headers, json: (await response.json()) as Reply['json'] }
}

const at = (height: number | string): RequestInit => ({ headers: { 'x-cosmos-block-height': `${height}` } })
const post = (path: string, body: string): Promise<Reply> =>
  call(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
const bank = '/cosmos/bank/v1beta1'

/** What every error looks like. */
function expectError({ status, json }: Reply, wanted: number, code: number, text: RegExp): void {
  expect([status, json['code'], json['details']]).toEqual([wanted, code, []])
  expect(json['message']).toMatch(text)
}

describe('answers', () => {
  test('snake_case, amounts in strings, defaults written, the height in the header', async () => {
    const { status, headers, json } = await call(`${bank}/balances/${alice.address}`)
    expect(status).toBe(200)
    expect(json).toEqual({
      balances: [{ denom: 'awadi', amount: '1000000000000' }],
      pagination: { next_key: null, total: '0' },
    })
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('x-cosmos-block-height')).toBe(`${chain.height}`)
    expect(headers.get('grpc-metadata-x-cosmos-block-height')).toBe(`${chain.height}`)
  })

  test('pages follow each other by their key, through the URL', async () => {
    const path = '/cosmos/auth/v1beta1/accounts?pagination.limit=1'
    const seen: unknown[] = []
    for (let key: string | null = ''; key !== null; ) {
      const { json } = await call(`${path}&pagination.key=${encodeURIComponent(key)}`)
      seen.push(...(json['accounts'] as unknown[]))
      key = (json['pagination'] as { next_key: string | null }).next_key
    }
    const { json } = await call('/cosmos/auth/v1beta1/accounts?pagination.count_total=true')
    expect(seen).toEqual(json['accounts'])
    expect((json['pagination'] as { total: string }).total).toBe(`${seen.length}`)
    expect(seen.length).toBeGreaterThanOrEqual(2)
  })

  test('an older block by its height', async () => {
    const height = chain.height - KEPT + 1
    const { status, headers } = await call(`${bank}/supply`, at(height))
    expect([status, headers.get('x-cosmos-block-height')]).toEqual([200, `${height}`])
  })

  test('both spellings of an address translate into each other', async () => {
    const bytes = await call(`/cosmos/auth/v1beta1/bech32/${alice.address}`)
    const base64 = bytes.json['address_bytes'] as string
    expect(Buffer.from(base64, 'base64')).toHaveLength(20)
    const text = await call(`/cosmos/auth/v1beta1/bech32/${encodeURIComponent(base64)}`)
    expect(text.json).toEqual({ address_string: alice.address })
  })

  test('a denomination with a slash, plain or encoded', async () => {
    for (const denom of ['ibc/27A6', 'ibc%2F27A6']) {
      expectError(await call(`${bank}/denoms_metadata/${denom}`), 404, 5, /ibc\/27A6/)
    }
  })

  test('the probes of Keplr', async () => {
    expectError(await call(`${bank}/spendable_balances/test`), 400, 3, /invalid address/)
    expectError(await call('/ibc/apps/transfer/v1/params'), 501, 12, /Not Implemented/)
    const missing = await call(`/cosmos/auth/v1beta1/accounts/${carol.address}`)
    expectError(
      missing,
      404,
      5,
      /^rpc error: code = NotFound desc = account wadi1\w+ not found: key not found$/,
    )
  })

  test('settings of the node', async () => {
    const { json } = await call('/cosmos/base/node/v1beta1/config')
    expect(json['minimum_gas_price']).toBe('0.025awadi')
  })

  test('a simulation by POST, as wallets send it', async () => {
    const send = message(MsgSend, {
      fromAddress: alice.address,
      toAddress: bob.address,
      amount: [{ denom: 'awadi', amount: '1' }],
    })
    const body = JSON.stringify({ tx_bytes: toBase64(alice.tx(chain, [send])) })
    const { status, json } = await post('/cosmos/tx/v1beta1/simulate', body)
    expect(status).toBe(200)
    expect(Number((json['gas_info'] as { gas_used: string }).gas_used)).toBeGreaterThan(20_000)
    const late = JSON.stringify({
      tx_bytes: toBase64(alice.tx(chain, [message(MsgSend, { fromAddress: bob.address })])),
    })
    expectError(await post('/cosmos/tx/v1beta1/simulate', late), 500, 2, /with gas used: '\d+'$/)
  })

  test('a transaction decodes to JSON and encodes back to its bytes', async () => {
    const send = message(MsgSend, { fromAddress: alice.address, toAddress: bob.address })
    const tx_bytes = toBase64(alice.tx(chain, [send], { memo: 'там и здесь', fee: 5n }))
    const { json } = await post('/cosmos/tx/v1beta1/decode', JSON.stringify({ tx_bytes }))
    const tx = json['tx'] as { body: { messages: unknown[]; memo: string } }
    expect(tx.body.memo).toBe('там и здесь')
    expect(tx.body.messages[0]).toMatchObject({ '@type': '/cosmos.bank.v1beta1.MsgSend', amount: [] })
    const back = await post('/cosmos/tx/v1beta1/encode', JSON.stringify({ tx }))
    expect(back.json).toEqual({ tx_bytes })
  })
})

describe('bad input', () => {
  test('unknown routes and verbs answer 501', async () => {
    for (const path of [
      '/nope',
      `${bank}`,
      `${bank}/balances/`,
      `${bank}/balances/a/b/c`,
      '//',
      '/%2e%2e/x',
      '/openapi.json/',
      '/keplr',
    ]) {
      expectError(await call(path), 501, 12, /^Not Implemented$/)
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expectError(await call(`${bank}/supply`, { method }), 501, 12, /^Not Implemented$/)
    }
    expectError(
      await call('/cosmos/tx/v1beta1/encode/amino', { method: 'POST', body: '{}' }),
      501,
      12,
      /amino binary/,
    )
  })

  test('pages that are too large, or no numbers, answer 400', async () => {
    const query = async (text: string) => call(`${bank}/balances/${alice.address}?${text}`)
    expectError(await query('pagination.limit=1001'), 400, 3, /pagination\.limit 1001 is above 1000/)
    expectError(await query(`pagination.limit=${2n ** 64n - 1n}`), 400, 3, /is above 1000/)
    expectError(await query(`pagination.limit=${2n ** 64n}`), 400, 3, /pagination\.limit/)
    expectError(await query(`pagination.offset=${2n ** 63n}`), 400, 3, /pagination\.offset/)
    expectError(await query('pagination.limit=-5'), 400, 3, /pagination\.limit/)
    expectError(await query('pagination.key=%00%01'), 400, 3, /pagination\.key/)
    expectError(await query('pagination.key=AQID'), 400, 3, /pagination\.key does not belong/)
    expectError(await query('pagination.key=AQID&pagination.offset=1'), 400, 3, /either offset or key/)
  })

  test('heights that are pruned, in the future, or no heights answer 400', async () => {
    const supply = (height: number | string) => call(`${bank}/supply`, at(height))
    expectError(
      await supply(chain.height - KEPT),
      400,
      11,
      /is not available: pruned; this node keeps \d+ to \d+/,
    )
    expectError(await supply(chain.height + 1), 400, 11, /^cannot query with height in the future/)
    expectError(await supply(-1), 400, 3, /height < 0/)
    for (const bad of ['abc', '1.5', '1e3', '0x10', '9'.repeat(40)]) {
      expectError(await supply(bad), 400, 3, /x-cosmos-block-height is ".*", not a height/)
    }
    expectError(
      await call('/cosmos/base/tendermint/v1beta1/blocks/99999'),
      400,
      3,
      /bigger then the chain length/,
    )
    expectError(await call('/cosmos/base/tendermint/v1beta1/blocks/0'), 400, 3, /below 1/)
    expectError(await call('/cosmos/base/tendermint/v1beta1/blocks/abc'), 400, 3, /height/)
  })

  test('bodies that are no JSON, or of another shape, answer 400', async () => {
    const bodies = [
      '{',
      'null',
      '[]',
      '"x"',
      '1',
      '{"tx_bytes":5}',
      '{"nope":1}',
      '{"tx_bytes":"!"}',
      '\u0000',
      '{"mode":9}',
    ]
    for (const body of bodies) {
      const reply = await post('/cosmos/tx/v1beta1/txs', body)
      expect([body, reply.status, reply.json['code']]).toEqual([body, 400, 3])
    }
    const deep = `{"tx":${'{"body":'.repeat(400)}null${'}'.repeat(400)}}`
    expectError(await post('/cosmos/tx/v1beta1/simulate', deep), 400, 3, /tx/)
    const notUtf8 = await call('/cosmos/tx/v1beta1/txs', {
      method: 'POST',
      body: new Uint8Array([0x7b, 0xff, 0x7d]),
    })
    expectError(notUtf8, 400, 3, /not UTF-8/)
  })

  test('broadcasts that cannot be are refused before CometBFT is asked', async () => {
    const send = (mode: unknown) => post('/cosmos/tx/v1beta1/txs', JSON.stringify({ tx_bytes: 'AQ==', mode }))
    expectError(
      await send('BROADCAST_MODE_BLOCK'),
      400,
      3,
      /unsupported return type BROADCAST_MODE_BLOCK; supported types: sync, async/,
    )
    expectError(await send('BROADCAST_MODE_UNSPECIFIED'), 400, 3, /supported types: sync, async/)
    expectError(await post('/cosmos/tx/v1beta1/txs', '{"mode":2}'), 400, 3, /invalid empty tx/)
    expectError(await send('BROADCAST_MODE_SYNC'), 503, 14, /CometBFT does not answer/)
  })

  test('hashes and searches that cannot be are refused before CometBFT is asked', async () => {
    const txs = '/cosmos/tx/v1beta1/txs'
    expectError(await call(`${txs}/xyz`), 400, 3, /not 64 hex digits/)
    expectError(await call(`${txs}/${'A'.repeat(62)}`), 400, 3, /not 64 hex digits/)
    expectError(await call(txs), 400, 3, /query cannot be empty/)
    expectError(await call(`${txs}?query=tx.height>1&limit=101`), 400, 3, /limit 101 is above 100/)
    expectError(await call(`${txs}?query=tx.height>1&page=1000000000`), 400, 3, /page 1000000000 is above/)
    expectError(await call(`${txs}?query=tx.height>1&pagination.limit=500`), 400, 3, /is above 100/)
    expectError(await call(`${txs}/block/0`), 400, 3, /must not be less than 1/)
  })

  test('URLs and bodies beyond their limits answer 414 and 413', async () => {
    const long = await call(`${bank}/supply?x=${'a'.repeat(3_000)}`)
    expectError(long, 414, 3, /longer than 2000 bytes/)
    const large = await post('/cosmos/tx/v1beta1/txs', `{"tx_bytes":"${'A'.repeat(20_000)}"}`)
    expectError(large, 413, 3, /larger than 10000 bytes/)
    expect(large.headers.get('connection')).toBe('close')
  })

  test('paths that are not percent-encoded UTF-8 answer 400', async () => {
    for (const path of ['%', '%ff', '%zz', '%e0%80']) {
      expectError(await call(`${bank}/balances/${path}`), 400, 3, /not percent-encoded UTF-8/)
    }
  })

  test('texts with control characters come back quoted, never raw', async () => {
    const { status, json } = await call(`${bank}/balances/${encodeURIComponent('a\u0000\u001b[31m\n"b')}`)
    expect(status).toBe(400)
    expect(json['message']).not.toMatch(/\p{Cc}/u)
  })

  test('what is no HTTP, or never ends, is cut off, and others are served meanwhile', async () => {
    const open = async (text: string) => {
      const socket = connect(Number(new URL(pool.restUrl ?? '').port), '127.0.0.1')
      let received = ''
      socket.on('data', (data) => {
        received += data.toString('latin1')
      })
      const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))
      await once(socket, 'connect')
      socket.write(text)
      return { closed, received: () => received }
    }
    const texts = [
      '\u0016\u0003\u0001 no HTTP\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\n',
      'POST /cosmos/tx/v1beta1/txs HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
    ]
    const clients = await Promise.all(texts.map(open))
    expect((await call(`${bank}/supply`)).status).toBe(200)
    await Promise.all(clients.map(({ closed }) => closed))
    const statuses = clients.map(({ received }) => received().slice(9, 12))
    expect(statuses.slice(0, 3)).toEqual(['400', '408', '408'])
    // The connection is reset under a client that is still sending, which may lose the answer.
    expect(['431', '']).toContain(statuses[3])
  })

  test('none of it was a bug in the node', () => {
    expect(logged).toEqual([])
  })
})

describe('the listener', () => {
  test('more requests at once than it answers get 503', async () => {
    // Every search waits for an RPC that accepts connections and says nothing.
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const rest = { host: '127.0.0.1', port: 0, maxConcurrent: 2 }
    const busy = await startPool(store, { rest, rpcUrl: `http://127.0.0.1:${port}` })
    const stop = new AbortController()
    const search = () => fetch(`${busy.restUrl}/cosmos/tx/v1beta1/txs?query=a=1`, { signal: stop.signal })
    const searches = [search(), search(), search()]
    // Two wait for as long as the RPC is silent.
    const refused = await Promise.race(searches)
    expect([refused.status, await refused.json()]).toEqual([
      503,
      {
        code: 14,
        message: '2 requests are being answered: the node has too many queries to answer: try again',
        details: [],
      },
    ])
    stop.abort()
    await Promise.allSettled(searches)
    await busy.close()
    silent.close()
  })

  test('a port that is taken is an error of the start, with its number', async () => {
    const port = Number(new URL(pool.restUrl ?? '').port)
    await expect(startPool(store, { rest: { host: '127.0.0.1', port } })).rejects.toThrow(
      `EADDRINUSE: address already in use 127.0.0.1:${port}`,
    )
  })

  test('without an address there is no REST', async () => {
    const plain = await startQueryPool({
      store,
      rpcUrl: '',
      minGasPrices: '',
      software: '',
      log: () => {},
    })
    expect(plain.restUrl).toBeUndefined()
    await plain.close()
  })
})
