import {
  type ExecTxResult as OracleResult,
  Request as OracleRequest,
  Response as OracleResponse,
} from 'cosmjs-types/tendermint/abci/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dispatcher } from './dispatch.ts'
import { AbciProtocolError } from './errors.ts'
import { FrameReader } from './frames.ts'
import { answer, CHECK_OK, TestApp, varint } from './testkit.ts'
import type { AbciApp, ExecTxResult, FinalizeBlockResponse } from './types.ts'

// The oracle is cosmjs-types: it encodes the requests and decodes the replies. Nothing of ours is on its side.

/** Frames a request with the oracle, has it handled, decodes the reply with the oracle. */
function exchange(app: AbciApp, request: Partial<OracleRequest>, indexed = (_t: string, _k: string) => true) {
  const body = OracleRequest.encode(OracleRequest.fromPartial(request as OracleRequest)).finish()
  return exchangeBytes(app, Buffer.concat([varint(body.length), body]), indexed)
}

function exchangeBytes(
  app: AbciApp,
  bytes: Buffer,
  indexed = (_t: string, _k: string) => true,
): OracleResponse {
  const reader = new FrameReader()
  reader.push(bytes)
  if (!reader.next() || reader.method === undefined) throw new AbciProtocolError('incomplete')
  const dispatcher = new Dispatcher(app, indexed, undefined)
  dispatcher.handle(1, reader.method, reader.buf, reader.start, reader.end)
  const reply = dispatcher.writer.view()
  let at = 0
  while ((reply[at] as number) >= 0x80) at++
  const head = reply.subarray(0, at + 1)
  expect(head).toEqual(varint(reply.length - head.length)) // shortest varint, whole frame
  return OracleResponse.decode(reply.subarray(at + 1))
}

/** An app whose one method remembers its request. */
function capture<K extends keyof AbciApp>(method: K, reply: unknown): { app: AbciApp; seen: () => unknown } {
  const app = new TestApp()
  let request: unknown
  Object.assign(app, {
    [method]: (...args: unknown[]) => {
      request = args.length > 1 ? args : args[0]
      return reply
    },
  })
  return { app, seen: () => request }
}

const bytes = (maxLength = 40) => fc.uint8Array({ maxLength })
// cosmjs-types 0.11.0 writes int64 values from 2^31 to 2^32 - 1 wrongly (writeVarint64 compares a negative `lo`), so the
// oracle is not asked there; a test below gives such a number by hand
const oracleKnows = (value: bigint) => value < 2n ** 31n || value >= 2n ** 32n
const height = fc.bigInt(1n, 2n ** 53n - 1n).filter(oracleKnows)
const seconds = fc.bigInt(-62_135_596_800n, 253_402_300_799n).filter(oracleKnows)
const time = fc.record({ seconds, nanos: fc.nat(999_999_999) })
const validator = fc.record({ address: bytes(20), power: fc.bigInt(0n, 2n ** 62n).filter(oracleKnows) })
const commit = fc.record({
  round: fc.nat(9),
  votes: fc.array(fc.record({ validator, blockIdFlag: fc.constantFrom(1, 2, 3) }), { maxLength: 4 }),
})
const misbehavior = fc.array(
  fc.record({ type: fc.constantFrom(1, 2), validator, height, time, totalVotingPower: height }),
  { maxLength: 2 },
)
const blockParts = {
  txs: fc.array(bytes(200), { maxLength: 12 }),
  misbehavior,
  hash: bytes(32),
  height,
  time,
  nextValidatorsHash: bytes(32),
  proposerAddress: bytes(20),
}

