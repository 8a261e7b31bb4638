/** wadi/client on a real node: waiting, streams over connections that break, lists, and the examples. */
import { readFileSync } from 'node:fs'
import { DirectSecp256k1HdWallet } from '@cosmjs/proto-signing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventAssetRegistered, EventVersionActivated } from '#gen/wadi/asset/v1/events.ts'
import { WadiClient } from '../../src/client/client.ts'
import { SubscriptionError, TxError, TxTimeoutError } from '../../src/client/errors.ts'
import { sdkEvents } from '../../src/client/events.ts'
import { SigningWadiClient } from '../../src/client/signing.ts'
import { startExample } from '../support/example.ts'
import { startLyingNode, startWire, type Wire } from '../support/rpc-proxy.ts'
import { type Devnet, startDevnet } from './devnet-kit.ts'

let net: Devnet
let wire: Wire
let wallet: DirectSecp256k1HdWallet
/** Speaks to the node directly. */
let client: SigningWadiClient
let alice = ''
let bob = ''
let registrations = 0

beforeAll(async () => {
  net = await startDevnet()
  wire = await startWire(net.rpc)
  wallet = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: 'wadi' })
  client = await SigningWadiClient.connectWithSigner(net.rpc, wallet)
  alice = net.accounts[0]?.address as string
  bob = net.accounts[1]?.address as string
}, 120_000)
afterAll(async () => {
  client?.disconnect()
  await wire?.close()
  await net?.stop()
})

const send = (amount: number) =>
  client.tx.bank.send({
    fromAddress: alice,
    toAddress: bob,
    amount: [{ denom: 'awadi', amount: `${amount}` }],
  })

