import { parseArgs } from 'node:util'
import { killRounds } from './faults-kills.ts'
import { sweepFailPoints } from './faults-sweep.ts'

const HELP = `usage: npm run e2e:faults -- [options]

  --seed N      decides the order and the moments of the kills (default: of the time of day; printed)
  --kills N     kill -9 of the application, of CometBFT and of both, a third each (default 30)
  --heights N   heights whose every fail point is swept (default 3)`

/** `npm run e2e:faults`: all kills and crash points against a real node; returns 0 if nothing is lost. */
export async function faults(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      kills: { type: 'string', default: '30' },
      heights: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const seed = Number(values.seed)
  const each = Math.ceil(Number(values.kills) / 3)
  try {
    const rounds = { app: each, cometbft: each, both: each }
    const killed = await killRounds({ seed, rounds, onRound: console.log })
    console.log(
      `${3 * each} kills: ${killed.sends} transfers in ${killed.height} blocks, replayed without a difference`,
    )
    const swept = await sweepFailPoints({ heights: Number(values.heights), onPoint: console.log })
    console.log(`fail points by height: ${swept.points.join(', ')}; ${swept.height} blocks replayed`)
    return 0
  } catch (error) {
    console.error(`faults with --seed ${seed}: ${(error as Error).message}`)
    return 1
  }
}
