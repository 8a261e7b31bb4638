/**
 * The same signed transactions through a real CometBFT and through solo mode, from the same genesis with the same keys:
 * every answer is compared field by field.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from '@cosmjs/proto-signing'
import { calculateFee, coins, SigningStargateClient } from '@cosmjs/stargate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_MNEMONIC } from '../../src/cli/node/dev-accounts.ts'
import { messages } from '../../src/client/messages.ts'
import { wadiRegistry } from '../../src/client/registry.ts'
import { type Devnet, startDevnet } from './devnet-kit.ts'
import { surprises } from './solo-compare.ts'
import { type Answer, call, copyHome, get, heightOf, post, Socket, until } from './solo-kit.ts'

const MAX_TX_BYTES = 1_500
const MAX_TXS_BYTES = 5_000

let folder: string
let comet: Devnet
let solo: Devnet
let cometEvents: Socket
let soloEvents: Socket
const hashes: string[] = []

const fee = calculateFee(1_000_000, '0.001awadi')
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
const EVENTS = ['NewBlock', 'NewBlockHeader', 'NewBlockEvents', 'Tx']

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-compare-'))
  const homes = { comet: join(folder, 'comet'), solo: join(folder, 'solo') }
  // The first start only makes the home.
  await (await startDevnet({ home: homes.comet, args: ['--solo'] })).stop()
  tightenMempool(join(homes.comet, 'config/config.toml'))
  copyHome(homes.comet, homes.solo)
  rmSync(join(homes.comet, 'data/solo'), { recursive: true })
  rmSync(join(homes.comet, 'data/app'), { recursive: true })
  // Blocks of what waits and one after it, no others: so both chains rest at the same height.
  const env = { CMT_CONSENSUS_CREATE_EMPTY_BLOCKS: 'false' }
  comet = await startDevnet({ home: homes.comet, env, args: ['--block-time', '200ms'] })
  solo = await startDevnet({ home: homes.solo, args: ['--solo', '--no-mining'] })
  cometEvents = await Socket.open(comet.rpc)
  soloEvents = await Socket.open(solo.rpc)
  await quiet()
  await follow()
  for (const [id, kind] of EVENTS.entries()) {
    for (const socket of [cometEvents, soloEvents])
      expect(await socket.request(id, 'subscribe', { query: `tm.event='${kind}'` })).toEqual({
        jsonrpc: '2.0',
        id,
        result: {},
      })
  }
  await transact()
  await follow()
}, 180_000)

afterAll(async () => {
  cometEvents?.close()
  soloEvents?.close()
  await comet?.stop()
  await solo?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function tightenMempool(file: string): void {
  const text = readFileSync(file, 'utf8')
  const limits = text
    .replace(/^max_tx_bytes = .*/m, `max_tx_bytes = ${MAX_TX_BYTES}`)
    .replace(/^max_txs_bytes = .*/m, `max_txs_bytes = ${MAX_TXS_BYTES}`)
  writeFileSync(file, limits)
}

/** Waits until CometBFT makes no more blocks. */
async function quiet(): Promise<void> {
  let seen = -1
  let since = Date.now()
  await until('CometBFT rests', async () => {
    const height = await heightOf(comet.rpc)
    if (height !== seen) since = Date.now()
    seen = height
    return height > 1 && Date.now() - since > 2_000
  })
}

/** Gives solo mode the blocks of CometBFT: their transactions, one block at a time. */
async function follow(): Promise<void> {
  const last = await heightOf(comet.rpc)
  for (let height = (await heightOf(solo.rpc)) + 1; height <= last; height++) {
    const { block } = await call<{ block: { data: { txs: string[] } } }>(comet.rpc, 'block', {
      height: `${height}`,
    })
    for (const tx of block.data.txs)
      expect(await call(solo.rpc, 'broadcast_tx_sync', { tx })).toMatchObject({ code: 0 })
    expect(await call(solo.rpc, 'dev_mine')).toEqual({ height: `${height}` })
  }
}

