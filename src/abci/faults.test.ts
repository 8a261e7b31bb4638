import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  answer,
  CHECK_OK,
  frame,
  kind,
  SlowQueries,
  startOne,
  stopAll,
  TestApp,
  type TestClient,
  until,
  varint,
} from './testkit.ts'

const FLUSH = frame({ flush: {} })

afterEach(stopAll)

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
    ['too few results', {}, [], /0 results for 1 transactions/],
    [
      'an event key without a value',
      { events: [{ type: 'e', attributes: ['k'] }] },
      [CHECK_OK],
      /event e: the key k has no value/,
    ],
    ['negative gas', {}, [{ ...CHECK_OK, gasUsed: -1 }], /-1 is not an unsigned safe integer/],
  ])('because of %s in its answer halts too', async (_, wrong, results, message) => {
    const app = new TestApp()
    const right = app.finalizeBlock.bind(app)
    app.finalizeBlock = (req, sink) => {
      for (const result of results) sink.push(result)
      return { ...right(req, []), ...wrong }
    }
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
