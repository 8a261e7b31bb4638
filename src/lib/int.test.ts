import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addU256, IntError, MAX_U64, MAX_U256, mulU256, parseUint, subU256, toSafeNumber } from './int.ts'

const amounts = fc.bigInt({ min: 0n, max: MAX_U256 })

test('the greatest values are those of 64 and 256 bits', () => {
  expect(MAX_U64).toBe(18446744073709551615n)
  expect(MAX_U256.toString(16)).toBe('f'.repeat(64))
})

test('parseUint reads every amount it can print', () => {
  fc.assert(fc.property(amounts, (value) => parseUint(value.toString(), 256) === value))
})

test('parseUint refuses 2^bits and takes the value below', () => {
  expect(parseUint('18446744073709551615', 64)).toBe(MAX_U64)
  expect(() => parseUint('18446744073709551616', 64)).toThrow('"18446744073709551616" is not below 2^64')
  expect(() => parseUint((MAX_U256 + 1n).toString(), 256)).toThrow(IntError)
})

test.each([
  '',
  '-1',
  '-0',
  '+1',
  '00',
  '007',
  '0x10',
  '0b1',
  '0o7',
  '1_000',
  ' 1',
  '1 ',
  '1\n',
  '1e3',
  '1.0',
  '١',
  '１',
])('parseUint refuses %j', (text) => {
  expect(() => parseUint(text, 256)).toThrow(IntError)
})

test('parseUint refuses a text of a megabyte without reading it', () => {
  expect(() => parseUint('9'.repeat(1_000_000), 256)).toThrow('(1000000 characters)')
})

test('sums, differences and products stay within 0 and 2^256 - 1', () => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      expectOrRefuse(a + b, () => addU256(a, b))
      expectOrRefuse(a - b, () => subU256(a, b))
      expectOrRefuse(a * b, () => mulU256(a, b))
    }),
  )
  expect(addU256(MAX_U256 - 1n, 1n)).toBe(MAX_U256)
  expect(() => addU256(MAX_U256, 1n)).toThrow(IntError)
  expect(() => subU256(1n, 2n)).toThrow('1 - 2 is not within 0…2^256-1')
  expect(mulU256(2n ** 128n, 2n ** 127n)).toBe(2n ** 255n)
  expect(() => mulU256(2n ** 128n, 2n ** 128n)).toThrow(IntError)
})

test('negative operands are refused even where the result would fit', () => {
  expect(() => addU256(-1n, 2n)).toThrow(IntError)
  expect(() => addU256(2n, -1n)).toThrow(IntError)
  expect(() => subU256(1n, -1n)).toThrow(IntError)
  expect(() => mulU256(-1n, -1n)).toThrow(IntError)
})

test('toSafeNumber refuses what a number would round', () => {
  expect(toSafeNumber(9007199254740991n)).toBe(9007199254740991)
  expect(() => toSafeNumber(9007199254740992n)).toThrow(IntError)
  expect(() => toSafeNumber(-9007199254740992n)).toThrow(IntError)
})

function expectOrRefuse(exact: bigint, compute: () => bigint): void {
  if (exact >= 0n && exact <= MAX_U256) expect(compute()).toBe(exact)
  else expect(compute).toThrow(IntError)
}
