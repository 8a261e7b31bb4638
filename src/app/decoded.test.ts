import { describe, expect, test } from 'vitest'
import { DecodedTxs } from './decoded.ts'
import type { DecodedTx } from './tx.ts'

/** A decoder that counts, and keeps the bytes it was given. */
function counting() {
  const seen: Uint8Array[] = []
  const decode = (bytes: Uint8Array): DecodedTx => {
    if (bytes[0] === 255) throw new RangeError('refused')
    seen.push(bytes)
    return { bytes, size: bytes.length } as DecodedTx
  }
  return { seen, txs: new DecodedTxs(decode) }
}

const tx = (fill: number, length: number) => new Uint8Array(length).fill(fill)

test('a transaction is decoded once, however often its bytes come', () => {
  const { seen, txs } = counting()
  const first = txs.get(tx(1, 300))
  expect(txs.get(tx(1, 300))).toBe(first)
  expect(txs.get(tx(2, 300))).not.toBe(first)
  expect(seen.length).toBe(2)
})

test('what is kept stays as it was when the bytes it came in are used for something else', () => {
  const { txs } = counting()
  const arrived = Array.from({ length: 100 }, (_, i) => tx(i, 100 + i))
  const kept = arrived.map((bytes) => txs.get(bytes))
  for (const bytes of arrived) bytes.fill(254)
  expect(kept.map(({ bytes }) => bytes)).toEqual(arrived.map((_, i) => tx(i, 100 + i)))
})

test('a transaction of up to 4 KiB is remembered, a longer one is decoded anew', () => {
  const { seen, txs } = counting()
  for (const length of [4_096, 4_096, 4_097, 4_097]) txs.get(tx(3, length))
  expect(seen.map(({ length }) => length)).toEqual([4_096, 4_097, 4_097])
})

test('transactions that differ far from their end only are told apart', () => {
  const { seen, txs } = counting()
  const [one, other] = [tx(1, 300), tx(1, 300).with(0, 7)]
  for (let i = 0; i < 3; i++) {
    expect(txs.get(one).bytes).toEqual(one)
    expect(txs.get(other).bytes).toEqual(other)
  }
  expect(seen.length).toBeGreaterThan(1)
})

test('what does not decode is refused each time and takes no place', () => {
  const { txs } = counting()
  expect(() => txs.get(tx(255, 50))).toThrow('refused')
  expect(() => txs.get(tx(255, 50))).toThrow('refused')
})

describe('memory that stays for small transactions', () => {
  /** Bytes of all the arrays that 64 transactions of 256 bytes keep, when `between` comes after each of them. */
  const kept = (between: (txs: DecodedTxs, i: number) => void): number => {
    const { txs } = counting()
    const buffers = new Set<ArrayBufferLike>()
    for (let i = 0; i < 64; i++) {
      buffers.add(txs.get(tx(i, 256)).bytes.buffer)
      between(txs, i)
    }
    return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  test('is no more because of what is refused between them', () => {
    const refused = (txs: DecodedTxs) => {
      for (let k = 0; k < 4; k++) expect(() => txs.get(tx(255, 4_096))).toThrow('refused')
    }
    expect(kept(refused)).toBe(64 * 256)
  })

  test('is no more because of others between them that all take one place', () => {
    const alike = (txs: DecodedTxs, i: number) => {
      for (let k = 0; k < 4; k++) txs.get(tx(200, 4_096).with(0, i).with(1, k))
    }
    // The first of those that are alike fills a piece of its own, in the midst of the four that the small ones need.
    expect(kept(alike)).toBeLessThanOrEqual(5 * 4_096)
  })
})

test('8 MiB of transactions are remembered at most, the latest 4 MiB surely', () => {
  const { seen, txs } = counting()
  const numbered = (i: number) => {
    const bytes = new Uint8Array(4_096)
    new DataView(bytes.buffer).setUint32(4_092, i)
    return bytes
  }
  for (let i = 0; i < 4_096; i++) txs.get(numbered(i)) // 16 MiB
  for (let i = 4_095; i >= 3_073; i--) txs.get(numbered(i))
  expect(seen.length).toBe(4_096)
  for (let i = 0; i < 2_048; i++) txs.get(numbered(i))
  expect(seen.length).toBe(6_144)
})
