import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { AbciAddressError } from './errors.ts'
import { parseTrace } from './grammar.ts'
import { AbciServer, type AbciServerOptions } from './server.ts'
import { answer, CHECK_OK, frame, Harness, kind, TestApp, type TestClient, until, varint } from './testkit.ts'
import { FileTrace } from './trace.ts'
import type { QueryResponse } from './types.ts'

const FLUSH = frame({ flush: {} })
let open: Harness[] = []

afterEach(async () => {
  for (const harness of open) await harness.stop()
  open = []
})

async function start(app: TestApp, options: Partial<AbciServerOptions> = {}): Promise<Harness> {
  const harness = await Harness.start(app, options)
  open.push(harness)
  return harness
}

async function startOne(): Promise<{ app: TestApp; harness: Harness; client: TestClient }>
async function startOne<A extends TestApp>(
  app: A,
  options?: Partial<AbciServerOptions>,
): Promise<{ app: A; harness: Harness; client: TestClient }>
async function startOne(app: TestApp = new TestApp(), options: Partial<AbciServerOptions> = {}) {
  const harness = await start(app, options)
  return { app, harness, client: await harness.connect() }
}

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

/** Answers queries when told to. */
class SlowQueries extends TestApp {
  readonly waiting: { path: string; settle: (r: QueryResponse) => void; refuse: (e: Error) => void }[] = []
  override query({ path }: { path: string }): Promise<QueryResponse> {
    return new Promise((settle, refuse) => this.waiting.push({ path, settle, refuse }))
  }
}

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

async function refused(client: TestClient, bytes: Buffer) {
  client.send(bytes)
  const replies = await client.replies(1)
  await client.closed
  return replies
}

describe('a malformed frame', () => {
  it.each([
    ['a bad varint', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), /longer than 5 bytes/],
    [
      'an oversized frame',
      Buffer.concat([varint(17 * 2 ** 20), Buffer.from([0x42])]),
      /CheckTx: a frame of 17825792 bytes/,
    ],
    ['an unknown request', Buffer.from([3, 0x22, 1, 0]), /unknown request: field 4/],
    [
      'truncated protobuf',
      Buffer.from([5, 0x42, 3, 0x0a, 9, 0]),
      /a field of 9 bytes stands where 1 bytes are left/,
    ],
    [
      'nested garbage',
      Buffer.from([9, 0xa2, 1, 6, 0x12, 4, 255, 255, 255, 255]),
      /nested message of 4 bytes is damaged/,
    ],
  ])('(%s) is told, closes its connection, and is reported; the server lives', async (_, bytes, message) => {
    const { harness, client } = await startOne()
    const other = await harness.connect()
    const replies = await refused(client, bytes)
    expect(replies.map(kind)).toEqual(['exception'])
    expect(replies[0]?.exception?.error).toMatch(message)
    expect(harness.protocolErrors.map((e) => e.message)).toEqual([replies[0]?.exception?.error])
    expect(harness.halts).toEqual([])
    expect(kind(await harness.ask(other, { commit: {} }))).toBe('commit')
  })

  it('behind good ones does not swallow their replies', async () => {
    const { client } = await startOne()
    client.send(frame({ checkTx: { tx: Buffer.from('t') } }), Buffer.from([0]), frame({ commit: {} }))
    await client.closed
    expect((await client.replies(2)).map(kind)).toEqual(['checkTx', 'exception'])
  })

  it('of any kind neither crashes nor hangs the server', async () => {
    const { harness } = await startOne()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (garbage) => {
        const client = await harness.connect()
        client.socket.end(Buffer.from(garbage))
        await client.closed
        for (const reply of await client.replies(0)) expect(kind(reply)).not.toBe('')
      }),
      { numRuns: 150 },
    )
    expect(harness.halts).toEqual([])
    expect(kind(await harness.ask(await harness.connect(), { flush: {} }))).toBe('flush')
  })
})

