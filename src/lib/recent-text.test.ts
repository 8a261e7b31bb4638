import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EncodingError, utf8 } from './bytes.ts'
import { recentText } from './recent-text.ts'

const around = (bytes: Uint8Array) => Uint8Array.of(120, 255, ...bytes, 200, 120)

test('a text is read as the host reads it, wherever it stands and however often', () => {
  const part = fc.oneof(fc.string({ maxLength: 70 }), fc.string({ unit: 'grapheme', maxLength: 30 }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      for (const text of [...parts, ...parts]) {
        const bytes = utf8(text.toWellFormed())
        expect(recentText(around(bytes), 2, 2 + bytes.length)).toBe(new TextDecoder().decode(bytes))
      }
    }),
  )
})

test('texts that share a slot are told apart', () => {
  // Same length and same last four characters: the same slot.
  const [one, other] = ['a-same', 'b-same'].map(utf8) as [Uint8Array, Uint8Array]
  for (let i = 0; i < 3; i++) {
    expect(recentText(one, 0, 6)).toBe('a-same')
    expect(recentText(other, 0, 6)).toBe('b-same')
  }
})

test.each([
  ['a stray continuation', [0x61, 0x80]],
  ['a lone surrogate', [0xed, 0xa0, 0x80]],
  ['an overlong zero', [0xc0, 0x80]],
])('%s is refused, also where it is long', (_, bytes) => {
  expect(() => recentText(Uint8Array.from(bytes), 0, bytes.length)).toThrow(EncodingError)
  const long = Uint8Array.from([...new Uint8Array(80).fill(97), ...bytes])
  expect(() => recentText(long, 0, long.length)).toThrow(EncodingError)
})
