import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { vectors } from './run.ts'

let folder = ''
let printed: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-vectors-'))
  printed = []
  for (const stream of ['log', 'error'] as const) {
    vi.spyOn(console, stream).mockImplementation((line: string) => void printed.push(line))
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const one = '1.000000000000000000'
const decimals = (sum: string) => JSON.stringify({ cases: [{ a: one, b: one, add: sum }] })

test('a folder of equal vectors gives their count', async () => {
  writeFileSync(join(folder, 'legacy-dec.json'), decimals('2.000000000000000000'))
  expect(await vectors([folder])).toBe(0)
  expect(printed.at(-1)).toMatch(/^1 files +3 equal$/)
})

test('the first difference ends the run with exit code 1', async () => {
  writeFileSync(join(folder, 'legacy-dec.json'), decimals('3.000000000000000000'))
  expect(await vectors([folder])).toBe(1)
  expect(printed.join('\n')).toContain('legacy-dec.json: case 0')
})

test('a missing folder, an empty one, an unknown file and a damaged one are each named', async () => {
  const missing = join(folder, 'missing')
  expect([await vectors([missing]), printed.at(-1)]).toEqual([
    2,
    expect.stringContaining(`${missing}: cannot be read`),
  ])
  expect([await vectors([folder]), printed.at(-1)]).toEqual([2, expect.stringContaining('no .json files')])
  writeFileSync(join(folder, 'tx.json'), '{')
  expect([await vectors([folder]), printed.at(-1)]).toEqual([
    2,
    expect.stringContaining('tx.json: not a JSON file'),
  ])
  writeFileSync(join(folder, 'other.json'), '{}')
  expect([await vectors([folder]), printed.at(-1)]).toEqual([
    2,
    expect.stringContaining('no checker for other.json'),
  ])
})
