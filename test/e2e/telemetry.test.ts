import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeHome } from '../../src/cli/node/home.ts'
import { waitForHeight } from '../../src/cli/node/rpc.ts'
import { readRecord } from '../../src/cli/node/run-record.ts'
import { CATALOG } from '../../src/cli/node/telemetry/catalog.ts'
import { type Program, Workbench } from './node-program.ts'

const bench = new Workbench()
let home: NodeHome
let program: Program
let url: string

afterAll(() => bench.remove(), 60_000)

interface Health {
  readonly status: string
  readonly height: number
  readonly reasons: readonly string[]
}

async function health(): Promise<{ status: number; body: Health }> {
  const response = await fetch(`${url}/health`)
  return { status: response.status, body: (await response.json()) as Health }
}

async function until<T>(look: () => Promise<T>, condition: (seen: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const seen = await look()
    if (condition(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

const metrics = async () => (await fetch(`${url}/metrics`)).text()

/** The value of one sample; undefined where it is not exported. */
const valueOf = (text: string, sample: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `))
  return line === undefined ? undefined : Number(line.slice(sample.length + 1))
}

describe('a node watched from outside', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    home = await bench.newHome()
    const { appToml } = home.paths
    writeFileSync(appToml, readFileSync(appToml, 'utf8').replace('max-block-age = 60', 'max-block-age = 2'))
    const levels = ['--log-level', 'query:none,*:info', '--log-format', 'json']
    program = bench.run(['start', '--home', home.paths.home, ...levels])
    url = `http://${home.app.telemetry.host}:${home.app.telemetry.port}`
    await waitForHeight(`http://${home.rpc.host}:${home.rpc.port}`, 3, 60_000)
  }, 90_000)

  test('exports every metric of the catalog, and nothing else', async () => {
    const rest = `http://${home.app.rest.host}:${home.app.rest.port}`
    expect((await fetch(`${rest}/cosmos/bank/v1beta1/supply`)).status).toBe(200)
    const text = await metrics()
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    const expected = Object.keys(CATALOG).filter(
      (name) => process.platform === 'linux' || name !== 'wadi_open_files',
    )
    expect(names).toEqual(expected)
    expect(valueOf(text, 'wadi_abci_connections')).toBe(4)
    expect(valueOf(text, 'wadi_query_seconds_count{class="cosmos.bank.v1beta1.Query"}')).toBe(1)
    const height = valueOf(text, 'wadi_height') as number
    expect(height).toBeGreaterThanOrEqual(3)
    expect(valueOf(text, 'wadi_block_phase_seconds_count{phase="commit"}')).toBe(height)
    expect(valueOf(text, 'wadi_log_sync_seconds_count')).toBeGreaterThanOrEqual(height)
  })

  test('says that it is well, and so does the doctor', async () => {
    expect(await until(health, ({ status }) => status === 200)).toMatchObject({
      body: { status: 'ok', reasons: [] },
    })
    const doctor = bench.run(['doctor', '--home', home.paths.home, '--json'])
    await doctor.ended()
    const findings = JSON.parse(doctor.stdout) as { check: string; level: string; detail: string }[]
    const levels = new Map(findings.map(({ check, level }) => [check, level]))
    for (const check of [
      'health',
      'running',
      'running cometbft',
      'clock',
      'genesis',
      'genesis state',
      'peers',
    ])
      expect([check, levels.get(check)]).toEqual([check, 'ok'])
  })

  test('says so when CometBFT stands still, and is well again when it goes on', async () => {
    const pid = readRecord(home.paths.runRecord)?.cometbftPid as number
    process.kill(pid, 'SIGSTOP')
    try {
      const { body } = await until(health, ({ status }) => status === 503)
      expect(body.reasons).toEqual([expect.stringMatching(/^stalled: no block was committed for \d+ s$/)])
      expect(valueOf(await metrics(), 'wadi_healthy')).toBe(0)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await until(health, ({ status }) => status === 200)
  })

  test('logs lines of JSON, each with level and module, from both processes', async () => {
    expect(await program.interrupt()).toBe(0)
    const lines = program.stderr.split('\n').filter((line) => line !== '')
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, string>)
    expect(parsed.length).toBeGreaterThan(0)
    expect(parsed.some(({ source }) => source === 'cometbft')).toBe(true)
    for (const line of parsed)
      expect(line).toMatchObject({ source: expect.any(String), level: expect.any(String) })
  })

  test('is off where app.toml says so, and without its section', async () => {
    const { appToml } = home.paths
    const text = readFileSync(appToml, 'utf8')
    writeFileSync(appToml, text.slice(0, text.indexOf('# /metrics for')))
    const again = bench.start(home)
    await waitForHeight(`http://${home.rpc.host}:${home.rpc.port}`, 1, 60_000)
    await expect(fetch(`${url}/health`)).rejects.toThrow()
    expect(await again.interrupt()).toBe(0)
  })

  test('a taken port ends the start with its name', async () => {
    const { appToml } = home.paths
    appendFileSync(
      appToml,
      `\n[telemetry]\nenable = true\naddress = "tcp://127.0.0.1:${home.app.rest.port}"\n`,
    )
    const refused = bench.start(home)
    expect(await refused.ended()).not.toBe(0)
    expect(refused.stderr).toMatch(/EADDRINUSE|is taken/)
  })
})
