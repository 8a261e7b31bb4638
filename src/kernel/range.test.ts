import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prefixEnd } from './range.ts'

test.each([
  ['a', 'b'],
  ['a\xff', 'b'],
  ['ab\xff\xff', 'ac'],
  ['\xfe', '\xff'],
  ['\0', '\x01'],
  ['\xff', undefined],
  ['\xff\xff', undefined],
  ['', undefined],
])('what begins with %j ends before %j', (prefix, end) => {
  expect(prefixEnd(prefix)).toBe(end)
})

test('what begins with a prefix lies below its end, and nothing else from the prefix on does', () => {
  const bytes = fc.uint8Array({ maxLength: 5 }).map((raw) => String.fromCharCode(...raw))
  fc.assert(
    fc.property(bytes, bytes, (prefix, text) => {
      const end = prefixEnd(prefix)
      expect(text >= prefix && (end === undefined || text < end)).toBe(text.startsWith(prefix))
    }),
  )
})
