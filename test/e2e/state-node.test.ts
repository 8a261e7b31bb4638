/** What `wadi export`, `rollback` and `snapshots` leave behind, started with the real CometBFT. */
import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { resetHome } from '../../src/cli/node/home.ts'
import type { LocalnetNode } from '../../src/cli/node/localnet-node.ts'
import { blockAt, startNet, type TestNet } from './node-kit.ts'
import { Load } from './node-load.ts'
import { Program } from './node-program.ts'

let net: TestNet | undefined
afterAll(async () => net?.remove(), 60_000)

/** A command that succeeds; its answer. */
async function wadi(node: LocalnetNode, ...args: string[]): Promise<Record<string, unknown>> {
  const program = new Program([...args, '--home', node.home.paths.home, '--output', 'json'])
  expect([await program.ended(), program.stderr]).toEqual([0, ''])
  return JSON.parse(program.stdout)
}

test('a node goes on after a rollback and from a snapshot, and its export starts a chain that goes on', async () => {
  net = await startNet(1)
  const node = net.node(0)
  const load = new Load(() => (node.running ? [node.rpcUrl] : []))
  await node.waitHeight(2)
  load.start()
  await node.waitHeight(35)
  await load.stop()
  const refused = new Program(['export', '--home', node.home.paths.home])
  expect([await refused.ended(), refused.stderr]).toEqual([
    1,
    expect.stringContaining('is in use by process'),
  ])
  await node.stop()

  // One block back, then ten more: CometBFT brings them again, and the app hashes are those of before.
  const { height } = await wadi(node, 'rollback')
  await wadi(node, 'rollback', '--height', `${Number(height) - 10}`)
  await node.start()
  await node.waitHeight(Number(height) + 3)
  const known = await blockAt(node.rpcUrl, Number(height))
  await node.stop()

  // The data folder is lost, a snapshot was carried away before: the blocks after it are executed again.
  const snapshot = join(net.dir, 'carried.snapshot')
  const carried = await wadi(node, 'snapshots', 'export', snapshot)
  renameSync(node.home.paths.appData, `${node.home.paths.appData}.lost`)
  const restored = await wadi(node, 'snapshots', 'restore', snapshot, '--digest', `${carried['sha256']}`)
  expect(restored).toMatchObject({ height: carried['height'], app_hash: carried['app_hash'] })
  await node.start()
  await node.waitHeight(Number(height) + 6)
  expect((await blockAt(node.rpcUrl, Number(height))).hash).toBe(known.hash)
  const header = await blockAt(node.rpcUrl, Number(carried['height']) + 1)
  expect(header.appHash.toLowerCase()).toBe(carried['app_hash'])
  await node.stop()

  // The same keys, a new chain: its first height is the one after the export.
  const file = join(net.dir, 'exported.json')
  const exported = await wadi(node, 'export', '--output-document', file)
  const document = JSON.parse(readFileSync(file, 'utf8'))
  copyFileSync(file, node.home.paths.genesis)
  resetHome(node.home.paths.home)
  await node.start()
  await node.waitHeight(Number(exported['height']) + 4)
  await node.stop()
  const again = join(net.dir, 'again.json')
  await wadi(node, 'export', '--output-document', again)
  expect(JSON.parse(readFileSync(again, 'utf8')).app_state).toEqual(document.app_state)
}, 240_000)
