import { afterEach, describe, expect, it } from 'vitest'
import {
  answer,
  CHECK_OK,
  frame,
  kind,
  SlowQueries,
  start,
  startOne,
  stopAll,
  TestApp,
  until,
} from './testkit.ts'

const FLUSH = frame({ flush: {} })

afterEach(stopAll)

describe('replies', () => {
  it('come for every method, in the order of the requests, Flush last', async () => {
    const { client } = await startOne()
    const block = { txs: [Buffer.from('t')], height: 1n }
    client.send(
      frame({ echo: { message: 'hi' } }),
      frame({ info: {} }),
      frame({ initChain: { chainId: 'c' } }),
      frame({ query: { path: '/p' } }),
      frame({ checkTx: { tx: Buffer.from('x') } }),
      frame({ prepareProposal: { ...block, maxTxBytes: 10n } }),
      frame({ processProposal: block }),
      frame({ extendVote: block }),
      frame({ verifyVoteExtension: { height: 1n } }),
      frame({ finalizeBlock: block }),
      frame({ commit: {} }),
      frame({ listSnapshots: {} }),
      frame({ offerSnapshot: {} }),
      frame({ loadSnapshotChunk: {} }),
      frame({ applySnapshotChunk: {} }),
      FLUSH,
    )
    const replies = await client.replies(16)
    expect(replies.map(kind)).toEqual([
      'echo',
      'info',
      'initChain',
      'query',
      'checkTx',
      'prepareProposal',
      'processProposal',
      'extendVote',
      'verifyVoteExtension',
      'finalizeBlock',
      'commit',
      'listSnapshots',
      'offerSnapshot',
      'loadSnapshotChunk',
      'applySnapshotChunk',
      'flush',
    ])
    expect(replies[0]?.echo?.message).toBe('hi')
    expect(replies[9]?.finalizeBlock?.txResults.length).toBe(1)
    expect(client.reads).toBe(1) // one read was answered by one write
  })

  it('to 1,000 pipelined CheckTx are in order', async () => {
    const { client } = await startOne()
    const frames = Array.from({ length: 1000 }, (_, i) => frame({ checkTx: { tx: Buffer.from(`tx ${i}`) } }))
    client.send(...frames, FLUSH)
    const replies = await client.replies(1001)
    expect(replies.length).toBe(1001)
    expect(
      replies.slice(0, 1000).every((r, i) => Buffer.from(r.checkTx?.data ?? []).toString() === `tx ${i}`),
    ).toBe(true)
    expect(kind(replies[1000] as never)).toBe('flush')
  })

  it('are the same when requests arrive byte by byte', async () => {
    const { client } = await startOne()
    const bytes = Buffer.concat([
      frame({ checkTx: { tx: Buffer.from('slow') } }),
      frame({ commit: {} }),
      FLUSH,
    ])
    for (const byte of bytes) {
      client.send(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await client.replies(3)).map(kind)).toEqual(['checkTx', 'commit', 'flush'])
  })
})

