import type { Request as OracleRequest } from 'cosmjs-types/tendermint/abci/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytes,
  capture,
  exchange,
  exchangeBytes,
  height,
  NO_RESULT,
  oracleKnows,
  plain,
  seconds,
} from './oracle.ts'
import { answer, CHECK_OK, TestApp } from './testkit.ts'

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

describe('requests encoded by cosmjs-types reach the application unchanged', () => {
  it('FinalizeBlock arrives whole', () => {
    fc.assert(
      fc.property(fc.record({ ...blockParts, decidedLastCommit: commit }), (block) => {
        const { app, seen } = capture(
          'finalizeBlock',
          NO_RESULT,
          block.txs.map(() => CHECK_OK),
        )
        exchange(app, { finalizeBlock: block } as Partial<OracleRequest>)
        expect(plain(seen())).toEqual(plain({ ...block, height: Number(block.height) }))
      }),
    )
  })

  it('ProcessProposal arrives whole, its verdict returns', () => {
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

  it('CheckTx arrives whole', () => {
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

  it('InitChain arrives whole', () => {
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
