import { describe, expect, test } from 'vitest'
import { addressBytes } from '#lib/address.ts'
import { fromHex } from '#lib/bytes.ts'
import { AssertionError, assert } from '../kernel/errors.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { failureOf, INTERNAL, isFailure, mustHalt } from './failure.ts'

const caught = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}
const overflow = (): number => overflow() + 1

describe('a failure is', () => {
  const failure = (error: unknown) => failureOf(error, () => expect.unreachable())

  test('what a named error says', () => {
    expect(failure(sdk.unauthorized('eve'))).toEqual({ codespace: 'sdk', code: 4, log: 'eve: unauthorized' })
  })

  test('an invalid address for a text that is none', () => {
    const { code, codespace, log } = failure(caught(() => addressBytes('wadi1x')))
    expect([codespace, code]).toEqual(['sdk', 7])
    expect(log).toMatch(/: invalid address$/)
  })

  test('an invalid request for any other value that does not parse', () => {
    expect(failure(caught(() => fromHex('zz')))).toEqual({
      codespace: 'sdk',
      code: 18,
      log: 'not hex at digit 0: "zz": invalid request',
    })
  })

  test('told from a transaction by its codespace', () => {
    expect([isFailure(INTERNAL), isFailure({ bytes: [] })]).toEqual([true, false])
  })
})

test('an exception that nobody named is code 1, without a word of it', () => {
  const bugs: unknown[] = []
  const error = new TypeError('secret path')
  expect(failureOf(error, (bug) => bugs.push(bug))).toBe(INTERNAL)
  expect(failureOf('a string', (bug) => bugs.push(bug))).toEqual({
    codespace: 'undefined',
    code: 1,
    log: 'internal',
  })
  expect(bugs).toEqual([error, 'a string'])
})

describe('what must halt is thrown on:', () => {
  test.each<[string, unknown]>([
    ['a broken assertion', caught(() => assert(false, 'x'))],
    ['an overflow of the stack', caught(overflow)],
    ['an array longer than there can be', caught(() => new Array(2 ** 32))],
    ['a text longer than there can be', caught(() => 'x'.repeat(2 ** 30))],
    ['a buffer that cannot be had', caught(() => new ArrayBuffer(2 ** 53 - 1))],
    ['a typed array that cannot be had', caught(() => new Uint8Array(2 ** 53 - 1))],
  ])('%s', (_name, error) => {
    expect(mustHalt(error)).toBe(true)
    expect(() => failureOf(error, () => {})).toThrow((error as Error).message)
  })

  test('and nothing else', () => {
    expect(mustHalt(new RangeError('The number 1.5 cannot be converted to a BigInt'))).toBe(false)
    expect(mustHalt(caught(() => 1n / 0n))).toBe(false)
    expect(mustHalt(sdk.logic())).toBe(false)
    expect(mustHalt(new AssertionError('x'))).toBe(true)
  })
})
