import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clip,
  compareByteStrings,
  compareBytes,
  concat,
  EncodingError,
  equalBytes,
  fromBase64,
  fromByteString,
  fromHex,
  portableByteString,
  toBase64,
  toByteString,
  toHex,
  utf8,
  utf8Text,
} from './bytes.ts'

const arrays = fc.uint8Array({ maxLength: 200 })

describe('byte strings', () => {
  test('hold one byte per unit', () => {
    expect(toByteString(Uint8Array.of(0, 0x41, 0xff))).toBe('\u0000A\u00ff')
    expect(toByteString(new Uint8Array(0))).toBe('')
  })
  test('give their bytes back', () => {
    fc.assert(fc.property(arrays, (bytes) => equalBytes(fromByteString(toByteString(bytes)), bytes)))
  })
  test('are the same without help of the host, also beyond one chunk', () => {
    fc.assert(fc.property(arrays, (bytes) => portableByteString(bytes) === toByteString(bytes)))
    const long = Uint8Array.from({ length: 10_000 }, (_, i) => i % 256)
    expect(portableByteString(long)).toBe(toByteString(long))
  })
  test('of a view are those of the view only', () => {
    expect(toByteString(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe('\u0002\u0003')
  })
  test('refuse units that are no bytes', () => {
    expect(() => fromByteString('aā')).toThrow(EncodingError)
  })
  test('are ordered as their bytes are', () => {
    fc.assert(
      fc.property(arrays, arrays, (a, b) => {
        const order = Math.sign(Buffer.compare(a, b))
        return (
          Math.sign(compareBytes(a, b)) === order &&
          compareByteStrings(toByteString(a), toByteString(b)) === order &&
          equalBytes(a, b) === (order === 0)
        )
      }),
    )
  })
})

describe('hex', () => {
  test('agrees with the host', () => {
    fc.assert(fc.property(arrays, (bytes) => toHex(bytes) === Buffer.from(bytes).toString('hex')))
  })
  test('is read in either case', () => {
    expect(fromHex('00aBfF')).toEqual(Uint8Array.of(0, 0xab, 0xff))
  })
  test.each(['0', '0g', '0x00', ' 00', 'éé', '@0', '0`'])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(EncodingError)
  })
})

describe('base64', () => {
  test('agrees with the host', () => {
    fc.assert(fc.property(arrays, (bytes) => toBase64(bytes) === Buffer.from(bytes).toString('base64')))
  })
  test('gives its bytes back', () => {
    fc.assert(fc.property(arrays, (bytes) => equalBytes(fromBase64(toBase64(bytes)), bytes)))
  })
  // "QQ==" is "A"; "QR==" differs from it in bits that no byte holds.
  test.each(['QQ', 'QQ=', 'Q===', '====', 'QR==', 'QUJ=', 'Q Q=', 'QQ==QQ==', '-_8=', 'é===', 'A'])(
    'refuses %j',
    (text) => {
      expect(() => fromBase64(text)).toThrow(EncodingError)
    },
  )
})

describe('UTF-8', () => {
  test('is read as it was written, byte order mark included', () => {
    expect(utf8Text(utf8('\ufeffWadi ☀'))).toBe('\ufeffWadi ☀')
  })
  // a lone continuation byte; an overlong "/"; a surrogate half
  test.each(['80', 'c0af', 'eda080'])('refuses %s', (hex) => {
    expect(() => utf8Text(fromHex(hex))).toThrow(EncodingError)
  })
})

test('concat puts parts one after the other', () => {
  expect(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3))
})

test('clip shortens and escapes what goes into a message', () => {
  expect(clip('a\n')).toBe('"a\\n"')
  expect(clip('x'.repeat(101))).toBe(`"${'x'.repeat(100)}… (101 characters)"`)
})
