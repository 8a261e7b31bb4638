import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkTrace, parseTrace } from '../../src/abci/grammar.ts'
import type { Which } from '../../src/cli/node/localnet-node.ts'
import { Random } from '../simulation/random.ts'
import { blockAt, startNet, traceFile } from './node-kit.ts'
import { Load } from './node-load.ts'
import { type Replay, replay } from './node-replay.ts'

export interface KillOptions {
  readonly seed: number
  /** How often each is killed. */
  readonly rounds: Readonly<Record<Which, number>>
  readonly onRound?: (text: string) => void
}

/** Milliseconds between a start and the next kill: from the middle of recovery to some blocks later. */
const LIFE_MS = [150, 2_500] as const

/**
 * Kills a node under load again and again, at moments that a seed decides. After each kill the blocks known before are
 * still there; in the end an undisturbed replay of all blocks comes to the same app hashes, results and balances,
 * and the application was called as the grammar of ABCI wants it, over all its lives.
 */
export async function killRounds({ seed, rounds, onRound = () => {} }: KillOptions): Promise<Replay> {
  const random = new Random(`kills ${seed}`)
  const plan = random.shuffled(
    (Object.entries(rounds) as [Which, number][]).flatMap(
      ([which, count]) => Array(count).fill(which) as Which[],
    ),
  )
  const { node: at, remove } = await startNet(1)
  const node = at(0)
  const load = new Load(() => (node.running ? [node.rpcUrl] : []))
  try {
    await node.waitHeight(2)
    load.start()
    for (const [i, which] of plan.entries()) {
      const life = random.between(...LIFE_MS)
      await sleep(life)
      const known = await node.status()
      await node.kill(which)
      onRound(
        `seed ${seed}, kill ${i + 1} of ${plan.length}: ${which} after ${life} ms, height ${known?.height ?? '?'}`,
      )
      await node.start()
      if (known === undefined || known.height === 0) continue
      await node.waitHeight(known.height)
      const { hash } = await blockAt(node.rpcUrl, known.height)
      if (hash !== known.latestBlockHash) {
        throw new Error(
          `block ${known.height} was ${known.latestBlockHash} before a kill and is ${hash} after it`,
        )
      }
    }
    const { height } = await node.waitHeight(1)
    await node.waitHeight(height + 5)
    await load.stop()
    const last = (await node.waitHeight(height + 8)).height - 1
    const replayed = await replay(node.rpcUrl, node.home.paths.genesis, last, load.offered)
    checkFrames(node.home.paths.home)
    return replayed
  } finally {
    await load.stop()
    await remove()
  }
}

/** Throws at the first breach of the grammar in all that the application was called with. */
function checkFrames(home: string): void {
  const { violations, committed } = checkTrace(parseTrace(readFileSync(traceFile(home), 'utf8')))
  if (violations.length > 0) throw new Error(`the ABCI trace breaks the grammar: ${violations.join('; ')}`)
  if (committed.some((height, i) => height !== i + 1))
    throw new Error(`committed were ${committed.join(', ')}`)
}
