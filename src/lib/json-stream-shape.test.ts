import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from '#lib/bytes.ts'
import { JsonScanner } from '#lib/json-stream.ts'
import { JsonShapes } from '#lib/json-stream-shape.ts'

const read = (text: string, options = {}): unknown[] => {
  const scanner = new JsonScanner(utf8(text), options)
  const values: unknown[] = []
  scanner.elements(() => values.push(scanner.value()))
  scanner.end()
  return values
}

test('rows that look alike are what JSON.parse makes of them', () => {
  // Strings with quotes, escapes, control characters and text beyond ASCII among plain ones.
  const content = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '~'), maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom('"', '\\', 'é', '\n', '\u007f', '\ud800', '{}[],:') },
  )
  const scalar = fc.oneof(content, content, content, fc.constantFrom(null, true, false, 0, -1.5e3))
  const { row } = fc.letrec((tie) => ({
    row: fc.oneof(
      { weight: 2, arbitrary: scalar },
      { weight: 1, arbitrary: fc.array(tie('row'), { maxLength: 2 }) },
      {
        weight: 2,
        arbitrary: fc.dictionary(fc.constantFrom('a', 'b', '@type', 'é', '__proto__', 'x"y'), tie('row'), {
          maxKeys: 3,
        }),
      },
    ),
  }))
  const indent = fc.constantFrom(0, 2, '\t')
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 4 }),
      fc.array(fc.nat(3), { maxLength: 12 }),
      indent,
      (rows, picks, by) => {
        // The same few rows again and again, and their likes with other texts.
        const varied = picks.flatMap((pick) => {
          const text = JSON.stringify(rows[pick] ?? {})
          return [text, text.replaceAll('a', 'bb'), text.replaceAll('b', '')].map((each) => tryParse(each))
        })
        const text = JSON.stringify(varied, null, by)
        expect(read(text)).toEqual(JSON.parse(text))
      },
    ),
    { numRuns: 300 },
  )
})

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

test('a shape once met is read without the general reader', () => {
  const shapes = new JsonShapes()
  const first = utf8('{"a":"x","b":[1,{"c":"y"}]}')
  const second = utf8('{"a":"other","b":[1,{"c":""}]},')
  expect(shapes.read(first, 0, first.length, 1)).toBeUndefined()
  shapes.learn(first, 0, first.length, 1)
  expect(shapes.read(second, 0, second.length, 1)).toEqual({ a: 'other', b: [1, { c: '' }] })
  expect(shapes.end).toBe(second.length - 1)
  // At another depth, or cut short, it is another matter.
  expect(shapes.read(second, 0, second.length, 2)).toBeUndefined()
  expect(shapes.read(second, 0, second.length - 2, 1)).toBeUndefined()
})

test.each([
  ['{"a":"x","a":"y"}', 'a key twice'],
  ['{"a":"\\u0041"}', 'an escape'],
  ['{"__proto__":"x"}', 'a key that is no ordinary property'],
  ['"x"', 'no list and no object'],
])('%s has no shape: %s', (text) => {
  const shapes = new JsonShapes()
  const bytes = utf8(text)
  shapes.learn(bytes, 0, bytes.length, 0)
  expect(shapes.read(bytes, 0, bytes.length, 0)).toBeUndefined()
})

test.each([
  ['[{"a":"x"},{"a":"x"]', 'bracket'],
  ['[{"a":"x"},{"a":"x}]', 'does not end'],
  ['[{"a":"x"},{"a":"x\n"}]', '[1]'],
  ['[{"a":"x"},{"a" "x"}]', '[1]'],
  ['[{"a":"x"}{"a":"y"}]', 'a comma or ]'],
])('what is no JSON is refused behind rows that are: %s', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

test('limits hold for rows of a known shape too', () => {
  const text = JSON.stringify([{ a: 'x' }, { a: 'x'.repeat(50) }])
  expect(() => read(text, { maxValueBytes: 40 })).toThrow('a value of 58 bytes is above the limit of 40')
})
