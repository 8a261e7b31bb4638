import { expect, test } from 'vitest'
import { parseBlockTime, parseDuration } from './duration.ts'

const DAY_MS = 86_400_000

test.each([
  ['200ms', 200],
  ['1s', 1_000],
  ['1.5s', 1_500],
  ['10m', 600_000],
  ['24h', DAY_MS],
  ['7d', 7 * DAY_MS],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text, '--window', 30 * DAY_MS)).toBe(ms)
})

test.each(['', '1', 's', '0s', '-1s', '1.5ms', '31d', '1e3s', '1 s', '10w', '99999999999s'])(
  '%j is refused',
  (text) => {
    expect(() => parseDuration(text, '--window', 30 * DAY_MS)).toThrow(`--window ${text} is not a duration`)
  },
)

test('blocks are at most an hour apart', () => {
  expect(parseBlockTime('1h')).toBe(3_600_000)
  expect(() => parseBlockTime('61m')).toThrow('--block-time 61m is not a duration')
})
