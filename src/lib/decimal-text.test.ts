import { expect, test } from 'vitest'
import { compareDecimals, type Decimal, inOrder, readDecimal } from './decimal-text.ts'

test.each([
  ['12', { digits: 12n, places: 0 }],
  ['-3', { digits: -3n, places: 0 }],
  ['+3', { digits: 3n, places: 0 }],
  ['2.50', { digits: 250n, places: 2 }],
  ['2.', { digits: 2n, places: 0 }],
  ['9'.repeat(200), { digits: 10n ** 200n - 1n, places: 0 }],
])('%s is read as written', (text, decimal) => {
  expect(readDecimal(text)).toEqual(decimal)
})

test.each(['', '.5', '1e3', '0x1', ' 1', '1awadi', 'NaN', '9'.repeat(201)])('%j is no number', (text) => {
  expect(readDecimal(text)).toBeUndefined()
})

test.each([
  ['2.50', '2.5', 0],
  ['-0', '0', 0],
  ['9007199254740993', '9007199254740992', 1],
  ['0.1', '0.10000000000000000000000001', -1],
  ['-2', '-1', -1],
])('%s against %s is %d', (a, b, sign) => {
  const [left, right] = [readDecimal(a) as Decimal, readDecimal(b) as Decimal]
  expect(compareDecimals(left, right)).toBe(sign)
  expect(compareDecimals(right, left)).toBe(0 - sign)
})

test('an order holds for its signs', () => {
  const signs = (order: Parameters<typeof inOrder>[0]) => [-1, 0, 1].map((sign) => inOrder(order, sign))
  expect(signs('=')).toEqual([false, true, false])
  expect(signs('<')).toEqual([true, false, false])
  expect(signs('<=')).toEqual([true, true, false])
  expect(signs('>')).toEqual([false, false, true])
  expect(signs('>=')).toEqual([false, true, true])
})