describe('the consensus connection', () => {
  it('may send InitChain twice', async () => {
    const { app, harness, client } = await startOne()
    expect(kind(await harness.ask(client, { initChain: { chainId: 'one' } }))).toBe('initChain')
    expect(kind(await harness.ask(client, { initChain: { chainId: 'one' } }))).toBe('initChain')
    expect(app.calls).toEqual(['initChain one', 'initChain one'])
  })

  it('that closes makes the application drop what is not committed; others do not', async () => {
    const { app, harness, client } = await startOne()
    const mempool = await harness.connect()
    await harness.ask(client, { finalizeBlock: { height: 1n } })
    await harness.ask(mempool, { checkTx: { tx: Buffer.from('t') } })
    mempool.socket.destroy()
    await mempool.closed
    await harness.ask(client, { info: {} })
    expect(app.calls).not.toContain('disconnected')
    client.socket.destroy()
    await until(() => app.calls.includes('disconnected'))
    expect(app.calls.filter((call) => call === 'disconnected').length).toBe(1)
  })

  it('is replaced when CometBFT comes back before its end was read', async () => {
    const { app, harness, client } = await startOne()
    await harness.ask(client, { finalizeBlock: { height: 1n } })
    const next = await harness.connect()
    await harness.ask(next, { finalizeBlock: { height: 1n } })
    await client.closed
    expect(app.calls).toEqual(['finalizeBlock 1', 'disconnected', 'finalizeBlock 1'])
    expect(kind(await harness.ask(next, { commit: {} }))).toBe('commit')
  })
})

