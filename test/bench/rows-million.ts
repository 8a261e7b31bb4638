import { setTimeout as sleep } from 'node:timers/promises'
import {
  committedHeight,
  type Running,
  type Subject,
  untilAnswers,
  untilCommitted,
  untilReady,
  wadi,
} from './chains.ts'
import type { LoadReport } from './load-report.ts'
import { loadAverage, median, readProcess, rounded } from './processes.ts'
import type { QueryReport } from './queries.ts'
import { askBalances } from './rows.ts'
import {
  count,
  go,
  loadText,
  type Row,
  type RowResult,
  ratio,
  type Settings,
  SYNC,
  warmLoad,
  withHome,
  withNode,
} from './series.ts'

/** All that is measured of one chain with a large genesis. */
interface Lifetime {
  readonly genesisSeconds: number
  /** Of all its processes, in megabytes: [CometBFT, application], or the one. */
  readonly afterGenesis: readonly { readonly rss: number; readonly peak: number }[]
  readonly infoSeconds: number
  readonly nextBlockSeconds: number
  readonly afterRestart: readonly { readonly rss: number; readonly peak: number }[]
  readonly queries: QueryReport
  readonly loads: readonly LoadReport[]
}

/** How long a process may settle before its memory is read. */
const SETTLE_MS = 10_000

/** Rows 3, 6 and 7: a million accounts in genesis; start, restart, memory, and the load of row 1. */
export const million: Row = async (settings) => {
  const subjects = [wadi, ...go(settings)]
  const lives: Record<string, Lifetime> = {}
  for (const subject of subjects) lives[subject.name] = await live(subject, settings)
  const ours = lives['wadi'] as Lifetime
  const theirs = lives['go']
  const accounts = `${count(settings.million)} accounts`
  const row = (
    row: number,
    what: string,
    text: (life: Lifetime) => string,
    target: string,
    met: boolean | undefined,
  ): RowResult => ({
    row,
    what,
    ours: text(ours),
    peer: theirs === undefined ? 'not run' : text(theirs),
    target,
    met,
    loadAverage: loadAverage(),
    runs: {},
  })
  const speed = (life: Lifetime | undefined) => median((life?.loads ?? []).map(({ tpsBlocks }) => tpsBlocks))
  const app = median(ours.loads.map(({ processes }) => processes[1]?.cpuMicrosPerTx ?? 0))
  const compared = theirs === undefined ? '' : ` = ${ratio(speed(ours), speed(theirs))} the Go chain`
  /** The application's part: what CometBFT takes is the same for every application behind it. */
  const own = (parts: Lifetime['afterRestart'], of: 'rss' | 'peak') => parts.at(-1)?.[of] ?? 0
  return [
    {
      ...row(
        3,
        `row 1 with ${accounts} in genesis${compared}`,
        (life) => loadText(life.loads),
        '≥ 3.5 × the Go chain, aim 4.5 ×; ≤ 20 % below row 1',
        theirs === undefined ? undefined : speed(ours) >= 3.5 * speed(theirs),
      ),
      runs: { wadi: [ours], ...(theirs === undefined ? {} : { go: [theirs] }) },
    },
    row(
      4,
      `CPU of the application per send behind CometBFT, ${accounts}`,
      (life) => {
        const cpu =
          life === ours ? app : median(life.loads.map(({ processes }) => processes[0]?.cpuMicrosPerTx ?? 0))
        return life === ours ? `${cpu} µs` : `${cpu} µs with CometBFT`
      },
      '≤ 180 µs',
      app <= 180,
    ),
    row(
      6,
      `genesis of ${accounts}: process start → block 1 committed`,
      (life) => `${rounded(life.genesisSeconds, 1)} s; peak ${memory(life.afterGenesis, 'peak')}`,
      '≤ 60 s; application at most 3.5 GB',
      ours.genesisSeconds <= 60 && own(ours.afterGenesis, 'peak') <= 3_500,
    ),
    row(
      6,
      `memory 10 s after a restart with ${accounts}`,
      (life) => memory(life.afterRestart, 'rss'),
      'application ≤ 1.5 GB',
      own(ours.afterRestart, 'rss') <= 1_500,
    ),
    row(
      7,
      `restart with ${accounts}: start → application ready for Info (Go: RPC answers), → next block`,
      (life) => `${rounded(life.infoSeconds, 1)} s, ${rounded(life.nextBlockSeconds, 1)} s`,
      "Info ≤ 5 s; next block no later than the Go chain's",
      ours.infoSeconds <= 5 && (theirs === undefined || ours.nextBlockSeconds <= theirs.nextBlockSeconds),
    ),
    row(
      8,
      `abci_query balance, 16 connections, idle, ${accounts}`,
      ({ queries }) => `${count(queries.perSecond)}/s (p50 ${queries.p50Ms}, p99 ${queries.p99Ms} ms)`,
      '≥ 5,000/s',
      ours.queries.perSecond >= 5_000,
    ),
  ]
}

const memory = (parts: Lifetime['afterRestart'], of: 'rss' | 'peak'): string =>
  `${parts.map((part) => count(part[of])).join(' + ')} MB`

async function live(subject: Subject, settings: Settings): Promise<Lifetime> {
  const { progress, repeats, txs } = settings
  return withHome(`${subject.name}-large`, async (home) => {
    progress(`  ${subject.name}: genesis file of ${settings.million} accounts`)
    await subject.prepare(home, settings.million, 1_000)
    progress(`  ${subject.name}: first start (load average ${loadAverage()})`)
    const first = await withNode(subject, home, async (node) => {
      const genesisSeconds = (await untilCommitted(node, 1)) / 1000
      await untilCommitted(node, 3)
      const afterGenesis = readAll(node)
      await sleep(SETTLE_MS) // for the snapshot, so that the restart has one
      return { genesisSeconds, afterGenesis }
    })
    progress(`  ${subject.name}: restart`)
    return withNode(subject, home, async (node) => {
      const infoSeconds = (await untilReady(subject, home, node)) / 1000
      await untilAnswers(node)
      const height = await committedHeight(node)
      const nextBlockSeconds = (await untilCommitted(node, height + 1)) / 1000
      await sleep(SETTLE_MS)
      const afterRestart = readAll(node)
      const queries = await askBalances(subject, node, repeats === 1 ? 2 : 5)
      const loads: LoadReport[] = []
      for (let round = 1; round <= repeats; round++) {
        progress(`  ${subject.name}: load ${round} of ${repeats} (load average ${loadAverage()})`)
        loads.push(await warmLoad(subject, node, { ...SYNC, txs }))
      }
      return { ...first, infoSeconds, nextBlockSeconds, afterRestart, queries, loads }
    })
  })
}

function readAll(node: Running): Lifetime['afterRestart'] {
  return node.pids().map((pid) => {
    const { rssMegabytes: rss, peakMegabytes: peak } = readProcess(pid)
    return { rss, peak }
  })
}