describe('a query that answers later', () => {
  it('keeps its place: what follows on its connection waits', async () => {
    const { app, client } = await startOne(new SlowQueries())
    client.send(
      frame({ query: { path: 'a' } }),
      frame({ query: { path: 'b' } }),
      frame({ echo: { message: 'e' } }),
      FLUSH,
    )
    await until(() => app.waiting.length === 2)
    app.waiting[1]?.settle(answer('second'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.length).toBe(0)
    app.waiting[0]?.settle(answer('first'))
    const replies = await client.replies(4)
    expect(replies.map(kind)).toEqual(['query', 'query', 'echo', 'flush'])
    expect(replies.slice(0, 2).map((r) => Buffer.from(r.query?.value ?? []).toString())).toEqual([
      'first',
      'second',
    ])
  })

  it('does not hold up other connections', async () => {
    const { app, harness, client } = await startOne(new SlowQueries())
    client.send(frame({ query: { path: 'a' } }))
    await until(() => app.waiting.length === 1)
    expect(kind(await harness.ask(await harness.connect(), { commit: {} }))).toBe('commit')
  })

  it('is one of a bounded number: then reading stops, and goes on later', async () => {
    const { app, client } = await startOne(new SlowQueries(), { maxWaitingReplies: 10 })
    client.send(...Array.from({ length: 500 }, (_, i) => frame({ query: { path: `${i}` } })))
    await until(() => app.waiting.length === 10)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(app.waiting.length).toBe(10)
    for (let i = 0; i < 500; i++) {
      await until(() => app.waiting.length > i)
      app.waiting[i]?.settle(answer(app.waiting[i]?.path ?? ''))
    }
    const replies = await client.replies(500)
    expect(replies.map((r) => Buffer.from(r.query?.value ?? []).toString())).toEqual(
      Array.from({ length: 500 }, (_, i) => `${i}`),
    )
  })

  it('and fails is answered with code 1; the node lives', async () => {
    const { app, harness, client } = await startOne(new SlowQueries())
    client.send(frame({ query: { path: 'a' } }))
    await until(() => app.waiting.length === 1)
    app.waiting[0]?.refuse(new Error('worker died'))
    const [reply] = await client.replies(1)
    expect(reply?.query).toMatchObject({
      code: 1,
      codespace: 'undefined',
      log: 'internal error: worker died',
    })
    expect(harness.halts).toEqual([])
  })

  it('and throws at once, or answers nonsense, is answered with code 1', async () => {
    const app = new TestApp()
    app.query = () => {
      throw new Error('boom')
    }
    const { harness, client } = await startOne(app)
    expect((await harness.ask(client, { query: {} })).query?.log).toBe('internal error: boom')
    app.query = async () => ({ ...answer(''), height: -1 })
    expect((await harness.ask(client, { query: {} })).query?.code).toBe(1)
    expect(harness.halts).toEqual([])
  })
})

describe('a peer that does not read', () => {
  it('stops us from reading: memory is bounded, and all goes on when it reads again', async () => {
    const app = new TestApp()
    let computed = 0
    const big = Buffer.alloc(100_000)
    app.checkTx = () => {
      computed++
      return { ...CHECK_OK, data: big }
    }
    const { client } = await startOne(app)
    client.socket.pause()
    const count = 2000 // 200 MB of replies
    client.send(...Array.from({ length: count }, () => frame({ checkTx: { tx: Buffer.from('t') } })))
    await until(() => computed > 0)
    let last = -1
    while (last !== computed) {
      last = computed
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    // 1 MiB unsent, one batch of 256 KiB, what the kernel's socket buffer holds (some 200 KB): at 100 kB each
    expect(computed).toBeLessThan(40)
    client.socket.resume()
    const replies = await client.replies(count)
    expect(replies.length).toBe(count)
    expect(computed).toBe(count)
  })

  it('is not waited for by others', async () => {
    const app = new TestApp()
    app.checkTx = () => ({ ...CHECK_OK, data: Buffer.alloc(100_000) })
    const { harness, client } = await startOne(app)
    client.socket.pause()
    client.send(...Array.from({ length: 500 }, () => frame({ checkTx: { tx: Buffer.from('t') } })))
    expect(kind(await harness.ask(await harness.connect(), { info: {} }))).toBe('info')
  })
})

describe('an application that comes after its server listens', () => {
  it('answers what was asked before, on every connection, in order', async () => {
    const harness = await start(undefined)
    const [one, other] = [await harness.connect(), await harness.connect()]
    one.send(frame({ info: {} }), frame({ echo: { message: 'one' } }), FLUSH)
    other.send(frame({ echo: { message: 'other' } }), FLUSH)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([one.length, other.length]).toEqual([0, 0])
    const app = new TestApp()
    harness.server.serve(app)
    expect((await one.replies(3)).map(kind)).toEqual(['info', 'echo', 'flush'])
    expect((await other.replies(2)).map(kind)).toEqual(['echo', 'flush'])
  })

  it('is not asked by who went away meanwhile, and never comes to a server that closed', async () => {
    const harness = await start(undefined)
    const gone = await harness.connect()
    gone.send(frame({ commit: {} }))
    gone.socket.destroy()
    const stays = await harness.connect()
    await until(() => stays.socket.readyState === 'open')
    await harness.server.close()
    await until(() => stays.socket.destroyed)
  })
})
