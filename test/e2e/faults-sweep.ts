import { readFileSync } from 'node:fs'
import { checkTrace, parseTrace } from '../../src/abci/grammar.ts'
import type { TraceLine } from '../../src/abci/trace.ts'
import type { LocalnetNode } from '../../src/cli/node/localnet-node.ts'
import { startNet, traceFile } from './node-kit.ts'
import { Load } from './node-load.ts'
import { type Replay, replay } from './node-replay.ts'

export interface SweepOptions {
  /** How many heights' points are swept, from the first after a start. */
  readonly heights: number
  readonly onPoint?: (text: string) => void
}

export interface Sweep extends Replay {
  /** Points found in each of the heights, the first first. */
  readonly points: readonly number[]
}

/** More than CometBFT has in the heights a sweep may ask for: without it, a binary that never fails would loop. */
const MOST_POINTS = 60
const POINT_MS = 30_000
/** Calls that belong to the block of one height. */
const WORK: readonly string[] = ['PrepareProposal', 'ProcessProposal', 'FinalizeBlock']

/**
 * Ends CometBFT at every one of its fail points, one after the other: with FAIL_TEST_INDEX=n the released binary
 * exits when it comes to its n-th point, counted from 0. After each, a clean start must go on. Ends when the
 * points of that
 * many heights are through; in the end an undisturbed replay must come to the same.
 */
export async function sweepFailPoints({ heights, onPoint = () => {} }: SweepOptions): Promise<Sweep> {
  const { node: at, remove } = await startNet(1)
  const node = at(0)
  const load = new Load(() => (node.running ? [node.rpcUrl] : []))
  const points = Array.from({ length: heights }, () => 0)
  try {
    await node.waitHeight(2)
    load.start()
    await node.stop()
    for (let index = 0; index < MOST_POINTS; index++) {
      const ordinal = await failAt(node, index)
      if (ordinal > heights) break
      points[ordinal - 1] = (points[ordinal - 1] ?? 0) + 1
      onPoint(`fail point ${index}: in block ${ordinal} after the start`)
      await recover(node)
    }
    await recover(node, false)
    await load.stop()
    const last = (await node.waitHeight(1)).height - 1
    const replayed = await replay(node.rpcUrl, node.home.paths.genesis, last, load.offered)
    const { violations } = checkTrace(framesOf(node))
    if (violations.length > 0) throw new Error(`the ABCI trace breaks the grammar: ${violations.join('; ')}`)
    return { ...replayed, points }
  } finally {
    await load.stop()
    await remove()
  }
}

/** Runs a stopped node to a fail point; in which block after the start it came, from 1. */
async function failAt(node: LocalnetNode, index: number): Promise<number> {
  const before = framesOf(node).length
  const mark = `*** fail-test ${index} ***`
  const shown = node.logs().filter((line) => line.includes(mark)).length
  await node.start({ FAIL_TEST_INDEX: `${index}` }).catch((error: Error) => {
    // A first point may come before the start is noticed.
    if (!error.message.includes('ended')) throw error
  })
  const exit = await node.ended(POINT_MS)
  if (exit?.code !== 1) throw new Error(`at fail point ${index} the node ended with ${JSON.stringify(exit)}`)
  if (node.logs().filter((line) => line.includes(mark)).length <= shown) {
    throw new Error(`the node ended, but not at fail point ${index}:\n${node.logs().slice(-12).join('\n')}`)
  }
  return Math.max(1, heightsSince(node, before))
}

const framesOf = (node: LocalnetNode): TraceLine[] =>
  parseTrace(readFileSync(traceFile(node.home.paths.home), 'utf8'))

/** How many heights were worked on since that line of the trace: each begins with its proposal. */
function heightsSince(node: LocalnetNode, from: number): number {
  const asked = framesOf(node)
    .slice(from)
    .filter(({ dir, method }) => dir === 'in' && WORK.includes(method ?? ''))
  return new Set(asked.map(({ height }) => height)).size
}

/** A clean start that goes on by a block; stopped again unless it is to run on. */
async function recover(node: LocalnetNode, stop = true): Promise<void> {
  await node.start()
  const { height } = await node.waitHeight(1)
  await node.waitHeight(height + 1)
  if (stop) await node.stop()
}
