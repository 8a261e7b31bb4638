/** The CosmJS suite once more, on a machine without CometBFT and Go: solo mode is what `npm start` takes there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { devnetDefaults, startDevnet, withoutCometbft } from './devnet-kit.ts'

const empty = mkdtempSync(join(tmpdir(), 'wadi-empty-'))
afterAll(() => rmSync(empty, { recursive: true, force: true }))

const env = withoutCometbft(empty)
devnetDefaults.options = { env, args: [] }

test('without CometBFT and Go the devnet runs in solo mode, and says so and what it is not', async () => {
  const net = await startDevnet()
  try {
    expect(net.solo).toContain('CometBFT v0.38.25 was not found')
    expect(net.solo).toContain('one node, no peers, no fault')
    const { result } = (await (await fetch(`${net.rpc}/status`)).json()) as {
      result: { node_info: { version: string; moniker: string } }
    }
    expect(result.node_info).toMatchObject({ version: '0.38.25+solo', moniker: 'devnet (solo)' })
  } finally {
    await net.stop()
  }
})

// Its tests become tests of this file.
await import('./cosmjs.test.ts')
