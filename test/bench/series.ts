import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { goChain, type Running, SENDERS, type Subject, untilCommitted } from './chains.ts'
import { type LoadOptions, load } from './load.ts'
import type { LoadReport } from './load-report.ts'
import { loadAverage, median, rounded } from './processes.ts'

/** How a run of the benchmarks is made. */
export interface Settings {
  /** The Go chain's program; without one the rows have our own figures only. */
  readonly peer: string | undefined
  readonly repeats: number
  readonly txs: number
  /** Accounts in the large genesis. */
  readonly million: number
  readonly progress: (message: string) => void
}

/** One line of the table; `runs` holds all that was measured, by subject. */
export interface RowResult {
  readonly row: number
  readonly what: string
  readonly ours: string
  readonly peer: string
  readonly target: string
  /** Undefined where there was nothing to compare with. */
  readonly met: boolean | undefined
  readonly loadAverage: number
  readonly runs: Readonly<Record<string, readonly unknown[]>>
}

export type Row = (settings: Settings) => Promise<RowResult[]>

/** Loads are the same for every subject but for who sends; 64 connections because one executes its requests in turn. */
export const SYNC = { mode: 'sync', connections: 64, window: 4 } as const
export const ASYNC = { mode: 'async', connections: 64, window: 50 } as const
const WARM_UP = 20_000

export const go = ({ peer }: Settings): Subject[] => (peer === undefined ? [] : [goChain(peer)])

/** A fresh home for `work`, gone afterwards. */
export async function withHome<T>(name: string, work: (home: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `wadi-bench-${name}-`))
  try {
    return await work(join(folder, 'home'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts a node on a home for `work`, and ends it whatever happens. */
export async function withNode<T>(
  subject: Subject,
  home: string,
  work: (node: Running) => Promise<T>,
): Promise<T> {
  const node = await subject.start(home)
  try {
    return await work(node)
  } finally {
    await node.stop()
  }
}

/** One load on a running node, after a warm-up that also puts the keys into the accounts. */
export async function warmLoad(
  subject: Subject,
  node: Running,
  options: Pick<LoadOptions, 'txs' | 'mode' | 'connections' | 'window'> & { readonly rate?: number },
): Promise<LoadReport> {
  const common = { rpcUrl: node.rpcUrl, kind: subject.kind, accounts: SENDERS, pids: node.pids() }
  await load({ ...common, ...SYNC, txs: WARM_UP })
  return load({ ...common, ...options })
}

/** Runs every subject in turn, `repeats` times over, each time on a fresh chain. */
export async function alternate<T>(
  settings: Settings,
  subjects: readonly Subject[],
  blockTimeMs: number,
  measure: (subject: Subject, node: Running) => Promise<T>,
): Promise<Record<string, T[]>> {
  const runs: Record<string, T[]> = Object.fromEntries(subjects.map(({ name }) => [name, []]))
  for (let round = 1; round <= settings.repeats; round++) {
    for (const subject of subjects) {
      settings.progress(
        `  ${subject.name}, run ${round} of ${settings.repeats} (load average ${loadAverage()})`,
      )
      const result = await withHome(subject.name, async (home) => {
        await subject.prepare(home, SENDERS, blockTimeMs)
        return withNode(subject, home, async (node) => {
          await untilCommitted(node, 2)
          return measure(subject, node)
        })
      })
      runs[subject.name]?.push(result)
    }
  }
  return runs
}

export const tps = (reports: readonly LoadReport[] | undefined): number =>
  median((reports ?? []).map(({ tpsBlocks }) => tpsBlocks))

/** `5,100 tx/s (p50 1,200 ms; CPU 300 + 90 µs; peak 800 + 210 MB)` */
export function loadText(reports: readonly LoadReport[] | undefined): string {
  if (reports === undefined || reports.length === 0) return 'not run'
  const lost = reports.reduce((sum, { txs, committed }) => sum + txs - committed, 0)
  const processes = (reports[0]?.processes ?? []).map((_, i) => ({
    cpu: rounded(median(reports.map((each) => each.processes[i]?.cpuMicrosPerTx ?? 0))),
    peak: Math.max(...reports.map((each) => each.processes[i]?.peakMegabytes ?? 0)),
  }))
  const cpu = processes.map((each) => each.cpu).join(' + ')
  const peak = processes.map((each) => each.peak).join(' + ')
  const p50 = rounded(median(reports.map(({ latencyMs }) => latencyMs.p50)))
  const all = lost === 0 ? '' : `; ${lost} not committed`
  return `${count(tps(reports))} tx/s (p50 ${count(p50)} ms; CPU ${cpu} µs; peak ${peak} MB${all})`
}

export const count = (value: number): string => rounded(value).toLocaleString('en')

export const ratio = (ours: number, theirs: number): string => `${rounded(ours / theirs, 2)} ×`
