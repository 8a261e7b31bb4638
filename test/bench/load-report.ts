import type { LoadRecord } from './load.ts'
import { quantile, rounded } from './processes.ts'
import { rpc } from './rpc.ts'

export interface BlockSeen {
  readonly height: number
  /** Of its header, in milliseconds since 1970. */
  readonly time: number
  /** base64 */
  readonly txs: readonly string[]
}

export interface LoadReport {
  readonly txs: number
  readonly committed: number
  /** In blocks, with a code other than 0. */
  readonly failed: number
  readonly refused: Readonly<Record<string, number>>
  /** Committed a second, by block headers, and from the first submission to the last block's arrival. */
  readonly tpsBlocks: number
  readonly tpsWall: number
  /** From submission to the arrival of the block's header at the client. */
  readonly latencyMs: { readonly p50: number; readonly p95: number }
  readonly blocks: readonly number[]
  readonly blockMs: number
  readonly submitTps: number
  readonly processes: readonly {
    readonly cpuMicrosPerTx: number
    readonly rssMegabytes: number
    readonly peakMegabytes: number
  }[]
  readonly generatorCpuSeconds: number
}

/** The verdict of a load, from the blocks themselves: nothing counts that the chain does not say. */
export async function report(record: LoadRecord, blocks: readonly BlockSeen[]): Promise<LoadReport> {
  const { txs, sentAt, arrivals, start } = record
  const index = new Map(txs.map((tx, i) => [tx, i]))
  const latencies: number[] = []
  const filled: { block: BlockSeen; good: number }[] = []
  let failed = 0
  for (const block of blocks) {
    const codes = block.txs.length === 0 ? [] : await codesAt(record.options.rpcUrl, block.height)
    let good = 0
    for (const [i, tx] of block.txs.entries()) {
      const sent = index.get(tx)
      if (sent === undefined) continue
      if (codes[i] !== 0) {
        failed++
        continue
      }
      good++
      const arrived = arrivals.get(block.height)
      if (arrived !== undefined) latencies.push(arrived - (sentAt[sent] as number))
    }
    if (good > 0) filled.push({ block, good })
  }
  latencies.sort((a, b) => a - b)
  const committed = filled.reduce((sum, { good }) => sum + good, 0)
  const span = spanOf(filled, blocks)
  const lastArrival = arrivals.get(filled.at(-1)?.block.height ?? 0) ?? start
  return {
    txs: txs.length,
    committed,
    failed,
    refused: Object.fromEntries(record.refusals),
    tpsBlocks: rounded((committed / Math.max(1, span)) * 1000),
    tpsWall: rounded((committed / Math.max(1, lastArrival - start)) * 1000),
    latencyMs: { p50: quantile(latencies, 0.5) ?? 0, p95: quantile(latencies, 0.95) ?? 0 },
    blocks: filled.map(({ good }) => good),
    blockMs: rounded(span / Math.max(1, filled.length)),
    submitTps: rounded((txs.length / Math.max(1, record.submitted - start)) * 1000),
    processes: processesOf(record, committed),
    generatorCpuSeconds: rounded(record.ownCpuSeconds, 1),
  }
}

/** Milliseconds from the first to the last full block. A header's time is that of the votes on the block before. */
function spanOf(filled: readonly { readonly block: BlockSeen }[], blocks: readonly BlockSeen[]): number {
  const [first, last] = [filled[0]?.block, filled.at(-1)?.block]
  const after = blocks.find(({ height }) => height === (last?.height ?? 0) + 1)
  return first === undefined || after === undefined ? 0 : after.time - first.time
}

async function codesAt(rpcUrl: string, height: number): Promise<number[]> {
  const params = { height: `${height}` }
  const { txs_results: results } = await rpc<{ txs_results: { code: number }[] }>(
    rpcUrl,
    'block_results',
    params,
  )
  return results.map(({ code }) => code)
}

function processesOf({ before, after }: LoadRecord, committed: number): LoadReport['processes'] {
  return after.map((end, i) => ({
    cpuMicrosPerTx: rounded(((end.cpuSeconds - (before[i]?.cpuSeconds ?? 0)) / Math.max(1, committed)) * 1e6),
    rssMegabytes: end.rssMegabytes,
    peakMegabytes: end.peakMegabytes,
  }))
}
