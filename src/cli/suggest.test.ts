import { expect, test } from 'vitest'
import { didYouMean, nearest } from './suggest.ts'

const words = ['node', 'chain-id', 'output', 'gas-prices']

test('the nearest word is the one with the fewest slips of the finger', () => {
  expect(nearest('noed', words)).toBe('node')
  expect(nearest('chainid', words)).toBe('chain-id')
  expect(nearest('OUTPUT', words)).toBe('output')
  expect(nearest('gas-price', words)).toBe('gas-prices')
})

test('what is no slip is not guessed at', () => {
  expect(nearest('home', ['output'])).toBeUndefined()
  expect(nearest('', words)).toBeUndefined()
  expect(nearest('x'.repeat(10_000), words)).toBeUndefined()
  expect(didYouMean('node', [])).toBe('')
  expect(didYouMean('noed', words)).toBe(' Did you mean node?')
})