/** Buffers as plain arrays and without `$type`, so that values of both sides compare. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, inner]) => key !== '$type' && inner !== undefined)
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]))
}

const NO_RESULT: FinalizeBlockResponse = {
  events: [],
  txResults: [],
  validatorUpdates: [],
  consensusParamUpdates: undefined,
  appHash: Buffer.alloc(32, 3),
}

describe('requests encoded by cosmjs-types reach the application unchanged', () => {
  it('FinalizeBlock', () => {
    fc.assert(
      fc.property(fc.record({ ...blockParts, decidedLastCommit: commit }), (block) => {
        const txResults = block.txs.map(() => CHECK_OK)
        const { app, seen } = capture('finalizeBlock', { ...NO_RESULT, txResults })
        exchange(app, { finalizeBlock: block } as Partial<OracleRequest>)
        expect(plain(seen())).toEqual(plain({ ...block, height: Number(block.height) }))
      }),
    )
  })

  it('ProcessProposal', () => {
    fc.assert(
      fc.property(fc.record({ ...blockParts, proposedLastCommit: commit }), fc.boolean(), (block, accept) => {
        const { app, seen } = capture('processProposal', accept)
        const reply = exchange(app, { processProposal: block } as Partial<OracleRequest>)
        expect(plain(seen())).toEqual(
          plain({ ...block, maxTxBytes: undefined, height: Number(block.height) }),
        )
        expect(reply.processProposal?.status).toBe(accept ? 1 : 2)
      }),
    )
  })

  it('PrepareProposal, and its transactions come back', () => {
    const { hash: _, ...parts } = blockParts
    const vote = fc.record({
      validator,
      voteExtension: bytes(),
      extensionSignature: bytes(),
      blockIdFlag: fc.constantFrom(1, 2, 3),
    })
    const localLastCommit = fc.record({ round: fc.nat(9), votes: fc.array(vote, { maxLength: 3 }) })
    fc.assert(
      fc.property(fc.record({ ...parts, localLastCommit, maxTxBytes: height }), (block) => {
        const { app, seen } = capture('prepareProposal', { txs: block.txs })
        const reply = exchange(app, { prepareProposal: block } as Partial<OracleRequest>)
        const expected = { ...block, height: Number(block.height), maxTxBytes: Number(block.maxTxBytes) }
        expect(plain(seen())).toEqual(plain(expected))
        expect(plain(reply.prepareProposal?.txs)).toEqual(plain(block.txs))
      }),
    )
  })

  it('ExtendVote and VerifyVoteExtension', () => {
    fc.assert(
      fc.property(fc.record({ ...blockParts, proposedLastCommit: commit }), bytes(), (block, extension) => {
        const { app, seen } = capture('extendVote', extension)
        const reply = exchange(app, { extendVote: block } as Partial<OracleRequest>)
        expect(plain(seen())).toEqual(plain({ ...block, height: Number(block.height) }))
        expect(plain(reply.extendVote?.voteExtension)).toEqual(plain(extension))
      }),
    )
    const verify = { hash: bytes(), validatorAddress: bytes(), height, voteExtension: bytes() }
    fc.assert(
      fc.property(fc.record(verify), fc.boolean(), (request, accept) => {
        const { app, seen } = capture('verifyVoteExtension', accept)
        const reply = exchange(app, { verifyVoteExtension: request })
        expect(plain(seen())).toEqual(plain({ ...request, height: Number(request.height) }))
        expect(reply.verifyVoteExtension?.status).toBe(accept ? 1 : 2)
      }),
    )
  })

  it('heights and times beyond 2^31, after the year 2038', () => {
    // 2^31 = varint 80 80 80 80 08; ProcessProposal { height(5), time(6) { seconds(1) } }
    const message = Buffer.from('28808080800832060880808080' + '08', 'hex')
    const { app, seen } = capture('processProposal', true)
    exchangeBytes(
      app,
      Buffer.concat([Buffer.from([message.length + 3, 0x8a, 0x01, message.length]), message]),
    )
    expect(seen()).toMatchObject({ height: 2 ** 31, time: { seconds: 2n ** 31n, nanos: 0 } })
  })

  it('CheckTx', () => {
    fc.assert(
      fc.property(bytes(500), fc.boolean(), (tx, recheck) => {
        const { app, seen } = capture('checkTx', CHECK_OK)
        exchange(app, { checkTx: { tx, type: recheck ? 1 : 0 } })
        expect(plain(seen())).toEqual(plain([tx, recheck]))
      }),
    )
  })

  it('Query, with any height a stranger may write', () => {
    const anyHeight = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).filter(oracleKnows)
    const request = fc.record({
      data: bytes(),
      path: fc.string({ unit: 'binary' }),
      height: anyHeight,
      prove: fc.boolean(),
    })
    fc.assert(
      fc.property(request, (query) => {
        const { app, seen } = capture('query', answer('x'))
        exchange(app, { query })
        expect(plain(seen())).toEqual(plain({ ...query, height: Number(query.height) }))
      }),
    )
  })

  it('InitChain', () => {
    const { app, seen } = capture('initChain', {
      consensusParams: undefined,
      validators: [],
      appHash: Buffer.alloc(32),
    })
    const consensusParams = {
      block: { maxBytes: 4n, maxGas: -1n },
      evidence: { maxAgeNumBlocks: 1n, maxAgeDuration: { seconds: 2n, nanos: 3 }, maxBytes: 4n },
      validator: { pubKeyTypes: ['ed25519'] },
      version: { app: 6n },
      abci: { voteExtensionsEnableHeight: 0n },
    }
    const request = {
      time: { seconds: 1_700_000_000n, nanos: 5 },
      chainId: 'wadi-1',
      consensusParams,
      validators: [{ pubKey: { ed25519: Buffer.alloc(32, 7) }, power: 10n }],
      appStateBytes: Buffer.from('{"é":1}'),
      initialHeight: 1000n,
    }
    exchange(app, { initChain: request } as Partial<OracleRequest>)
    expect(plain(seen())).toEqual(plain({ ...request, initialHeight: 1000 }))
  })

  it('Info and the snapshot calls', () => {
    const info = { version: '0.38.25', blockVersion: 11n, p2pVersion: 8n, abciVersion: '2.0.0' }
    const infoReply = new TestApp().info()
    const a = capture('info', { ...infoReply, lastBlockHeight: 77 })
    const reply = exchange(a.app, { info })
    expect(plain(a.seen())).toEqual(info)
    expect(plain(reply.info)).toEqual(plain({ ...infoReply, lastBlockHeight: 77n }))

    const snapshot = {
      height: 5n,
      format: 1,
      chunks: 2,
      hash: Buffer.alloc(3, 1),
      metadata: Buffer.alloc(2, 2),
    }
    const b = capture('offerSnapshot', 'reject-format')
    expect(
      exchange(b.app, { offerSnapshot: { snapshot, appHash: Buffer.alloc(4, 1) } }).offerSnapshot?.result,
    ).toBe(4)
    expect(plain(b.seen())).toEqual(plain({ snapshot, appHash: Buffer.alloc(4, 1) }))

    const c = capture('loadSnapshotChunk', Buffer.from('chunk'))
    const loaded = exchange(c.app, { loadSnapshotChunk: { height: 5n, format: 1, chunk: 2 } })
    expect(c.seen()).toEqual({ height: 5, format: 1, chunk: 2 })
    expect(Buffer.from(loaded.loadSnapshotChunk?.chunk ?? []).toString()).toBe('chunk')

    const d = capture('applySnapshotChunk', { result: 'retry', refetchChunks: [3, 4], rejectSenders: ['p'] })
    const applied = exchange(d.app, {
      applySnapshotChunk: { index: 1, chunk: Buffer.from('c'), sender: 's' },
    })
    expect(plain(d.seen())).toEqual(plain({ index: 1, chunk: Buffer.from('c'), sender: 's' }))
    expect(plain(applied.applySnapshotChunk)).toEqual({
      result: 3,
      refetchChunks: [3, 4],
      rejectSenders: ['p'],
    })

    const e = capture('listSnapshots', [snapshot])
    expect(plain(exchange(e.app, { listSnapshots: {} }).listSnapshots)).toEqual(
      plain({ snapshots: [snapshot] }),
    )
  })
})

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 150 }),
  fc.string({ minLength: 100, maxLength: 300 }),
)
const gas = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }))
const attributes = fc
  .array(fc.tuple(fc.constantFrom('sender', 'amount', 'ключ'), text), { maxLength: 6 })
  .map((pairs) => pairs.flat())
const events = fc.array(fc.record({ type: fc.constantFrom('tx', 'transfer', 'é'), attributes }), {
  maxLength: 8,
})
const result = fc.record({
  code: fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1)),
  data: bytes(300),
  log: text,
  info: text,
  gasWanted: gas,
  gasUsed: gas,
  events,
  codespace: text,
})
const indexed = (type: string, key: string) => type === 'transfer' && key !== 'amount'

function expectedEvents(list: ExecTxResult['events']) {
  return list.map(({ type, attributes: flat }) => ({
    type,
    attributes: flat.flatMap((key, i) =>
      i % 2 === 0 ? [{ key, value: flat[i + 1], index: indexed(type, key) }] : [],
    ),
  }))
}

function expectedResult(r: ExecTxResult) {
  const { gasWanted, gasUsed } = r
  return { ...r, gasWanted: BigInt(gasWanted), gasUsed: BigInt(gasUsed), events: expectedEvents(r.events) }
}

describe('replies decoded by cosmjs-types are what the application said', () => {
  it('CheckTx with every field, in any script', () => {
    fc.assert(
      fc.property(result, (res) => {
        const { app } = capture('checkTx', res)
        const reply = exchange(app, { checkTx: { tx: Buffer.alloc(1), type: 0 } }, indexed)
        expect(plain(reply.checkTx)).toEqual(plain(expectedResult(res)))
      }),
      { numRuns: 500 },
    )
  })

  it('FinalizeBlock with results, events, validators and parameters', () => {
    const update = fc.record({
      pubKey: fc.record({ ed25519: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
      power: height,
    })
    const response = fc.record({
      events,
      txResults: fc.array(result, { maxLength: 5 }),
      validatorUpdates: fc.array(update, { maxLength: 3 }),
      appHash: bytes(32),
    })
    const params = { block: { maxBytes: 1n, maxGas: -1n } }
    fc.assert(
      fc.property(response, fc.boolean(), (res, withParams) => {
        const { app } = capture('finalizeBlock', {
          ...res,
          consensusParamUpdates: withParams ? params : undefined,
        })
        const txs = res.txResults.map(() => Buffer.alloc(2))
        const request = { txs, height: 1n } as unknown as OracleRequest['finalizeBlock']
        const reply = exchange(
          app,
          { finalizeBlock: request } as Partial<OracleRequest>,
          indexed,
        ).finalizeBlock
        expect(plain(reply?.txResults)).toEqual(plain(res.txResults.map(expectedResult)))
        expect(plain(reply?.events)).toEqual(plain(expectedEvents(res.events)))
        expect(plain(reply?.validatorUpdates)).toEqual(plain(res.validatorUpdates))
        expect(plain(reply?.appHash)).toEqual(plain(res.appHash))
        expect(plain(reply?.consensusParamUpdates)).toEqual(withParams ? params : undefined)
      }),
    )
  })

  it('a block of 10,000 results of 12 events each', () => {
    const address = 'wadi1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq'
    const event = {
      type: 'transfer',
      attributes: ['recipient', address, 'sender', address, 'amount', '5uwadi'],
    }
    const txResults = Array.from({ length: 10_000 }, (_, i) => ({
      ...CHECK_OK,
      gasUsed: i,
      events: Array.from({ length: 12 }, () => event),
    }))
    const { app } = capture('finalizeBlock', { ...NO_RESULT, txResults })
    const txs = txResults.map(() => new Uint8Array(1))
    const request = { txs, height: 1n } as unknown as OracleRequest['finalizeBlock']
    const reply = exchange(app, { finalizeBlock: request } as Partial<OracleRequest>)
    const decoded = reply.finalizeBlock?.txResults as OracleResult[]
    expect(decoded.length).toBe(10_000)
    expect(decoded.every((r, i) => r.gasUsed === BigInt(i) && r.events.length === 12)).toBe(true)
    expect(plain(decoded[9_999]?.events[11])).toEqual(
      plain({
        type: 'transfer',
        attributes: [
          { key: 'recipient', value: address, index: true },
          { key: 'sender', value: address, index: true },
          { key: 'amount', value: '5uwadi', index: true },
        ],
      }),
    )
  })

  it('Query with a proof', () => {
    const proofOps = { ops: [{ type: 'ics23:iavl', key: Buffer.from('k'), data: Buffer.from('proof') }] }
    const { app } = capture('query', {
      ...answer('значение'),
      log: 'l',
      code: 38,
      codespace: 'sdk',
      proofOps,
    })
    const reply = exchange(app, {
      query: { data: Buffer.alloc(0), path: '/p', height: 0n, prove: true },
    }).query
    expect(plain(reply)).toEqual(
      plain({
        code: 38,
        log: 'l',
        info: '',
        index: 0n,
        key: Buffer.alloc(0),
        value: Buffer.from('значение'),
        proofOps,
        height: 1n,
        codespace: 'sdk',
      }),
    )
  })

  it('Commit with a height to retain', () => {
    const { app } = capture('commit', { retainHeight: 3_000_000_000 })
    expect(exchange(app, { commit: {} }).commit?.retainHeight).toBe(3_000_000_000n)
  })

  it('never carries a zero status, whatever the application lacks', () => {
    const app = new TestApp()
    expect(exchange(app, { offerSnapshot: { appHash: Buffer.alloc(0) } }).offerSnapshot?.result).toBe(3)
    const chunk = { index: 0, chunk: Buffer.alloc(0), sender: '' }
    expect(exchange(app, { applySnapshotChunk: chunk }).applySnapshotChunk?.result).toBe(2)
    const verify = {
      hash: Buffer.alloc(0),
      validatorAddress: Buffer.alloc(0),
      height: 1n,
      voteExtension: Buffer.alloc(0),
    }
    expect(exchange(app, { verifyVoteExtension: verify }).verifyVoteExtension?.status).toBe(1)
    expect(exchange(app, { listSnapshots: {} }).listSnapshots?.snapshots).toEqual([])
    expect(
      exchange(app, { loadSnapshotChunk: { height: 1n, format: 1, chunk: 0 } }).loadSnapshotChunk,
    ).toBeDefined()
    expect(exchange(app, { extendVote: { height: 1n } as never } as never).extendVote).toBeDefined()
  })

  it('asks the index predicate once for each type and key', () => {
    let asked = 0
    const event = { type: 'tx', attributes: ['a', '1', 'b', '2', 'a', '3'] }
    const { app } = capture('checkTx', { ...CHECK_OK, events: [event, event, event] })
    exchange(app, { checkTx: { tx: Buffer.alloc(0), type: 0 } }, () => {
      asked++
      return true
    })
    expect(asked).toBe(2)
  })
})

describe('damaged requests', () => {
  const METHODS = Object.keys(OracleRequest.fromPartial({}) as object)

  it.each([
    ['a truncated transaction', [7, 0x42, 5, 0x0a, 9, 1, 2, 3]],
    ['an unfinished number', [4, 0x42, 2, 0x10, 0x80]],
    ['an unknown check type', [4, 0x42, 2, 0x10, 5]],
    ['a group', [4, 0x42, 2, 0x1b, 0x1c]],
    ['a block whose height is bytes', [7, 0xa2, 1, 4, 0x2a, 2, 1, 1]],
    ['a block whose time is damaged', [7, 0xa2, 1, 4, 0x32, 2, 0x08, 0x80]],
    ['a negative height', [14, 0xa2, 1, 11, 0x28, ...Array(9).fill(0xff), 1]],
  ])('%s is a protocol error', (_, raw) => {
    expect(() => exchangeBytes(new TestApp(), Buffer.from(raw))).toThrow(AbciProtocolError)
  })

  it('full of garbage end in a reply or a protocol error', () => {
    expect(METHODS.length).toBeGreaterThan(0)
    const fields = fc.constantFrom(1, 2, 3, 5, 6, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 120 }), (field, garbage) => {
        const message = Buffer.concat([varint(field * 8 + 2), varint(garbage.length), garbage])
        try {
          exchangeBytes(new TestApp(), Buffer.concat([varint(message.length), message]))
        } catch (error) {
          expect(error).toBeInstanceOf(AbciProtocolError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('made from good ones by changing bytes end in a reply or a protocol error', () => {
    const seeds = [
      {
        finalizeBlock: {
          txs: [Buffer.alloc(9)],
          height: 3n,
          hash: Buffer.alloc(32),
          time: { seconds: 1n, nanos: 2 },
        },
      },
      { initChain: { chainId: 'c', validators: [{ pubKey: { ed25519: Buffer.alloc(32) }, power: 1n }] } },
      {
        prepareProposal: {
          txs: [Buffer.alloc(9)],
          localLastCommit: { round: 1, votes: [{ blockIdFlag: 2 }] },
        },
      },
      { query: { path: '/a', data: Buffer.alloc(3) } },
    ].map((request) =>
      Buffer.from(OracleRequest.encode(OracleRequest.fromPartial(request as never)).finish()),
    )
    const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...seeds), edits, (seed, changes) => {
        const body = Buffer.from(seed)
        for (const [at, value] of changes) body[at % body.length] = value
        try {
          exchangeBytes(new TestApp(), Buffer.concat([varint(body.length), body]))
        } catch (error) {
          expect(error).toBeInstanceOf(AbciProtocolError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('of unknown fields are read as if these were not there', () => {
    // CheckTx { tx(1) = 01, field 15 varint, field 14 fixed64, field 13 fixed32, field 12 bytes }
    const body = Buffer.from('0a01017801710000000000000000' + '6d00000000' + '620101', 'hex')
    const message = Buffer.concat([Buffer.from([0x42]), varint(body.length), body])
    const reply = exchangeBytes(new TestApp(), Buffer.concat([varint(message.length), message]))
    expect(plain(reply.checkTx?.data)).toBe('bytes:01')
  })
})
