import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Level } from './doctor/finding.ts'
import type { System } from './doctor/system.ts'
import { runDoctor } from './doctor.ts'
import { initHome } from './home.ts'
import { LOOPBACK, pickPorts } from './ports.ts'
import { waitForHeight } from './rpc.ts'
import { takeRunLock } from './run-record.ts'
import { startNode } from './supervisor.ts'

const GIB = 1024 ** 3

/** A machine on which nothing is wrong, so that what the real one lacks changes no expectation. */
const sound: Partial<System> = {
  openFiles: () => 65_536,
  memory: () => ({ total: 16 * GIB, free: 8 * GIB }),
  disk: () => ({ freeBytes: 100 * GIB, files: 1e7, freeFiles: 1e6 }),
}

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wadi-doctor-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function init(options: Partial<Parameters<typeof initHome>[0]> = {}) {
  const { ports } = await pickPorts({ rpc: 0, p2p: 0, rest: 0, grpc: 0, telemetry: 0 })
  return initHome({ home, chainId: 'wadi-dev-1', blockTimeMs: 50, ports, ...options })
}

async function complaints({ system, ...options }: Partial<Parameters<typeof runDoctor>[0]> = {}) {
  const findings = await runDoctor({ home, ...options, system: { ...sound, ...system } })
  const wrong = findings.filter(({ level }) => level !== 'ok')
  for (const { fix } of wrong) expect(fix).toBeTruthy()
  return wrong.map(({ check, level, detail }) => `${level} ${check}: ${detail}`)
}

test('a sound home has nothing to complain about', async () => {
  await init()
  expect(await complaints()).toEqual([])
})

test('this machine can be looked at, whatever is found', async () => {
  await init()
  const findings = await runDoctor({ home })
  const names = findings.map(({ check }) => check)
  for (const check of ['open files', 'disk', 'memory', 'clock steps']) expect(names).toContain(check)
  expect(findings.find(({ check }) => check === 'memory')?.detail).toMatch(
    /^[\d.]+ GiB in all|^[\d.]+ GiB free/,
  )
})

