import { describe, expect, test } from 'vitest'
import { killRounds } from './faults-kills.ts'
import { sweepFailPoints } from './faults-sweep.ts'

/*
 * A sample of `npm run e2e:faults`, which kills thirty times and sweeps three heights.
 */

/** Decides when the kills come; another one each day, so that it is known and yet does not stay the same. */
const SEED = Math.floor(Date.now() / 86_400_000)

describe('a node under load', () => {
  test(`survives six kill -9 without losing what was committed (seed ${SEED})`, async () => {
    const rounds = { app: 2, cometbft: 2, both: 2 }
    const said: string[] = []
    const { sends, height } = await killRounds({ seed: SEED, rounds, onRound: (text) => said.push(text) })
    console.log(said.join('\n'))
    expect(height).toBeGreaterThan(10)
    expect(sends).toBeGreaterThan(50)
  }, 240_000)

  test('survives the end of CometBFT at every fail point of a height', async () => {
    const { points, sends } = await sweepFailPoints({ heights: 1 })
    console.log(`fail points: ${points.join(', ')}`)
    // v0.38.25 has eleven: five in finalizeCommit, four in ApplyBlock, and one for each of its own two votes, which do
    // not count where a stop came between a vote and its block.
    expect(points[0]).toBeGreaterThanOrEqual(9)
    expect(sends).toBeGreaterThan(10)
  }, 300_000)
})
