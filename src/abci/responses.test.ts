import type {
  Request as OracleRequest,
  ExecTxResult as OracleResult,
} from 'cosmjs-types/tendermint/abci/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes, capture, exchange, height, NO_RESULT, plain } from './oracle.ts'
import { answer, CHECK_OK, TestApp } from './testkit.ts'
import type { ExecTxResult } from './types.ts'

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
        const { txResults, ...rest } = res
        const answer = { ...rest, consensusParamUpdates: withParams ? params : undefined }
        const { app } = capture('finalizeBlock', answer, txResults)
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
    const { app } = capture('finalizeBlock', NO_RESULT, txResults)
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