function registration(slug: string) {
  registrations++
  return client.tx.asset.registerAsset({
    controller: alice,
    kind: 1,
    slug,
    license: { expression: 'MIT' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: {
      scheme: 4,
      rootDigest: new Uint8Array(32).fill(registrations),
      sizeBytes: 1n,
      fileCount: 1,
    },
    derivatives: 1,
  })
}

/** The first items of a stream. */
async function take<T>(items: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  if (count === 0) return taken
  for await (const item of items) {
    taken.push(item)
    if (taken.length === count) break
  }
  return taken
}

describe('waiting for a transaction', () => {
  test.each(['ws', 'http'])('over %s ends with its block, and its events have types', async (scheme) => {
    const endpoint = net.rpc.replace('http', scheme)
    const sender = await SigningWadiClient.connectWithSigner(endpoint, wallet)
    const result = await sender.signAndBroadcast(alice, [registration(`by-${scheme}`), send(5)])
    expect(result.events.of(EventAssetRegistered)).toMatchObject([{ creator: alice, slug: `by-${scheme}` }])
    const paid = result.events.of(sdkEvents.transfer).filter(({ recipient }) => recipient === bob)
    expect(paid).toEqual([{ sender: alice, recipient: bob, amount: [{ denom: 'awadi', amount: '5' }] }])
    expect(result.events.decoded().filter(({ problem }) => problem !== undefined)).toEqual([])
    expect(await sender.waitForTx(result.hash)).toEqual(result)
    sender.disconnect()
  })

  test('asks a few times only where a socket tells of blocks', async () => {
    const counted = await startLyingNode(net.rpc)
    const url = counted.url.replace('http', 'ws')
    const waiting = await SigningWadiClient.connectWithSigner(url, wallet)
    const hash = await client.signAndSend(alice, [send(1)])
    await waiting.waitForTx(hash)
    waiting.disconnect()
    expect(counted.calls.get('tx')).toBeLessThan(10)
    await counted.close()
  })

  test('has an end, and a signal', async () => {
    const hash = 'AB'.repeat(32)
    await expect(client.waitForTx(hash, { timeoutMs: 300 })).rejects.toBeInstanceOf(TxTimeoutError)
    const stop = new AbortController()
    const waiting = client.waitForTx(hash, { signal: stop.signal })
    stop.abort(new Error('no longer wanted'))
    await expect(waiting).rejects.toThrow('no longer wanted')
  })

  test('throws what failed in the block', async () => {
    const failing = client.signAndBroadcast(
      alice,
      [{ ...send(1), value: { ...send(1).value, amount: tooMuch } }],
      {
        gas: 200_000,
      },
    )
    await expect(failing).rejects.toBeInstanceOf(TxError)
  })
})

const tooMuch = [{ denom: 'awadi', amount: `${10n ** 30n}` }]

describe('streams', () => {
  test.each(['ws', 'http'])(
    'over %s bring every event once and in order while connections break',
    async (scheme) => {
      const reader = await WadiClient.connect(`${scheme}://${wire.host}`, { pollMs: 50 })
      const from = (await client.height()) + 1
      const count = 12
      const stop = new AbortController()
      const events = take(
        reader.subscribe.events(sdkEvents.transfer, {
          where: ({ recipient }) => recipient === bob,
          from,
          signal: stop.signal,
        }),
        count,
      )
      const txs = take(
        reader.subscribe.txs(`transfer.recipient='${bob}'`, { from, signal: stop.signal }),
        count,
      )
      const before = wire.opened()
      const sent: number[] = []
      for (let i = 1; i <= count; i++) {
        await client.signAndBroadcast(alice, [send(i)])
        sent.push(i)
        // Every third time the connection breaks, and once the node is away for two blocks.
        if (i % 3 === 0) wire.cut()
        if (i === 7) {
          wire.cut(true)
          const height = await client.height()
          while ((await client.height()) < height + 2) await new Promise((done) => setTimeout(done, 20))
          wire.cut(false)
        }
      }
      const amounts = (await events).map(({ value }) => Number(value.amount[0]?.amount))
      expect(amounts).toEqual(sent)
      const heights = (await events).map(({ height }) => height)
      expect(heights).toEqual(heights.toSorted((a, b) => a - b))
      expect((await txs).map(({ hash }) => hash)).toEqual([...new Set((await txs).map(({ hash }) => hash))])
      expect((await txs).map(({ height }) => height)).toEqual(heights)
      expect(wire.opened()).toBeGreaterThan(before + 3)
      reader.disconnect()
    },
  )

  test('of blocks go on from an old height without a gap, and end with a signal', async () => {
    const reader = await WadiClient.connect(net.rpc.replace('http', 'ws'))
    const stop = new AbortController()
    const newest = await client.height()
    const heights: number[] = []
    const ended = (async () => {
      for await (const block of reader.subscribe.blocks({ from: 1, signal: stop.signal })) {
        heights.push(block.height)
        if (block.height === newest + 3) stop.abort(new Error('enough'))
      }
    })()
    await expect(ended).rejects.toThrow('enough')
    expect(heights).toEqual(Array.from({ length: newest + 3 }, (_, i) => i + 1))
    reader.disconnect()
  })

  test('begin with the call, not with the first step', async () => {
    const stream = client.subscribe.events(sdkEvents.transfer, {
      where: ({ recipient }) => recipient === bob,
    })
    await client.signAndBroadcast(alice, [send(77)])
    await client.signAndBroadcast(alice, [send(78)])
    const amounts = (await take(stream, 2)).map(({ value }) => value.amount[0]?.amount)
    expect(amounts).toEqual(['77', '78'])
  })

  test('say from where they have not delivered when the node stays away, or has no such block', async () => {
    const reader = await WadiClient.connect(`http://${wire.host}`, { pollMs: 50 })
    wire.cut(true)
    const lost = take(reader.subscribe.blocks({ from: 2, patienceMs: 500 }), 1)
    await expect(lost).rejects.toBeInstanceOf(SubscriptionError)
    await expect(lost).rejects.toThrow('begin again with { from: 2 }')
    wire.cut(false)
    expect(() => reader.subscribe.blocks({ from: 0 })).toThrow('heights begin with 1')
    expect(() => reader.subscribe.txs('transfer sender')).toThrow('is no query')
    reader.disconnect()
  })
})

describe('lists', () => {
  test('read page after page at one height, whatever happens meanwhile', async () => {
    await client.signAndBroadcast(alice, ['l1', 'l2', 'l3', 'l4', 'l5'].map(registration), { gas: 2_000_000 })
    const all = (await client.query.asset.assetsByCreator({ creator: alice })).assets.map(({ slug }) => slug)
    const seen: string[] = []
    for await (const { slug } of client.list.asset.assetsByCreator({ creator: alice }, { pageSize: 2 })) {
      if (seen.length === 1) await client.signAndBroadcast(alice, [registration('meanwhile')])
      seen.push(slug)
    }
    expect(seen).toEqual(all)
    const backwards = client.list.asset.assetsByCreator(
      { creator: alice, pagination: { reverse: true } },
      { pageSize: 3 },
    )
    expect((await take(backwards, 2)).map(({ slug }) => slug)).toEqual(['meanwhile', 'l5'])
  })

  test('exist for every query that pages by keys, and for no other', async () => {
    expect(Object.keys(client.list.asset).toSorted()).toEqual([
      'ancestors',
      'assets',
      'assetsByController',
      'assetsByCreator',
      'assetsByKind',
      'children',
      'commitments',
      'descendants',
      'parents',
      'provisionalVersions',
      'versions',
    ])
    expect(Object.keys(client.list.bank)).toContain('allBalances')
    expect(Object.keys(client.list.auth)).toEqual(['accounts'])
    expect(Object.keys(client.list.node)).toEqual([])
    for (const list of [client.list.bank.allBalances({ address: alice }), client.list.bank.totalSupply()])
      expect((await take(list, 1))[0]?.denom).toBe('awadi')
    expect((await take(client.list.auth.accounts({}, { pageSize: 1 }), 3)).length).toBe(3)
  })

  test('follow lineage through its pages', async () => {
    const slugs = ['root', 'middle', 'leaf']
    const ids: bigint[] = []
    for (const slug of slugs) {
      const made = registration(slug)
      const parent = ids.at(-1)
      const parents = parent === undefined ? [] : [{ assetId: parent, version: 1, relation: 4 }]
      const result = await client.signAndBroadcast(alice, [{ ...made, value: { ...made.value, parents } }])
      const id = result.events.of(EventAssetRegistered)[0]?.assetId as bigint
      ids.push(id)
      // An event of a block, not of a transaction: only from then on others may build on the asset.
      const where = ({ assetId }: EventVersionActivated) => assetId === id
      const [active] = await take(
        client.subscribe.events(EventVersionActivated, { from: result.height, where }),
        1,
      )
      expect([active?.txIndex, active?.value.version]).toEqual([undefined, 1])
    }
    const found: bigint[] = []
    for await (const node of client.list.asset.ancestors(
      { assetId: ids[2] as bigint, version: 1 },
      { pageSize: 1 },
    ))
      found.push(node.assetId)
    expect(found).toEqual([ids[1], ids[0]])
  })

  test('refuse a page size that no node serves, and end with a signal', async () => {
    await expect(take(client.list.asset.assets({}, { pageSize: 1_001 }), 1)).rejects.toThrow('take 1 to 1000')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(take(client.list.asset.assets({}, { signal }), 1)).rejects.toThrow('enough')
  })
})

const example = (name: string, args: readonly string[], endpoint = net.rpc) =>
  startExample(name, args, endpoint)

describe('the examples', () => {
  test('send.ts sends, and reads the events', async () => {
    const out = await example('node/send.ts', [bob], net.rpc.replace('http', 'ws')).ended
    expect(out).toContain(`${alice} -> ${bob}: 1000awadi`)
  })

  test('watch-events.ts sees what register-asset.ts does', async () => {
    const watching = example('node/watch-events.ts', ['1'])
    await watching.said('watching')
    const out = await example('node/register-asset.ts', ['from-example']).ended
    expect(out).toMatch(/registered asset \d+, from-example, in block \d+/)
    expect(await watching.ended).toContain(`from-example of ${alice}`)
  })

  test('verified-read.ts and read-asset.ts read', async () => {
    expect(await example('node/verified-read.ts', [bob]).ended).toMatch(
      new RegExp(`proven: ${bob} has \\d+awadi`),
    )
    expect(await example('read-asset.ts', []).ended).toContain('wadi/client: asset 1 is')
  })
})

test('the code in the README of the client runs', async () => {
  const text = readFileSync(new URL('../../src/client/README.md', import.meta.url), 'utf8')
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  expect(blocks.length).toBeGreaterThan(3)
  for (const code of blocks) await runReadmeCode(code)
})

/** Runs a piece of the page with what it takes for granted: a connected client, a wallet, and two addresses. */
async function runReadmeCode(code: string): Promise<void> {
  const body = code.replace(/^import (\{[^}]+\}) from 'wadi\/client'$/gm, 'const $1 = lib')
  const lib = { SigningWadiClient, WadiClient, EventAssetRegistered, sdkEvents }
  const names = ['lib', 'rpc', 'wallet', 'alice', 'bob', 'registration', 'console']
  const run = new Function(...names, `return (async () => {${body}\n})()`)
  const quiet = { log: () => undefined }
  await run(
    lib,
    net.rpc.replace('http', 'ws'),
    wallet,
    alice,
    bob,
    registration(`readme-${registrations}`),
    quiet,
  )
}
