/** An archive node behind the real CometBFT: `npm run archive` asks 1,000 questions, this a hundred. */
import { expect, test } from 'vitest'
import { archiveRun } from './archive.ts'

test('an archive node answers at old heights as it did when they were current, with proofs that verify', async () => {
  const report = await archiveRun({ seed: 20_261, heights: 60, queries: 100 })
  expect(report).toMatchObject({ recorded: 240, asked: 100 })
  expect(report.proofs).toBeGreaterThan(20)
  expect(report.rest).toBeGreaterThan(5)
}, 240_000)
