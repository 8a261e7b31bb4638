import { expect, test } from 'vitest'
import { genesisBytes, goMemoryLimit } from './go-memory.ts'

test('CometBFT gets a gigabyte and a half, and more where a large genesis lives in it', () => {
  expect(goMemoryLimit(0)).toBe('1536MiB')
  expect(goMemoryLimit(5_000_000)).toBe('1536MiB')
  // 1024 + 128 MiB, and 3 × 270,000,000 bytes, which are 772.5 MiB.
  expect(goMemoryLimit(270_000_000)).toBe('1925MiB')
})

test('a genesis file that is not there counts nothing', () => {
  expect(genesisBytes('/nowhere/genesis.json')).toBe(0)
})
