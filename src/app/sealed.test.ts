import { afterEach, describe, expect, test } from 'vitest'
import { AssertionError } from '../kernel/errors.ts'
import { sealed } from './sealed.ts'

const real = { Date, random: Math.random }
afterEach(() => expect([Date, Math.random]).toEqual([real.Date, real.random]))

describe('while sealed, nothing can be had of', () => {
  test.each<[string, () => unknown]>([
    ['Date.now()', () => Date.now()],
    ['new Date()', () => new Date()],
    ['new Date(0)', () => new Date(0)],
    ['Date()', () => Date()],
    ['Date.parse', () => Date.parse('2026-01-01')],
    ['instanceof Date', () => ({}) instanceof Date],
    ['Math.random()', () => Math.random()],
  ])('%s', (_name, work) => {
    expect(() => sealed(work)).toThrow(AssertionError)
    expect(() => sealed(work)).toThrow('was used while a block executed: validators would disagree')
  })
})

test('the result is handed on', () => {
  expect(sealed(() => 5)).toBe(5)
})

test('clock and chance come back after an exception', () => {
  expect(() =>
    sealed(() => {
      throw new RangeError('no')
    }),
  ).toThrow('no')
  expect(Date.now()).toBeGreaterThan(0)
  expect(Math.random()).toBeLessThan(1)
})

test('sealing within the sealed opens nothing when the inner one ends', () => {
  sealed(() => {
    sealed(() => {})
    expect(() => Math.random()).toThrow(AssertionError)
  })
})