test('a folder that is no home, and CometBFT that is missing, are found', async () => {
  const env = { PATH: '', XDG_CACHE_HOME: home, HOME: home }
  const found = await complaints({ env })
  expect(found).toEqual([
    expect.stringMatching(/^fail cometbft: CometBFT v0\.38\.25 was not found/),
    expect.stringMatching(/^fail home: .* is not the home of a node/),
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

test('an open key file and a taken port are found, and who took it', async () => {
  const { paths, rpc } = await init()
  chmodSync(paths.validatorKey, 0o644)
  const server = createServer()
  await new Promise<void>((done) => server.listen(rpc.port, LOOPBACK, done))
  try {
    const found = await complaints()
    expect(found[0]).toBe(`fail key files: others may read ${paths.validatorKey}`)
    const taken = `fail rpc port: ${LOOPBACK}:${rpc.port} is taken`
    if (process.platform === 'linux') expect(found[1]).toContain(`${taken} by process ${process.pid} (`)
    else expect(found[1]).toBe(taken)
    expect(found).toHaveLength(2)
  } finally {
    server.close()
  }
})

describe('of a machine', () => {
  const disk = (freeBytes: number, freeFiles: number, files = 1e7) => ({
    disk: () => ({ freeBytes, files, freeFiles }),
  })
  test.each<[string, Partial<System>, Level, RegExp]>([
    ['an old Node', { nodeVersion: '22.1.0' }, 'fail', /^node: Node 22\.1\.0 is older than 24/],
    [
      'no native verifier',
      {
        loadNativeVerifier: () => {
          throw new Error('no such module\nat x')
        },
      },
      'fail',
      /^verifier: the native libsecp256k1 does not load: no such module$/,
    ],
    ['very few open files', { openFiles: () => 256 }, 'fail', /^open files: at most 256: .* halts$/],
    ['few open files', { openFiles: () => 1_024 }, 'warn', /^open files: at most 1024: REST takes fewer/],
    ['a full disk', disk(1.5 * GIB, 1e6), 'fail', /^disk: only 1\.5 GiB free$/],
    ['a disk that fills', disk(9.5 * GIB, 1e6), 'warn', /^disk: only 9\.5 GiB free$/],
    ['no inodes', disk(100 * GIB, 9_999), 'fail', /^disk: 100\.0 GiB free, but only 9999 more files/],
    // 1,536 MiB for CometBFT and 512 MiB for the application.
    [
      'little memory',
      { memory: () => ({ total: 1.9 * GIB, free: 1.9 * GIB }) },
      'fail',
      /^memory: 1\.9 GiB in all; a node with this genesis takes up to 2\.0 GiB, and is killed/,
    ],
    [
      'memory that others use',
      { memory: () => ({ total: 16 * GIB, free: 1 * GIB }) },
      'warn',
      /^memory: 1\.0 GiB free of 16\.0 GiB; /,
    ],
  ])('%s is found', async (_, system, level, pattern) => {
    await init()
    const [found, ...more] = await complaints({ system })
    expect(more).toEqual([])
    expect(found?.startsWith(`${level} `)).toBe(true)
    expect(found?.slice(5)).toMatch(pattern)
  })

  test('disks that count no files, and systems that say little, are no findings', async () => {
    await init()
    const memory = () => ({ total: 16 * GIB, free: undefined })
    expect(
      await complaints({ system: { ...disk(100 * GIB, 0, 0), openFiles: () => undefined, memory } }),
    ).toEqual([])
  })

  test('a large genesis asks for more memory', async () => {
    const { paths } = await init()
    // A sparse file: 1 GiB is 3 GiB for CometBFT, 1.125 GiB for its work, 3 GiB and 0.5 GiB for the application.
    truncateSync(paths.genesis, GIB)
    const memory = () => ({ total: 7.5 * GIB, free: 7.5 * GIB })
    const findings = await runDoctor({ home, system: { ...sound, memory } })
    expect(findings.find(({ check }) => check === 'memory')).toMatchObject({
      level: 'fail',
      detail: expect.stringContaining('takes up to 7.6 GiB'),
    })
  }, 30_000)

  test('a clock that is set meanwhile is found', async () => {
    await init()
    let looks = 0
    const found = await complaints({ system: { now: () => Date.now() + 3_000 * looks++ } })
    expect(found).toEqual([expect.stringMatching(/^warn clock steps: the clock was set by 3\.0 s/)])
  })
})

test('of a running node clock, genesis, version and peers are compared', { timeout: 60_000 }, async () => {
  const stranger = `${'ab'.repeat(20)}@${LOOPBACK}:1`
  const { paths } = await init({ persistentPeers: [stranger] })
  const node = await startNode({ home, app: 'kvstore' })
  try {
    await waitForHeight(node.rpcUrl, 2, 20_000)
    const alone = `fail peers: none, of those configured: ${stranger}`
    expect(await complaints()).toEqual([alone])
    const config = readFileSync(paths.cometbftToml, 'utf8')
    writeFileSync(paths.cometbftToml, config.replace(stranger, ''))
    expect(await complaints()).toEqual([])
    expect(await complaints({ system: { now: () => Date.now() - 60_000 } })).toEqual([
      expect.stringMatching(/^fail clock: the latest block is (60|59) s in this clock's future/),
    ])
    expect(await complaints({ system: { now: () => Date.now() + 600_000 } })).toEqual([
      expect.stringMatching(/^fail clock: the latest block is 600 s old/),
    ])
    writeFileSync(paths.genesis, readFileSync(paths.genesis, 'utf8').replace('"10"', '"11"'))
    expect(await complaints()).toEqual([expect.stringMatching(/^fail genesis: .* differs .* in validators$/)])
  } finally {
    await node.stop()
  }
})

test('a node that runs and does not answer is found, and so is its silent telemetry', async () => {
  const { paths, rpc, app } = await init()
  const lock = takeRunLock(paths.runRecord)
  const telemetryUrl = `http://${LOOPBACK}:${app.telemetry.port}`
  lock.update({ rpcUrl: `http://${LOOPBACK}:${rpc.port}`, telemetryUrl })
  try {
    expect(await complaints()).toEqual([
      `fail running: http://${LOOPBACK}:${rpc.port} does not answer`,
      `fail health: ${telemetryUrl}/health does not answer`,
    ])
  } finally {
    lock.release()
  }
})
