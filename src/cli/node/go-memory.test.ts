import { expect, test } from 'vitest'
import { genesisBytes, goMemoryLimit } from './go-memory.ts'

test('CometBFT gets a gigabyte, and more where a large genesis lives in it', () => {
  expect(goMemoryLimit(0)).toBe('1024MiB')
  expect(goMemoryLimit(5_000_000)).toBe('1024MiB')
  // 512 + 128 MiB, and 2.5 × 305,000,000 bytes, which are 727.2 MiB.
  expect(goMemoryLimit(305_000_000)).toBe('1368MiB')
})

test('a genesis file that is not there counts nothing', () => {
  expect(genesisBytes('/nowhere/genesis.json')).toBe(0)
})
