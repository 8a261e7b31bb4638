import { execFileSync } from 'node:child_process'
import { NODE_FLAGS } from '../../src/cli/node/program.ts'
import type { AppBenchmark } from './app.ts'
import { kvstore, type Running, SENDERS, type Subject, wadi } from './chains.ts'
import type { IavlBenchmark } from './iavl.ts'
import { loadAverage, median, rounded } from './processes.ts'
import { type QueryReport, queryLoad } from './queries.ts'
import { abciDoor, grpcDoor, type QueryDoor, restDoor } from './query-doors.ts'
import {
  ASYNC,
  alternate,
  count,
  go,
  loadText,
  type Row,
  type RowResult,
  ratio,
  SYNC,
  tps,
  warmLoad,
} from './series.ts'
import { abciCli } from './tools.ts'

/** Row 1: bank sends of 2,000 accounts. */
export const sends: Row = async (settings) => {
  const runs = await alternate(settings, [wadi, ...go(settings)], 1_000, (subject, node) =>
    warmLoad(subject, node, { ...SYNC, txs: settings.txs }),
  )
  const [ours, theirs] = [tps(runs['wadi']), tps(runs['go'])]
  const compared = theirs === 0 ? '' : ` = ${ratio(ours, theirs)}`
  const app = median((runs['wadi'] ?? []).map(({ processes }) => processes[1]?.cpuMicrosPerTx ?? 0))
  return [
    {
      row: 1,
      what: 'bank sends, 2,000 accounts, timeout_commit 1 s, recheck on, 64 connections, broadcast_tx_sync',
      ours: loadText(runs['wadi']) + compared,
      peer: loadText(runs['go']),
      target: '≥ 3 × the Go chain, aim 4 ×',
      met: theirs === 0 ? undefined : ours >= 3 * theirs,
      loadAverage: loadAverage(),
      runs,
    },
    {
      row: 4,
      what: 'CPU of the application per send behind CometBFT, 2,000 accounts',
      ours: `${app} µs`,
      peer: '–',
      target: '≤ 150 µs, aim 110',
      met: app <= 150,
      loadAverage: loadAverage(),
      runs: {},
    },
  ]
}

/** Row 2: as many as possible, against CometBFT's own example application. */
export const floods: Row = async (settings) => {
  const runs = await alternate(settings, [wadi, kvstore(abciCli())], 200, (subject, node) =>
    warmLoad(subject, node, { ...ASYNC, txs: settings.txs }),
  )
  const wall = (name: string) => median((runs[name] ?? []).map(({ tpsWall }) => tpsWall))
  const part = wall('wadi') / wall('kvstore')
  const text = (name: string) =>
    `${count(wall(name))} tx/s from first submission to last block; ${loadText(runs[name])}`
  return [
    {
      row: 2,
      what: 'bank sends, timeout_commit 200 ms, broadcast_tx_async, against kvstore over the socket',
      ours: `${text('wadi')} = ${rounded(100 * part)} %`,
      peer: text('kvstore'),
      target: '≥ 45 % of kvstore',
      met: part >= 0.45,
      loadAverage: loadAverage(),
      runs,
    },
  ]
}

/** Row 4: the application alone, each size in a process of its own. */
export const appCpu: Row = async (settings) => {
  const results: RowResult[] = []
  for (const [accounts, limit] of [
    [SENDERS, 150],
    [settings.million, 180],
  ] as const) {
    settings.progress(`  ${accounts} accounts`)
    const runs = Array.from({ length: settings.repeats }, () =>
      script<AppBenchmark>('app.ts', ['--accounts', `${accounts}`, '--txs', `${settings.txs}`]),
    )
    const total = rounded(median(runs.map((run) => run.total)))
    const phases = Object.entries(runs[0]?.phases ?? {}).map(([name, spent]) => `${name} ${rounded(spent)}`)
    results.push({
      row: 4,
      what: `CPU of the application per send, all ABCI calls, without sockets, ${count(accounts)} accounts`,
      ours: `${total} µs (a bare signature ${median(runs.map((run) => run.signature))}; ${phases.join(', ')})`,
      peer: '–',
      target: `≤ ${limit} µs, aim 110`,
      met: total <= limit,
      loadAverage: loadAverage(),
      runs: { wadi: runs },
    })
  }
  return results
}

/** Row 5: the tree alone. */
export const iavl: Row = async (settings) => {
  const run = script<IavlBenchmark>('iavl.ts', ['--keys', `${settings.million}`])
  const { updatesPerSecond, committedPerSecond } = run
  return [
    {
      row: 5,
      what: `IAVL, ${count(settings.million)} keys, 2,000 random updates a block, hashed`,
      ours: `${count(updatesPerSecond)} updates/s; ${count(committedPerSecond)} with index and reclamation`,
      peer: '–',
      target: '≥ 90,000 updates/s',
      met: updatesPerSecond >= 90_000,
      loadAverage: loadAverage(),
      runs: { wadi: [run] },
    },
  ]
}

