import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectionsWithin, descriptorLimit, REST_LIMITS } from './rest-limits.ts'

test('by default at least 2,000 connections may be open, where files may be', () => {
  expect(REST_LIMITS.maxConnections).toBeGreaterThanOrEqual(2_000)
  expect(connectionsWithin(REST_LIMITS.maxConnections, undefined)).toBe(REST_LIMITS.maxConnections)
  expect(connectionsWithin(REST_LIMITS.maxConnections, 1_048_576)).toBe(REST_LIMITS.maxConnections)
})

test.each([
  // limit − 512, and never less than half of it
  [4_096, 3_584],
  [1_024, 512],
  [256, 128],
  [1, 1],
])('with %i descriptors there are %i for connections', (descriptors, connections) => {
  expect(connectionsWithin(REST_LIMITS.maxConnections, descriptors)).toBe(connections)
})

test('the limit of descriptors is read as Linux tells it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wadi-limits-'))
  const file = join(folder, 'limits')
  // A line of /proc/self/limits, proc(5).
  const line = (soft: string) =>
    `Max open files            ${soft.padEnd(20)} 1048576              files     \n`
  try {
    writeFileSync(
      file,
      `Limit                     Soft Limit           Hard Limit           Units     \n${line('2048')}`,
    )
    expect(descriptorLimit(file)).toBe(2_048)
    writeFileSync(file, line('unlimited'))
    expect(descriptorLimit(file)).toBeUndefined()
    expect(descriptorLimit(join(folder, 'nothing'))).toBeUndefined()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
