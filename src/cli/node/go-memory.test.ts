import { expect, test } from 'vitest'
import { genesisBytes, goMemoryLimit } from './go-memory.ts'

test('CometBFT gets a gigabyte, and more where a large genesis lives in it', () => {
  expect(goMemoryLimit(0)).toBe('1024MiB')
  expect(goMemoryLimit(5_000_000)).toBe('1024MiB')
  // 512 + 128 MiB, and 2.5 × 270,000,000 bytes, which are 643.7 MiB.
  expect(goMemoryLimit(270_000_000)).toBe('1284MiB')
})

test('a genesis file that is not there counts nothing', () => {
  expect(genesisBytes('/nowhere/genesis.json')).toBe(0)
})
