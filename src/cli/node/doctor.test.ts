import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runDoctor } from './doctor.ts'
import { initHome } from './home.ts'
import { LOOPBACK, pickPorts } from './ports.ts'
import { waitForHeight } from './rpc.ts'
import { startNode } from './supervisor.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wadi-doctor-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function init() {
  const { ports } = await pickPorts({ rpc: 0, p2p: 0, rest: 0, grpc: 0 })
  return initHome({ home, chainId: 'wadi-dev-1', blockTimeMs: 50, ports })
}

async function complaints(options: Partial<Parameters<typeof runDoctor>[0]> = {}) {
  const findings = await runDoctor({ home, ...options })
  const bad = findings.filter(({ ok }) => !ok)
  for (const { fix } of bad) expect(fix).toBeTruthy()
  return bad.map(({ check, detail }) => `${check}: ${detail}`)
}

test('a sound home has nothing to complain about', async () => {
  await init()
  expect(await complaints()).toEqual([])
})

test('a folder that is no home, and CometBFT that is missing, are found', async () => {
  const env = { PATH: '', XDG_CACHE_HOME: home, HOME: home }
  const found = await complaints({ env })
  expect(found).toEqual([
    expect.stringMatching(/^cometbft: CometBFT v0\.38\.25 was not found/),
    expect.stringMatching(/^home: .* is not the home of a node/),
  ])
})

test('beside a devnet, who names no home is told of it', async () => {
  const devnet = join(home, 'devnet')
  const asked = () => runDoctor({ home: join(home, 'node') })
  const fixOf = (findings: Awaited<ReturnType<typeof asked>>) =>
    findings.find(({ check }) => check === 'home')?.fix
  expect(fixOf(await asked())).toBe('create one: "wadi init --home …"')
  initHome({ home: devnet, chainId: 'wadi-dev-1' })
  expect(fixOf(await asked())).toBe(`there is a devnet beside it: --home ${devnet}`)
})

test('an open key file and a taken port are found', async () => {
  const { paths, rpc } = await init()
  chmodSync(paths.validatorKey, 0o644)
  const server = createServer()
  await new Promise<void>((done) => server.listen(rpc.port, LOOPBACK, done))
  try {
    expect(await complaints()).toEqual([
      `key files: others may read ${paths.validatorKey}`,
      `rpc port: ${LOOPBACK}:${rpc.port} is taken`,
    ])
  } finally {
    server.close()
  }
})

test('of a running node the clock and the genesis are compared', { timeout: 40_000 }, async () => {
  const { paths } = await init()
  const node = await startNode({ home, app: 'kvstore' })
  try {
    await waitForHeight(node.rpcUrl, 2, 20_000)
    expect(await complaints()).toEqual([])
    expect(await complaints({ now: () => Date.now() - 60_000 })).toEqual([
      expect.stringMatching(/^clock: the latest block is (60|59) s in this clock's future/),
    ])
    expect(await complaints({ now: () => Date.now() + 600_000 })).toEqual([
      expect.stringMatching(/^clock: the latest block is 600 s old/),
    ])
    writeFileSync(paths.genesis, readFileSync(paths.genesis, 'utf8').replace('"10"', '"11"'))
    expect(await complaints()).toEqual([expect.stringMatching(/^genesis: .* differs .* in validators$/)])
  } finally {
    await node.stop()
  }
})
