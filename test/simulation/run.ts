import { parseArgs } from 'node:util'
import { simulate as runSeed, type SimulationReport } from './simulation.ts'

const HELP = `usage: npm run simulate -- [options]

  --blocks N     blocks a seed (default 5000)
  --seeds A,B    seeds, one after the other (default 1,2,3)
  --seed A       one seed: what a failed run prints, to repeat it
  --replicas N   replicas, this process included (default 3)
  --nodes A,B    other Node programs to run the replicas with, by turns`

/** `npm run simulate`: returns 0 if all seeds pass. */
export async function simulate(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      blocks: { type: 'string', default: '5000' },
      seeds: { type: 'string', default: '1,2,3' },
      seed: { type: 'string' },
      replicas: { type: 'string', default: '3' },
      nodes: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const blocks = wholeNumber('--blocks', values.blocks)
  const replicas = wholeNumber('--replicas', values.replicas)
  const seeds = (values.seed ?? values.seeds).split(',').map((text) => wholeNumber('--seeds', text))
  const nodes = values.nodes?.split(',')
  let failed = 0
  for (const seed of seeds) {
    const passed = await oneSeed({ seed, blocks, replicas, ...(nodes === undefined ? {} : { nodes }) })
    if (!passed) failed++
  }
  console.log(failed === 0 ? `all ${seeds.length} seeds passed` : `${failed} of ${seeds.length} seeds failed`)
  return failed === 0 ? 0 : 1
}

async function oneSeed(options: Parameters<typeof runSeed>[0]): Promise<boolean> {
  const { seed, blocks, replicas } = options
  console.log(`seed ${seed}: ${blocks} blocks, ${replicas} replicas`)
  const began = Date.now()
  let reached = 0
  try {
    const report = await runSeed({
      ...options,
      onBlock(height) {
        reached = height
        progress(`seed ${seed}: block ${height} of ${blocks}`, height, blocks)
      },
    })
    print(report, Date.now() - began)
    return report.shortfalls.length === 0
  } catch (error) {
    endLine()
    console.error(`seed ${seed} failed near block ${reached}: ${(error as Error).message}`)
    console.error(
      `repeat it with: npm run simulate -- --seed ${seed} --blocks ${reached + 50} --replicas ${replicas}`,
    )
    return false
  }
}

function print(
  { seed, counters, appHash, restarts, kills, places, shortfalls }: SimulationReport,
  ms: number,
): void {
  endLine()
  console.log(counters.table())
  console.log(
    `replicas in ${places.join(', ') || 'this process alone'}; ${restarts} restarts, ${kills} kills`,
  )
  console.log(`seed ${seed}: app hash ${appHash} in ${Math.round(ms / 1_000)} s`)
  for (const shortfall of shortfalls) console.error(`seed ${seed} falls short: ${shortfall}`)
}

/** One line that is written over on a terminal; elsewhere one at every tenth. */
function progress(text: string, done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`)
  else if (done % Math.ceil(total / 10) === 0) console.error(text)
}

function endLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RangeError(`${name} ${text} is not a whole number of at least 1`)
}
