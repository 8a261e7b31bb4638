import { describe, expect, test } from 'vitest'
import { AppError, AssertionError, assert, errors, fail, registeredErrors } from './errors.ts'
import { sdk } from './sdk-errors.ts'

const err = errors('errorsTest', { notFound: [2, 'thing not found'], notOwner: [3, 'not the owner'] })

describe('a named error', () => {
  test('carries codespace, code and text, with the detail before it', () => {
    const error = err.notFound('7')
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ codespace: 'errorsTest', code: 2, description: 'thing not found' })
    expect(error.message).toBe('7: thing not found')
    expect(err.notOwner().message).toBe('not the owner')
  })

  test('is thrown in an expression', () => {
    expect(() => new Map<string, string>().get('eve') ?? fail(err.notOwner('eve'))).toThrow(
      'eve: not the owner',
    )
  })
})

describe('registering refuses', () => {
  test.each([0, 1, 1.5, -3])('the code %s', (code) => {
    expect(() => errors(`codes${code}`, { bad: [code, 'x'] })).toThrow(
      `codes${code}.bad: code ${code} is reserved or taken`,
    )
  })

  test('a code that is taken', () => {
    expect(() => errors('taken', { a: [2, 'x'], b: [2, 'y'] })).toThrow(
      'taken.b: code 2 is reserved or taken',
    )
  })

  test('a codespace that is taken', () => {
    expect(() => errors('errorsTest', {})).toThrow('codespace errorsTest is registered twice')
  })
})

test('all errors are known for the documentation', () => {
  expect(
    registeredErrors()
      .get('errorsTest')
      ?.map(({ code }) => code),
  ).toEqual([2, 3])
})

test('a broken assertion is not a named error', () => {
  expect(() => assert(false, 'the sum is wrong')).toThrow(AssertionError)
  expect(() => assert(true, 'fine')).not.toThrow()
  expect(new AssertionError('x')).not.toBeInstanceOf(AppError)
})

test('the root errors have the numbers of the Cosmos SDK', () => {
  // cosmos-sdk types/errors/errors.go: ErrTxDecode 2, ErrUnauthorized 4, ErrInsufficientFunds 5, ErrOutOfGas 11,
  // ErrInsufficientFee 13, ErrInvalidRequest 18, ErrKeyNotFound 22, ErrWrongSequence 32
  const { txDecode, unauthorized, insufficientFunds, outOfGas, insufficientFee } = sdk
  const { invalidRequest, keyNotFound, wrongSequence } = sdk
  const codes = [txDecode, unauthorized, insufficientFunds, outOfGas, insufficientFee].map(({ code }) => code)
  expect(codes).toEqual([2, 4, 5, 11, 13])
  expect([invalidRequest, keyNotFound, wrongSequence].map(({ code }) => code)).toEqual([18, 22, 32])
  expect(wrongSequence('account sequence mismatch, expected 1, got 0').message).toBe(
    'account sequence mismatch, expected 1, got 0: incorrect account sequence',
  )
})