describe('a handler that throws', () => {
  it('halts the node: CometBFT is told, nobody is answered any more, and the process is told once', async () => {
    const app = new TestApp()
    app.finalizeBlock = () => {
      throw new Error('supply 5 is not the sum of balances 6')
    }
    const { harness, client } = await startOne(app)
    const mempool = await harness.connect()
    await harness.ask(mempool, { checkTx: { tx: Buffer.from('t') } })
    client.send(frame({ finalizeBlock: { height: 1n } }), FLUSH, frame({ commit: {} }), FLUSH)
    const replies = await client.replies(1)
    expect(replies.map(kind)).toEqual(['exception'])
    expect(replies[0]?.exception?.error).toBe('FinalizeBlock failed: supply 5 is not the sum of balances 6')
    mempool.send(frame({ commit: {} }), frame({ checkTx: { tx: Buffer.from('t') } }))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(mempool.length).toBe(0)
    expect(app.calls).toEqual(['checkTx'])
    expect(harness.halts.map((error) => error.message)).toEqual(['supply 5 is not the sum of balances 6'])
    const late = await harness.connect()
    await late.closed
    expect(harness.halts.length).toBe(1)
  })

  it('keeps the answer of a query that was under way', async () => {
    const app = new SlowQueries()
    app.commit = () => {
      throw new Error('disk full')
    }
    const { harness, client } = await startOne(app)
    client.send(frame({ query: { path: 'a' } }))
    await until(() => app.waiting.length === 1)
    const consensus = await harness.connect()
    consensus.send(frame({ commit: {} }))
    await until(() => harness.halts.length === 1)
    app.waiting[0]?.settle(answer('late'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.length).toBe(0)
  })

  it.each([
    ['too few results', { txResults: [] }, /0 results for 1 transactions/],
    [
      'an event key without a value',
      { events: [{ type: 'e', attributes: ['k'] }] },
      /event e: the key k has no value/,
    ],
    ['negative gas', { txResults: [{ ...CHECK_OK, gasUsed: -1 }] }, /-1 is not an unsigned safe integer/],
  ])('because of %s in its answer halts too', async (_, wrong, message) => {
    const app = new TestApp()
    const right = app.finalizeBlock.bind(app)
    app.finalizeBlock = (req) => ({ ...right(req), ...wrong })
    const { harness, client } = await startOne(app)
    const reply = await harness.ask(client, { finalizeBlock: { height: 1n, txs: [Buffer.from('t')] } })
    expect(reply.exception?.error).toMatch(message)
    expect(harness.halts.length).toBe(1)
  })

  it('because InitChain has no app hash halts', async () => {
    const app = new TestApp()
    app.initChain = () => ({ consensusParams: undefined, validators: [], appHash: new Uint8Array(0) })
    const { harness, client } = await startOne(app)
    const reply = await harness.ask(client, { initChain: { chainId: 'c' } })
    expect(reply.exception?.error).toMatch(/must answer with an app hash/)
  })

  it('while dropping uncommitted state halts', async () => {
    const app = new TestApp()
    app.disconnected = () => {
      throw new Error('cannot drop')
    }
    const { harness, client } = await startOne(app)
    await harness.ask(client, { commit: {} })
    client.socket.destroy()
    await until(() => harness.halts.length === 1)
    expect(harness.halts[0]?.message).toBe('cannot drop')
  })
})

describe('the address', () => {
  const dir = mkdtempSync(join(tmpdir(), 'abci-'))
  const make = () => new AbciServer(new TestApp(), { onHalt: () => {} })

  it('may be TCP with a free port', async () => {
    const server = make()
    await server.listen('tcp://127.0.0.1:0')
    expect(server.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
    await server.close()
  })

  it('may be the socket file of a dead process, which is replaced and removed at the end', async () => {
    const path = join(dir, 'dead')
    const first = make()
    await first.listen(`unix://${path}`)
    await expect(make().listen(`unix://${path}`)).rejects.toThrow(/another process listens there/)
    await first.close()
    expect(existsSync(path)).toBe(false)
    // a dead process leaves its file: bind one and unlink nothing
    const stale = createServer()
    await new Promise<void>((resolve) => stale.listen(path, resolve))
    const { renameSync } = await import('node:fs')
    renameSync(path, `${path}2`)
    await new Promise<void>((resolve) => stale.close(() => resolve()))
    const next = make()
    await next.listen(`unix://${path}2`)
    await next.close()
  })

  it.each([
    ['http://x', /write unix:/],
    ['unix://relative', /absolute/],
    ['tcp://127.0.0.1:99999', /write unix:/],
    [`unix:///${'x'.repeat(120)}`, /121 bytes, a socket's path has at most 103/],
    ['unix:///does/not/exist/socket', /the folder \/does\/not\/exist does not exist: make it/],
  ])('%s is refused with the way to write it', async (address, message) => {
    await expect(make().listen(address)).rejects.toThrow(message)
    await expect(make().listen(address)).rejects.toThrow(AbciAddressError)
  })

  it('that is a file and no socket is left alone', async () => {
    const path = join(dir, 'file')
    writeFileSync(path, 'precious')
    await expect(make().listen(`unix://${path}`)).rejects.toThrow(/is not a socket/)
    expect(readFileSync(path, 'utf8')).toBe('precious')
    rmSync(dir, { recursive: true, force: true })
  })
})

it('A trace holds every frame, with heights and hashes and no times', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'abci-'))
  const path = join(dir, 'trace.jsonl')
  const trace = FileTrace.open(path)
  const { harness, client } = await startOne(new TestApp(), { trace })
  const hash = Buffer.alloc(4, 0xab)
  await harness.ask(client, { info: {} })
  await harness.ask(client, { finalizeBlock: { height: 6n, hash } })
  await harness.ask(client, { commit: {} })
  client.socket.destroy()
  await until(() => readFileSync(path, 'utf8').includes('close'))
  trace.close()
  expect(parseTrace(readFileSync(path, 'utf8'))).toEqual([
    { seq: 0, dir: 'start' },
    { seq: 1, dir: 'open', conn: 1 },
    { seq: 2, dir: 'in', conn: 1, method: 'Info' },
    { seq: 3, dir: 'out', conn: 1, method: 'Info', height: 0 },
    { seq: 4, dir: 'in', conn: 1, method: 'FinalizeBlock', height: 6, hash: 'abababab' },
    { seq: 5, dir: 'out', conn: 1, method: 'FinalizeBlock' },
    { seq: 6, dir: 'in', conn: 1, method: 'Commit' },
    { seq: 7, dir: 'out', conn: 1, method: 'Commit' },
    { seq: 8, dir: 'close', conn: 1 },
  ])
  rmSync(dir, { recursive: true })
})
