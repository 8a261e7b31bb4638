import { bech32 } from '@scure/base'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bech32Error, decodeBech32 } from './bech32.ts'

const prefixes = fc.constantFrom('wadi', 'wadivaloper', 'cosmos', 'a1b', 'x')
const letters = fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l', '1', 'b', 'Q', 'é', ' ')

/** What the library says of a text, by the rules of ours: that prefix, and lower case. */
function library(text: string, prefix: string): Uint8Array | undefined {
  try {
    const decoded = bech32.decode(text as `${string}1${string}`, 90)
    const bytes = bech32.fromWords(decoded.words)
    return decoded.prefix === prefix && text === text.toLowerCase() ? bytes : undefined
  } catch {
    return undefined
  }
}

function ours(text: string, prefix: string): Uint8Array | undefined {
  try {
    return decodeBech32(text, prefix)
  } catch (error) {
    expect(error).toBeInstanceOf(Bech32Error)
    return undefined
  }
}

test('what the library writes is read, and with any letter changed nothing is', () => {
  fc.assert(
    fc.property(
      prefixes,
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(),
      letters,
      (prefix, bytes, place, letter) => {
        const text = bech32.encode(prefix, bech32.toWords(bytes), 90)
        expect(ours(text, prefix)).toEqual(bytes)
        const at = place % text.length
        const changed = text.slice(0, at) + letter + text.slice(at + 1)
        expect(ours(changed, prefix)).toEqual(library(changed, prefix))
      },
    ),
    { numRuns: 2_000 },
  )
})

test('words with padding that is too long or not zero are refused, though their checksum is right', () => {
  fc.assert(
    fc.property(prefixes, fc.array(fc.nat(31), { maxLength: 60 }), (prefix, words) => {
      const text = bech32.encode(prefix, words, 90)
      expect(ours(text, prefix)).toEqual(library(text, prefix))
    }),
    { numRuns: 2_000 },
  )
})

test('lengths up to the limit are read, and one more is not', () => {
  const text = (words: number) => bech32.encode('wadi', new Array(words).fill(0), 200)
  expect([text(79), text(80)].map((each) => each.length)).toEqual([90, 91])
  // 79 words are 395 bits: 49 bytes and 3 bits of padding
  expect(ours(text(79), 'wadi')).toEqual(new Uint8Array(49))
  expect(ours(text(80), 'wadi')).toBeUndefined()
})
