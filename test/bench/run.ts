import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { findCometbft } from '../../src/cli/node/cometbft.ts'
import { describeMachine, loadAverage } from './processes.ts'
import { appCpu, floods, iavl, latency, queries, sends } from './rows.ts'
import { million } from './rows-million.ts'
import type { Row, RowResult, Settings } from './series.ts'
import { peerBinary } from './tools.ts'

const USAGE = `usage: npm run bench -- [options]

Measures this chain and prints the table of BENCHMARKS.md. Nothing else should run on the machine.

  --peer FOLDER  also measure the Go chain of this benchmark kit (it has simd/go.mod; needs Go), in alternating runs
  --rows a,b     only these: sends, floods, million, app, iavl, queries, latency
  --quick        one run each of 4,000 transfers, and 100,000 accounts instead of a million: does everything work?
  --repeats N    runs of each chain, of which the medians are reported (3)
  --out FILE     also write everything that was measured as JSON
  --json         print the JSON instead of the table`

const rows: Readonly<Record<string, Row>> = {
  sends,
  floods,
  million,
  app: appCpu,
  iavl,
  queries,
  latency,
}

/** Runs the benchmarks; 0 when every row that was run reached its target. */
export async function bench(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peer: { type: 'string' },
      rows: { type: 'string', default: Object.keys(rows).join(',') },
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const chosen = values.rows.split(',')
  const unknown = chosen.find((name) => !Object.hasOwn(rows, name))
  if (values.help || unknown !== undefined) {
    console.error(unknown === undefined ? USAGE : `unknown row ${unknown}\n\n${USAGE}`)
    return unknown === undefined ? 0 : 2
  }
  const settings: Settings = {
    peer: values.peer === undefined ? undefined : peerBinary(values.peer),
    repeats: Number(values.repeats ?? (values.quick ? 1 : 3)),
    txs: values.quick ? 4_000 : 20_000,
    million: values.quick ? 100_000 : 1_000_000,
    progress: (message) => console.error(message),
  }
  const machine = { ...describeMachine(), cometbft: findCometbft().version }
  const results: RowResult[] = []
  const failures: string[] = []
  const started = { at: new Date().toISOString(), loadAverage: loadAverage() }
  const save = () => {
    const document = JSON.stringify({ machine, started, settings, results, failures }, null, 1)
    if (values.out !== undefined) writeFileSync(values.out, `${document}\n`)
    return document
  }
  for (const name of chosen) {
    console.error(`${name}:`)
    try {
      results.push(...(await (rows[name] as Row)(settings)))
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`)
      console.error(`  failed: ${(error as Error).stack}`)
    }
    save()
  }
  console.log(values.json ? save() : table(machine, results, failures))
  return failures.length === 0 && results.every(({ met }) => met !== false) ? 0 : 1
}

function table(
  machine: Readonly<Record<string, string | number>>,
  results: readonly RowResult[],
  failures: readonly string[],
): string {
  const lines = results
    .toSorted((a, b) => a.row - b.row)
    .map(({ row, what, ours, peer, target, met }) => {
      const verdict = met === undefined ? '–' : met ? 'yes' : '**no**'
      return `| ${row} | ${what} | ${ours} | ${peer} | ${target} | ${verdict} |`
    })
  return [
    Object.entries(machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(' · '),
    '',
    '| row | what | Wadi | peer | must reach | reached |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    ...failures.map((failure) => `\nfailed: ${failure}`),
  ].join('\n')
}
