import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkTrace, parseTrace } from '../../src/abci/grammar.ts'
import { startNet, type TestNet, traceFile } from './node-kit.ts'
import { Load } from './node-load.ts'

let net: TestNet
let load: Load

beforeAll(async () => {
  net = await startNet(1)
  load = new Load(() => (net.node(0).running ? [net.node(0).rpcUrl] : []))
}, 60_000)
afterAll(async () => {
  await load?.stop()
  await net?.remove()
}, 60_000)

test('the frames of a run with a stop and two kills keep the grammar of ABCI', async () => {
  const node = net.node(0)
  await node.waitHeight(2)
  load.start()
  await node.waitHeight(5)
  await node.restart()
  await node.waitHeight(8)
  await node.kill('app')
  await node.start()
  await node.waitHeight(11)
  await node.kill('cometbft')
  await node.start()
  const { height } = await node.waitHeight(14)
  await load.stop()
  await node.stop()

  const lines = parseTrace(readFileSync(traceFile(node.home.paths.home), 'utf8'))
  const { violations, committed } = checkTrace(lines)
  expect(violations).toEqual([])
  expect(committed.slice(0, height)).toEqual(Array.from({ length: height }, (_, i) => i + 1))
  // What the check can only mean if it is there: four lives, each with its Info, one InitChain, proposals and votes.
  const count = (method: string, dir = 'in') =>
    lines.filter((line) => line.method === method && line.dir === dir).length
  expect(lines.filter(({ dir }) => dir === 'start')).toHaveLength(4)
  expect(count('Info')).toBeGreaterThanOrEqual(4)
  expect(count('InitChain')).toBe(1)
  expect(count('PrepareProposal')).toBeGreaterThanOrEqual(10)
  expect(count('ProcessProposal')).toBeGreaterThanOrEqual(10)
  expect(count('CheckTx')).toBeGreaterThan(20)
  expect(count('Commit', 'out')).toBeGreaterThanOrEqual(height - 1)
}, 120_000)