/** Transfers that succeed and fail, one with an attribute that many have, and a registration; each in some block. */
async function transact(): Promise<void> {
  const hdPaths = [0, 1, 2].map((i) => makeCosmoshubPath(i))
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(DEV_MNEMONIC, { prefix: 'wadi', hdPaths })
  const [a, b, c] = (await wallet.getAccounts()).map(({ address }) => address) as [string, string, string]
  const client = await SigningStargateClient.connectWithSigner(comet.rpc, wallet, {
    registry: wadiRegistry(),
    broadcastPollIntervalMs: 50,
  })
  const send = (from: string, to: string, amount: string) =>
    client.sendTokens(from, to, coins(amount, 'awadi'), fee, 'compared')
  const asset = messages.asset.registerAsset({
    controller: a,
    kind: 1,
    slug: 'compared',
    license: { expression: 'MIT' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: { scheme: 4, rootDigest: new Uint8Array(32).fill(9), sizeBytes: 1n, fileCount: 1 },
    derivatives: 1,
  })
  for (const result of [
    await send(a, b, '5'),
    ...(await Promise.all([send(a, c, '1'), send(b, c, '2'), send(c, a, '3')])),
    await send(c, b, `${10n ** 27n}`),
    await client.signAndBroadcast(a, [asset], fee),
    await client.signAndBroadcast(
      b,
      [
        messages.bank.send({ fromAddress: b, toAddress: c, amount: coins('7', 'awadi') }),
        messages.bank.send({ fromAddress: b, toAddress: a, amount: coins('8', 'awadi') }),
      ],
      fee,
    ),
  ])
    hashes.push(result.transactionHash)
  expect(hashes).toHaveLength(7)
  await quiet()
}

async function both(ask: (rpc: string) => Promise<Answer>): Promise<readonly [Answer, Answer]> {
  return [await ask(comet.rpc), await ask(solo.rpc)]
}

/** Asks both over POST; nothing may differ but what is expected to. */
async function same(method: string, params: object = {}): Promise<Answer> {
  const [a, b] = await both((rpc) => post(rpc, JSON.stringify({ jsonrpc: '2.0', id: 7, method, params })))
  expect(surprises(a, b), `${method} ${JSON.stringify(params)}`).toEqual([])
  return a
}

async function sameGet(path: string): Promise<Answer> {
  const [a, b] = await both((rpc) => get(rpc, path))
  expect(surprises(a, b), path).toEqual([])
  return a
}

async function samePost(body: string): Promise<Answer> {
  const [a, b] = await both((rpc) => post(rpc, body))
  expect(surprises(a, b), body.slice(0, 100)).toEqual([])
  return a
}

test('both chains stand at the same height with the same state', async () => {
  const height = await heightOf(comet.rpc)
  expect(height).toBeGreaterThan(7)
  expect(await heightOf(solo.rpc)).toBe(height)
})

describe('blocks', () => {
  test('every block, header, commit and result is the same', async () => {
    const last = await heightOf(comet.rpc)
    for (let height = 1; height <= last; height++) {
      for (const method of ['block', 'header', 'commit', 'block_results', 'validators', 'consensus_params'])
        expect((await same(method, { height: `${height}` })).body).toHaveProperty('result')
    }
  })

  test('the first block is the same to the last bit of its hash', async () => {
    const [a, b] = await both((rpc) => get(rpc, '/block?height=1'))
    expect(b).toEqual(a)
  })

  test('the newest, by every method that knows it', async () => {
    for (const method of [
      'block',
      'header',
      'commit',
      'block_results',
      'validators',
      'consensus_params',
      'status',
    ])
      expect((await same(method)).body).toHaveProperty('result')
  })

  test('what there is beyond the blocks stored', async () => {
    const next = `${(await heightOf(comet.rpc)) + 1}`
    for (const method of ['validators', 'consensus_params']) await same(method, { height: next })
    for (const method of ['block', 'header', 'commit', 'block_results']) {
      const { body } = await same(method, { height: next })
      expect(body).toMatchObject({ error: { code: -32603, message: 'Internal error' } })
      await same(method, { height: '0' })
      await same(method, { height: '-1' })
      await same(method, { height: '9223372036854775807' })
    }
  })

  test('by hash, where each chain has its own', async () => {
    for (const rpc of [comet.rpc, solo.rpc]) {
      const { block_id, block } = await call<{ block_id: { hash: string }; block: unknown }>(rpc, 'block', {
        height: '3',
      })
      expect(await call(rpc, 'block_by_hash', { hash: base64(block_id.hash) })).toEqual({ block_id, block })
      expect(await call(rpc, 'header_by_hash', { hash: block_id.hash })).toEqual(
        await call(rpc, 'header', { height: '3' }),
      )
    }
    await same('block_by_hash', { hash: base64('00'.repeat(32)) })
    await same('block_by_hash', { hash: '' })
    await same('header_by_hash', { hash: '00'.repeat(32) })
  })

  test('spans of headers', async () => {
    const spans = [
      ['0', '0'],
      ['1', '3'],
      ['2', '1000'],
      ['5', '2'],
      ['-1', '2'],
      ['1000', '2000'],
    ]
    for (const [minHeight, maxHeight] of spans) await same('blockchain', { minHeight, maxHeight })
  })
})

describe('transactions', () => {
  test('by hash, with and without proof', async () => {
    for (const hash of hashes) {
      for (const prove of [false, true])
        expect((await same('tx', { hash: base64(hash), prove })).body).toHaveProperty('result.tx_result')
      await sameGet(`/tx?hash=0x${hash}&prove=true`)
    }
  })

  test('that do not exist, by hashes of every form', async () => {
    const { body } = await same('tx', { hash: base64('AB'.repeat(32)) })
    expect(body).toMatchObject({ error: { data: `tx (${'AB'.repeat(32)}) not found` } })
    await same('tx', { hash: '' })
    await same('tx', { hash: 'AA==' })
  })

  test.each([
    'tx.height > 0',
    'tx.height = 4',
    'tx.height=4',
    'tx.height >= 3 AND tx.height < 6',
    'tx.height > 2 AND tx.height > 5',
    'tx.height <= 5.5',
    'tx.height = 1000',
    'tx.height = 4 AND message.sender EXISTS',
    "message.action = '/cosmos.bank.v1beta1.MsgSend'",
    "message.action='/cosmos.bank.v1beta1.MsgSend' AND tx.height > 4",
    "message.action='/cosmos.bank.v1beta1.MsgSend' AND message.sender EXISTS",
    "message.action CONTAINS 'asset'",
    "message.action CONTAINS 'MsgSend' AND tx.height <= 5",
    'transfer.recipient EXISTS',
    "transfer.amount = '5awadi'",
    "tx.acc_seq CONTAINS '/0'",
    "nothing.here = 'x'",
    'transfer.recipient > 5',
    'message.action = 5',
    'message.action = DATE 2026-01-01',
    'message.action < TIME 2026-01-01T00:00:00Z',
    "tx.hash = 'zz'",
    "tx.hash = 'abc'",
    "tx.hash = ''",
    'tx.hash EXISTS',
    `tx.hash = '${'00'.repeat(32)}'`,
  ])('searched with %s', async (query) => {
    await same('tx_search', { query })
    await same('tx_search', { query, order_by: 'desc', per_page: '2', prove: true })
  })

  test('searched by hash', async () => {
    for (const hash of hashes.slice(0, 2)) {
      expect((await same('tx_search', { query: `tx.hash='${hash}'` })).body).toMatchObject({
        result: { total_count: '1' },
      })
      await same('tx_search', { query: `tx.hash='${hash.toLowerCase()}' AND tx.height = 1` })
    }
  })

  test('page by page', async () => {
    const query = 'tx.height > 0'
    for (const page of ['1', '2', '3', '4', '5', '0', '-1', '99999999999999999'])
      await same('tx_search', { query, page, per_page: '2' })
    for (const per_page of ['0', '-5', '1', '100', '101', '1000000'])
      await same('tx_search', { query, per_page })
    await same('tx_search', { query, order_by: 'sideways' })
  })

  test.each([
    '',
    ' ',
    'tx.height',
    'tx.height =',
    "tx.height = 'a",
    'tx.height CONTAINS 5',
    "tx.height > 'a'",
    '= 5',
    'tx.height = 5 OR tx.height = 6',
    'tx.height = 5 AND',
    'tx.height = 5 tx.height = 6',
    'tx.height ! 5',
    'tx.height > TIME 2026',
    'tx.height > DATE 1066-10-14',
    'tx.height > TIME 2026-99-99T00:00:00Z',
    '"tx.height" = 5',
    'é.x = 5 § 7',
    "tx.height = 5 'without end",
    'tx.height > TIME 2026-01-02T03:04:05',
    'tx.height > TIME 2026-01-02T25:04:05Z',
    'tx.height > TIME 2026-01-02T03:04:05Z5',
    'tx.height > DATE 2026-02-30',
    'tx.height > DATE 26-02-30',
    `a.b = '${'x'.repeat(600)}'`,
  ])('searched with what is no query: %s', async (query) => {
    await same('tx_search', { query })
  })
})

describe('searches for blocks', () => {
  test.each([
    'block.height > 2',
    'block.height = 3',
    'block.height = 3000',
    'block.height > 1 AND block.height <= 4',
    "nothing.here = 'x'",
    'block.height EXISTS',
    'tx.height > 1',
    '',
    'block.height !',
  ])('with %s', async (query) => {
    await same('block_search', { query })
    await same('block_search', { query, order_by: 'asc', page: '2', per_page: '1' })
    await same('block_search', { query, order_by: 'up' })
  })
})

describe('sending', () => {
  const methods = ['broadcast_tx_sync', 'broadcast_tx_async', 'broadcast_tx_commit']

  test.each(methods)('%s refuses what is too large, too much, and what is no transaction', async (method) => {
    const filled = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64')
    expect((await same(method, { tx: filled(MAX_TX_BYTES + 1) })).body).toHaveProperty('error')
    expect((await same(method, { tx: filled(MAX_TXS_BYTES + 1) })).body).toHaveProperty('error')
    // Each its own: what was sent without waiting may still be on its way to the application there.
    await same(method, { tx: filled(10 + methods.indexOf(method)) })
    if (method === 'broadcast_tx_async') return
    await same(method, { tx: '' })
    await same(method, {})
  })

  test.each(methods)('%s knows what was in a block', async (method) => {
    for (const hash of hashes) {
      const { tx } = await call<{ tx: string }>(comet.rpc, 'tx', { hash: base64(hash) })
      await same(method, { tx })
      await same('check_tx', { tx })
    }
  })

  test('nothing waits', async () => {
    for (const limit of ['0', '1', '1000', '-1']) await same('unconfirmed_txs', { limit })
    await same('num_unconfirmed_txs')
  })
})

describe('the node', () => {
  test('and what little it has to say', async () => {
    for (const method of ['health', 'status', 'net_info', 'abci_info', 'genesis']) await same(method)
    await same('genesis_chunked', { chunk: '0' })
    await same('genesis_chunked', { chunk: '1' })
    await same('genesis_chunked', { chunk: '-1' })
  })

  test('queries of the application, with proofs and errors', async () => {
    const path = '/cosmos.bank.v1beta1.Query/TotalSupply'
    await same('abci_query', { path, data: '' })
    await same('abci_query', { path, data: '', height: '3' })
    await same('abci_query', { path: '/store/bank/key', data: '016177616469', prove: true })
    await same('abci_query', { path: '/store/bank/key', data: 'FF', prove: true, height: '4' })
    await same('abci_query', { path: '/nothing', data: '' })
    await same('abci_query', { path, data: '', height: '100000' })
    await same('abci_query', { path, data: '', height: '-1' })
    await same('abci_query', { path, data: 'xyz' })
    await same('abci_query', { path, data: '0' })
    await same('abci_query')
  })
})

describe('requests that are wrong', () => {
  test.each([
    '{',
    'nonsense',
    '[]',
    '[1]',
    '5',
    '"text"',
    'null',
    '{}',
    '{"jsonrpc":"2.0","method":"health"}',
    '{"jsonrpc":"2.0","id":null,"method":"health"}',
    '{"jsonrpc":"2.0","id":1.9,"method":"health"}',
    '{"jsonrpc":"2.0","id":"","method":"health"}',
    '{"jsonrpc":"2.0","id":true,"method":"health"}',
    '{"jsonrpc":"2.0","id":{"a":1},"method":"health"}',
    '{"jsonrpc":"2.0","id":[1,"b"],"method":"health"}',
    '{"jsonrpc":"2.0","id":1,"method":"no_such_method"}',
    '{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"query":"tm.event=\'Tx\'"}}',
    '{"jsonrpc":"2.0","id":1,"method":"block"}',
    '{"jsonrpc":"2.0","id":1,"method":"health","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"health","params":{"more":1}}',
    '{"jsonrpc":"2.0","id":1,"method":"health","params":[1]}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":["3"]}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":"3"}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":5}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":null}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":3}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":null}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"three"}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"1.5"}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":""}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"99999999999999999999"}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":true}}',
    '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"true"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"***"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"AAA"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"AA=A"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"AA="}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":5}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"AA==","prove":"yes"}}',
    '{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{"tx":7}}',
    '{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{"tx":"not base64"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tx_search","params":{"query":5}}',
    '{"jsonrpc":"2.0","id":1,"method":"abci_query","params":{"path":1}}',
    '{"jsonrpc":"2.0","id":1,"method":"abci_query","params":{"data":1}}',
  ])('%s', async (body) => {
    await samePost(body)
  })

  test('batches, at the limit and above', async () => {
    const one = (id: number, method = 'health') => ({ jsonrpc: '2.0', id, method, params: {} })
    const batch = (count: number) => JSON.stringify(Array.from({ length: count }, (_, id) => one(id)))
    expect((await samePost(batch(1))).body).not.toBeInstanceOf(Array)
    expect((await samePost(batch(10))).body).toHaveLength(10)
    expect((await samePost(batch(11))).body).toHaveProperty('error.code', -32600)
    await samePost(
      JSON.stringify([one(1), one(2, 'nothing'), { jsonrpc: '2.0', method: 'health' }, one(3, 'abci_info')]),
    )
    await samePost(JSON.stringify([one(1), { id: true }]))
  })

  test('bodies above the limit', async () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'broadcast_tx_sync',
      params: { tx: 'A'.repeat(1_000_000) },
    })
    expect((await samePost(body)).status).toBe(400)
  })

  test.each([
    '/health',
    '/health?more=1',
    '/block',
    '/block?height=3',
    '/block?height="3"',
    '/block?height=abc',
    '/block?height=1.5',
    '/block?height=0x3',
    '/block?height=',
    '/block?height=1000',
    '/tx?hash=0xZZ',
    '/tx?hash=0xA',
    '/tx?hash=AB',
    '/tx?hash="AB"',
    '/tx?hash=0xAB&prove=maybe',
    '/tx_search?query="tx.height=4"',
    '/tx_search?query=tx.height=4',
    '/tx_search?query="tx.height>0"&page=2&per_page=2&order_by="desc"',
    '/abci_query?path="/cosmos.bank.v1beta1.Query/TotalSupply"',
    '/abci_query?path="/store/bank/key"&data=0x016177616469&prove=true',
    '/abci_query?path="/x"&data="016177"',
    '/broadcast_tx_sync?tx="abc"',
    '/broadcast_tx_sync?tx=0x616263',
    '/broadcast_tx_sync?tx=abc',
    '/broadcast_tx_sync',
    '/validators?page=1&per_page=1',
    '/validators?page=2',
    '/genesis_chunked?chunk=7',
    '/subscribe?query="x"',
    '/no_such_path',
    '/health/',
  ])('GET %s', async (path) => {
    await sameGet(path)
  })

  test('over a WebSocket', async () => {
    const texts = [
      'nonsense',
      '{"jsonrpc":"2.0","id":1,"method":"nothing"}',
      '{"jsonrpc":"2.0","id":1,"method":"block"}',
      '{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":3}}',
      '{"jsonrpc":"2.0","id":"a","method":"block","params":{"height":"3"}}',
      '{"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"query":"tm.event"}}',
      '{"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"query":""}}',
      `{"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"query":"${'x'.repeat(600)}"}}`,
      '{"jsonrpc":"2.0","id":3,"method":"unsubscribe","params":{"query":"tm.event=\'Tx\'"}}',
      '{"jsonrpc":"2.0","id":3,"method":"unsubscribe","params":{"query":"tm.event"}}',
      '{"jsonrpc":"2.0","id":3,"method":"unsubscribe_all"}',
      '{"jsonrpc":"2.0","id":4,"method":"subscribe","params":{"query":"tm.event=\'Vote\' AND a.b=1"}}',
      '{"jsonrpc":"2.0","id":4,"method":"subscribe","params":{"query":"tm.event = \'Vote\'  AND  a.b = 1"}}',
      '{"jsonrpc":"2.0","id":5,"method":"subscribe","params":["tm.event=\'Lock\'"]}',
      '{"jsonrpc":"2.0","id":6,"method":"subscribe","params":{"query":"tm.event=\'Polka\'"}}',
      '{"jsonrpc":"2.0","id":7,"method":"subscribe","params":{"query":"a.b EXISTS"}}',
      '{"jsonrpc":"2.0","id":8,"method":"subscribe","params":{"query":"a.b CONTAINS \'x\'"}}',
      '{"jsonrpc":"2.0","id":9,"method":"subscribe","params":{"query":"one.too > 5"}}',
      '{"jsonrpc":"2.0","id":3,"method":"unsubscribe","params":{"query":"a.b EXISTS"}}',
      '{"jsonrpc":"2.0","id":3,"method":"unsubscribe_all","params":{}}',
      '{"jsonrpc":"2.0","id":3,"method":"unsubscribe_all","params":{}}',
    ]
    const sockets = await Promise.all([Socket.open(comet.rpc), Socket.open(solo.rpc)])
    for (const text of texts) {
      const [a, b] = await Promise.all(sockets.map((socket) => socket.ask(text)))
      expect(surprises(a, b), text).toEqual([])
    }
    for (const socket of sockets) socket.close()
  })
})

test('subscribers were told the same', () => {
  const told = (socket: Socket, kind: string) =>
    socket.messages.filter(({ result }) =>
      (result as { data?: { type?: string } }).data?.type?.endsWith(`/${kind}`),
    )
  for (const kind of EVENTS) {
    const [a, b] = [told(cometEvents, kind), told(soloEvents, kind)]
    expect(a.length, kind).toBeGreaterThanOrEqual(kind === 'Tx' ? 7 : 5)
    expect(surprises(a, b), kind).toEqual([])
  }
})
