import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Telemetry } from './telemetry.ts'

const opened: Telemetry[] = []
afterEach(async () => {
  for (const telemetry of opened.splice(0)) await telemetry.close()
})

function watching() {
  const settings = { enabled: true, host: '127.0.0.1', port: 0, maxBlockAgeSeconds: 60 }
  const telemetry = new Telemetry(settings, { software: '1.2.3', protocol: 1n }, { connectionCount: 4 })
  opened.push(telemetry)
  return telemetry
}

test('before the state is open there is a page, which says so', async () => {
  const telemetry = watching()
  const url = await telemetry.listen(() => {})
  const health = await fetch(`${url}/health`)
  expect([health.status, await health.json()]).toEqual([
    503,
    { status: 'unhealthy', height: 0, reasons: ['starting: the state is being opened'] },
  ])
  const text = await (await fetch(`${url}/metrics`)).text()
  expect(text).toContain(`wadi_build_info{version="1.2.3",protocol="1",node="${process.versions.node}"} 1\n`)
  expect(text).toContain('wadi_healthy 0\n')
  expect(text).not.toContain('wadi_tree_nodes')
})

test('of a halt the first reason is told, in one line', () => {
  const telemetry = watching()
  telemetry.halted(new Error('no space left\nat write'))
  telemetry.halted(new Error('another'))
  expect(telemetry.health().reasons).toEqual(['halted: no space left'])
})

test('what the log writes and syncs is counted, and reaches the disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wadi-telemetry-'))
  try {
    const telemetry = watching()
    const { files } = telemetry
    const path = join(folder, 'log')
    const file = files.open(path)
    expect(files.write(file, new Uint8Array(1_000), 100, 600, 0)).toBe(600)
    files.datasync(file)
    files.datasync(file)
    files.close(file)
    expect(statSync(path).size).toBe(600)
    const text = telemetry.metrics()
    expect(text).toContain('wadi_log_bytes_total 600\n')
    expect(text).toContain('wadi_log_sync_seconds_count 2\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