function script<T>(name: string, args: readonly string[]): T {
  const file = new URL(name, import.meta.url).pathname
  const text = execFileSync(process.execPath, [...NODE_FLAGS, file, ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(text) as T
}

const DOORS: Readonly<Record<'abci_query' | 'gRPC' | 'REST', QueryDoor>> = {
  abci_query: abciDoor,
  gRPC: grpcDoor,
  REST: restDoor,
}

type DoorName = keyof typeof DOORS

/** Row 8: balances through every door. */
export const queries: Row = async (settings) => {
  const seconds = settings.repeats === 1 ? 2 : 5
  const names = Object.keys(DOORS) as DoorName[]
  const runs = await alternate(settings, [wadi, ...go(settings)], 1_000, async (subject, node) => {
    const reports = {} as Record<DoorName, QueryReport>
    for (const name of names) reports[name] = await askBalances(subject, node, seconds, name)
    return reports
  })
  const of = (subject: string, name: DoorName) => runs[subject]?.map((reports) => reports[name])
  const speed = (subject: string, name: DoorName) =>
    median((of(subject, name) ?? []).map(({ perSecond }) => perSecond))
  return names.map((name) => {
    const [ours, theirs] = [speed('wadi', name), speed('go', name)]
    const abci = name === 'abci_query'
    const compared = theirs === 0 ? '' : ` = ${ratio(ours, theirs)}`
    return {
      row: 8,
      what: `balances over ${name}, 16 connections, idle`,
      ours: queryText(of('wadi', name)) + compared,
      peer: queryText(of('go', name)),
      target: abci ? '≥ 5,000/s' : '≥ the Go chain',
      met: abci ? ours >= 5_000 : theirs === 0 ? undefined : ours >= theirs,
      loadAverage: loadAverage(),
      runs: Object.fromEntries(Object.keys(runs).map((subject) => [subject, of(subject, name) ?? []])),
    }
  })
}

/** Balances through one door for some seconds, after a second in which what serves it compiles. */
export async function askBalances(
  { kind }: Subject,
  node: Running,
  seconds: number,
  name: DoorName = 'abci_query',
): Promise<QueryReport> {
  if (kind === 'kv') throw new Error('kvstore has no balances')
  const url = { abci_query: node.rpcUrl, gRPC: node.grpcUrl, REST: node.restUrl }[name] ?? ''
  const pids = node.pids()
  const load = { door: DOORS[name], url, dialect: kind, accounts: SENDERS, connections: 16, pids }
  await queryLoad({ ...load, seconds: 1 })
  return queryLoad({ ...load, seconds })
}

function queryText(reports: readonly QueryReport[] | undefined): string {
  if (reports === undefined || reports.length === 0) return 'not run'
  const of = (pick: (report: QueryReport) => number) => median(reports.map(pick))
  const wrong = reports.reduce((sum, report) => sum + report.wrong, 0)
  const p = `p50 ${rounded(
    of((each) => each.p50Ms),
    2,
  )}, p99 ${rounded(
    of((each) => each.p99Ms),
    1,
  )} ms`
  return `${count(of((each) => each.perSecond))}/s (${p}${wrong === 0 ? '' : `; ${wrong} wrong answers`})`
}

/** Row 9: latency at half of what each chain can do, and at half of what the Go chain can do. */
export const latency: Row = async (settings) => {
  const subjects = [wadi, ...go(settings)]
  const one = { ...settings, repeats: 1 }
  const full = await alternate(one, subjects, 1_000, (subject, node) =>
    warmLoad(subject, node, { ...SYNC, txs: settings.txs }),
  )
  const measure = (rateOf: (name: string) => number) =>
    alternate(settings, subjects, 1_000, (subject, node) => {
      const rate = rateOf(subject.name)
      return warmLoad(subject, node, { ...SYNC, txs: Math.min(settings.txs, Math.ceil(rate * 10)), rate })
    })
  const results: RowResult[] = []
  const peerRate = tps(full['go']) / 2
  const loads: [string, (name: string) => number][] = [['of its own maximum', (name) => tps(full[name]) / 2]]
  if (peerRate > 0) loads.push(["of the Go chain's maximum", () => peerRate])
  for (const [what, rateOf] of loads) {
    const runs = await measure(rateOf)
    const p50 = (name: string) => median((runs[name] ?? []).map(({ latencyMs }) => latencyMs.p50))
    const text = (name: string) =>
      runs[name] === undefined ? 'not run' : `${count(p50(name))} ms at ${count(rateOf(name))} tx/s`
    results.push({
      row: 9,
      what: `commit latency p50 at half ${what}, timeout_commit 1 s`,
      ours: text('wadi'),
      peer: text('go'),
      target: "≤ the Go chain's",
      met: runs['go'] === undefined ? undefined : p50('wadi') <= p50('go'),
      loadAverage: loadAverage(),
      runs,
    })
  }
  return results
}
