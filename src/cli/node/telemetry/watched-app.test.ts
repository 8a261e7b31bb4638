import { expect, test } from 'vitest'
import type { Histogram, Sample } from '#lib/metrics.ts'
import type { AbciApp, CheckTxResponse, FinalizeBlockRequest } from '../../../abci/types.ts'
import type { Reading } from './catalog.ts'
import { AppMeter } from './watched-app.ts'

const result = (code: number, codespace: string, gasUsed: number): CheckTxResponse => ({
  ...{ code, codespace, gasUsed, gasWanted: gasUsed },
  ...{ data: new Uint8Array(), log: '', info: '', events: [] },
})

/** An application that says of each transaction what its first byte is: 0 is success. */
function scripted() {
  const calls: string[] = []
  const app = {
    checkTx: (tx: Uint8Array) => result(tx[0] as number, 'sdk', 10),
    prepareProposal: ({ txs }: { txs: readonly Uint8Array[] }) => ({ txs }),
    processProposal: ({ txs }: { txs: readonly Uint8Array[] }) => txs.length === 0,
    finalizeBlock: (req: FinalizeBlockRequest, results: { push(each: CheckTxResponse): unknown }) => {
      for (const [code = 0] of req.txs) results.push(result(code, code > 100 ? 'bank' : 'sdk', 10))
      return {
        events: [],
        validatorUpdates: [],
        consensusParamUpdates: undefined,
        appHash: new Uint8Array([9]),
      }
    },
    commit: () => ({ retainHeight: 3 }),
    disconnected: () => calls.push('disconnected'),
  } as unknown as AbciApp
  return { app, calls }
}

const block = (seconds: number, ...codes: number[]) =>
  ({
    txs: codes.map((code) => new Uint8Array([code])),
    time: { seconds: BigInt(seconds), nanos: 500_000_000 },
    height: 1,
  }) as unknown as FinalizeBlockRequest

/** Samples as `labels=value`; of a histogram the count. */
function samples(reading: Reading, name: keyof Reading): readonly string[] {
  const found = reading[name]
  if (typeof found === 'number') return [`${found}`]
  return (found as readonly Sample[]).map(({ labels = {}, value }) => {
    const count = typeof value === 'number' ? value : (value as Histogram).cumulative().at(-1)
    return `${Object.values(labels).join('/')}=${count}`
  })
}

test('calls pass through, and what they answer is counted', () => {
  const { app, calls } = scripted()
  const meter = new AppMeter()
  const watched = meter.watch(app)
  expect(watched.checkTx(new Uint8Array([0]), false).code).toBe(0)
  watched.checkTx(new Uint8Array([5]), false)
  watched.checkTx(new Uint8Array([0]), true)
  expect(watched.prepareProposal(block(1, 1) as never).txs).toHaveLength(1)
  expect([watched.processProposal(block(1) as never), watched.processProposal(block(1, 1) as never)]).toEqual(
    [true, false],
  )
  watched.disconnected()
  expect(calls).toEqual(['disconnected'])
  const reading = meter.reading()
  expect(samples(reading, 'wadi_check_txs_total')).toEqual([
    ...['new/ok=1', 'new/refused=1', 'recheck/ok=1', 'recheck/refused=0'],
  ])
  expect(samples(reading, 'wadi_block_phase_seconds')).toEqual([
    ...['prepare=1', 'process=2', 'finalize=0', 'commit=0'],
  ])
  expect(samples(reading, 'wadi_proposals_refused_total')).toEqual(['1'])
})

test('transactions count when their block is committed, and once where it comes again', () => {
  const { app } = scripted()
  const meter = new AppMeter()
  const watched = meter.watch(app)
  const pushed: number[] = []
  const results = { push: ({ code }: CheckTxResponse) => pushed.push(code) }
  watched.finalizeBlock(block(100, 0, 0, 5, 101, 5), results)
  expect(samples(meter.reading(), 'wadi_txs_total')).toEqual(['ok/=0'])
  expect(meter.reading().wadi_block_time_seconds).toBeUndefined()
  watched.disconnected()
  const { appHash } = watched.finalizeBlock(block(100, 0, 0, 5, 101, 5), results)
  expect([...appHash, watched.commit().retainHeight]).toEqual([9, 3])
  expect(pushed).toEqual([0, 0, 5, 101, 5, 0, 0, 5, 101, 5])
  const reading = meter.reading()
  expect(samples(reading, 'wadi_txs_total')).toEqual(['ok/=2', 'failed/sdk=2', 'failed/bank=1'])
  expect(reading.wadi_gas_used_total).toBe(50)
  expect(reading.wadi_block_time_seconds).toBe(100.5)
  expect(meter.committedAt).toBeGreaterThan(0)
})
