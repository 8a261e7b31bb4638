import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal, DecimalError } from './decimal.ts'

const decimals = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map((atoms) => Decimal.fromAtoms(atoms))
const d = Decimal.parse

describe('text', () => {
  test('is read and written back', () => {
    fc.assert(fc.property(decimals, (value) => d(`${value}`).atoms === value.atoms))
  })
  test('always has 18 digits after the point', () => {
    expect(`${d('-1')}`).toBe('-1.000000000000000000')
    expect(`${d('0.5')}`).toBe('0.500000000000000000')
    expect(`${d('-0')}`).toBe('0.000000000000000000')
  })
  test.each([
    '',
    '-',
    '.',
    '1.',
    '.5',
    '+1',
    '1.0000000000000000000',
    '1.2.3',
    '1e2',
    ' 1',
    '0x1',
    '1_0',
    '1\n',
  ])('refuses %j', (text) => {
    expect(() => d(text)).toThrow(DecimalError)
  })
  test('refuses 2^256 and takes what is one atom below', () => {
    const limit = 2n ** 256n
    expect(`${d(`${limit - 1n}.999999999999999999`)}`).toBe(`${limit - 1n}.999999999999999999`)
    expect(() => d(`${limit}`)).toThrow('decimal out of range')
    expect(() => d(`-${limit}`)).toThrow('decimal out of range')
  })
  test('the protobuf form is the number of atoms', () => {
    expect(d('-1.5').toProto()).toBe('-1500000000000000000')
    expect(Decimal.fromProto('1').atoms).toBe(1n)
    expect(() => Decimal.fromProto('1.5')).toThrow(DecimalError)
    expect(() => Decimal.fromProto('')).toThrow(DecimalError)
  })
})

describe('rounding', () => {
  // Half to even: 0.5 → 0, 1.5 → 2, 2.5 → 2, and the same mirrored.
  test.each([
    ['0.5', 0n],
    ['1.5', 2n],
    ['2.5', 2n],
    ['-0.5', 0n],
    ['-1.5', -2n],
    ['-2.5', -2n],
    ['2.500000000000000001', 3n],
  ])('of %s to a whole number gives %s', (text, whole) => {
    expect(d(text).roundInt()).toBe(whole)
  })
  test.each([
    ['0.000000000000000001', '1'],
    ['-0.9', '0'],
    ['2', '2'],
    ['-2', '-2'],
  ])('up of %s gives %s', (text, whole) => {
    expect(`${d(text).ceil()}`).toBe(`${d(whole)}`)
  })
  test('of products differs by variant only where there is a rest', () => {
    const atom = Decimal.fromAtoms(1n)
    expect(atom.mul(d('0.5')).atoms).toBe(0n)
    expect(atom.mulRoundUp(d('0.5')).atoms).toBe(1n)
    expect(atom.mulTruncate(d('0.9')).atoms).toBe(0n)
    expect(atom.neg().mulRoundUp(d('0.5')).atoms).toBe(0n)
  })
  test('the truncated quotient times the divisor is never beyond the dividend', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        fc.pre(b.atoms !== 0n)
        const rest = a.atoms * 10n ** 18n - a.quoTruncate(b).atoms * b.atoms
        const size = (value: bigint) => (value < 0n ? -value : value)
        return size(rest) < size(b.atoms) && (rest === 0n || rest < 0n === a.atoms < 0n)
      }),
    )
  })
})

test('results beyond the range and divisions by zero are refused', () => {
  const most = Decimal.fromInt(2n ** 256n - 1n)
  expect(() => most.add(Decimal.one)).toThrow(DecimalError)
  expect(() => most.neg().sub(Decimal.one)).toThrow(DecimalError)
  expect(() => most.mul(d('2'))).toThrow(DecimalError)
  expect(() => most.quo(d('0.5'))).toThrow(DecimalError)
  for (const divide of ['quo', 'quoTruncate', 'quoRoundUp'] as const) {
    expect(() => Decimal.one[divide](Decimal.zero)).toThrow('division by zero')
  }
})

test('basis points are ten-thousandths', () => {
  expect(`${Decimal.fromBasisPoints(250n)}`).toBe('0.025000000000000000')
})

test('the square root of 2 is right to the last digit but one', () => {
  // 1.41421356237309504880…
  expect(`${d('2').approxSqrt()}`).toMatch(/^1\.41421356237309504/)
  expect(`${d('-4').approxSqrt()}`).toBe('-2.000000000000000000')
})
