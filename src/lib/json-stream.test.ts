import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from '#lib/bytes.ts'
import { JsonScanner, type JsonScannerOptions, JsonSyntaxError } from '#lib/json-stream.ts'

const scan = (text: string, options?: JsonScannerOptions) => new JsonScanner(utf8(text), options)

/** Takes the value apart with the scanner alone. */
function rebuild(scanner: JsonScanner): unknown {
  const kind = scanner.kind()
  if (kind === 'object') {
    const entries: [string, unknown][] = []
    scanner.members((key) => entries.push([key, rebuild(scanner)]))
    return Object.fromEntries(entries)
  }
  if (kind !== 'array') return scanner.value()
  const items: unknown[] = []
  scanner.elements(() => items.push(rebuild(scanner)))
  return items
}

function problem(text: string, read: (scanner: JsonScanner) => void, options?: JsonScannerOptions): string {
  try {
    const scanner = scan(text, options)
    read(scanner)
    scanner.end()
  } catch (error) {
    if (error instanceof JsonSyntaxError) return `${error.path}|${error.offset}|${error.message}`
    throw error
  }
  return 'nothing'
}

const values = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })
const layout = fc.constantFrom(0, 1, '\t', ' \r\n')

describe('a JSON scanner', () => {
  test('gives the same value as JSON.parse, element by element or whole', () => {
    fc.assert(
      fc.property(values, layout, (value, space) => {
        const text =
          typeof space === 'string'
            ? ` ${JSON.stringify(value, null, 1).replaceAll('\n', `\n${space}`)}\n`
            : JSON.stringify(value, null, space)
        const parsed: unknown = JSON.parse(text)
        for (const read of [rebuild, (scanner: JsonScanner) => scanner.value()]) {
          const scanner = scan(text)
          expect(read(scanner)).toEqual(parsed)
          scanner.end()
        }
      }),
    )
  })

  test('skips exactly one value', () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        const scanner = scan(JSON.stringify([first, second]))
        const got: unknown[] = []
        scanner.elements((i) => {
          if (i === 1) got.push(scanner.value())
        })
        scanner.end()
        expect(got).toEqual([JSON.parse(JSON.stringify(second))])
      }),
    )
  })

  test('reads a span later, with its path', () => {
    const text = '{"app_state": {"bank": {"rows": [1, {"a": "ü"}]}, "auth": {}}}'
    const bytes = utf8(text)
    const scanner = new JsonScanner(bytes)
    const spans = new Map<string, { start: number; end: number; path: string }>()
    scanner.members(() => scanner.members((key) => spans.set(key, scanner.span())))
    expect([...spans.keys()]).toEqual(['bank', 'auth'])
    const span = spans.get('bank') as { start: number; end: number; path: string }
    // 26 bytes: 25 characters, and the ü has two bytes.
    expect(span).toEqual({ start: 23, end: 49, path: 'app_state.bank' })
    const paths: string[] = []
    const bank = new JsonScanner(bytes, { span })
    bank.members(() => bank.elements(() => paths.push(bank.path)))
    bank.end()
    expect(paths).toEqual(['app_state.bank.rows[0]', 'app_state.bank.rows[1]'])
  })

  test('understands escapes in keys and quotes in strings', () => {
    const text = '{"a\\"\\u0062": "]}\\\\", "c": ["\\"", "{"]}'
    expect(rebuild(scan(text))).toEqual({ 'a"b': ']}\\', c: ['"', '{'] })
    expect(scan(text).value()).toEqual({ 'a"b': ']}\\', c: ['"', '{'] })
  })

  test('names the path and the byte of what is wrong', () => {
    const all = (scanner: JsonScanner) => void rebuild(scanner)
    expect(problem('{"a": [1, 2 3]}', all)).toBe('a|12|a: a comma or ] is due at byte 12')
    expect(problem('{"ü": [1, nul]}', all)).toBe('ü[1]|11|ü[1]: what stands here is no JSON value at byte 11')
    expect(problem('{"a": 1, "a": 2}', all)).toBe('|12|document: the key "a" stands twice at byte 12')
    expect(problem('[1,]', all)).toBe('|3|document: a comma stands before the end of the list at byte 3')
    expect(problem('{"a" 1}', all)).toBe('a|5|a: a colon is due at byte 5')
    expect(problem('{a: 1}', all)).toBe('|1|document: a key in double quotes is due at byte 1')
    expect(problem('[1] 2', all)).toBe('|4|document: the document goes on after its end at byte 4')
    expect(problem('', all)).toBe('|0|document: the document ends too early at byte 0')
    expect(problem('["abc', all)).toBe('[0]|1|[0]: a string does not end at byte 1')
    expect(problem('{"a": [[1}]}', (s) => s.skip())).toBe('|9|document: a bracket does not match at byte 9')
    expect(problem('{"a": 1', (s) => s.skip())).toBe(
      '|7|document: the document ends inside brackets at byte 7',
    )
    expect(problem('[01]', all)).toContain('no JSON value')
    expect(problem('["\n"]', all)).toContain('[0]|1|')
    expect(problem('3', (s) => s.members(() => {}))).toBe('|0|document: an object is due at byte 0')
    expect(problem('3', (s) => s.elements(() => {}))).toBe('|0|document: an array is due at byte 0')
  })

  test('refuses invalid UTF-8 in what it reads', () => {
    const scanner = new JsonScanner(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))
    expect(() => scanner.value()).toThrow(JsonSyntaxError)
  })

  test('keeps its bounds: depth, length of a value, length of a key', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(problem(nested(64), (s) => s.skip())).toBe('nothing')
    expect(problem(nested(65), (s) => s.skip())).toBe('|64|document: deeper than 64 levels at byte 64')
    expect(problem(nested(64), (s) => void rebuild(s))).toBe('nothing')
    expect(problem(nested(65), (s) => void rebuild(s))).toContain('deeper than 64 levels at byte 64')
    expect(problem('["12345678"]', (s) => s.elements(() => s.value()), { maxValueBytes: 10 })).toBe('nothing')
    expect(problem('["123456789"]', (s) => s.elements(() => s.value()), { maxValueBytes: 10 })).toBe(
      '[0]|1|[0]: a value of 11 bytes is above the limit of 10 at byte 1',
    )
    expect(problem(`{"${'k'.repeat(1023)}": 1}`, (s) => s.members(() => {}))).toContain('a key is longer')
    expect(problem(`{"${'k'.repeat(1022)}": 1}`, (s) => s.members(() => {}))).toBe('nothing')
  })

  test('never crashes on damaged text: a typed error, or what JSON.parse says', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(255), (value, place, byte) => {
        const bytes = utf8(JSON.stringify(value))
        bytes[place % bytes.length] = byte
        let expected: unknown
        try {
          expected = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
        } catch {
          expected = JsonSyntaxError
        }
        const read = () => {
          const scanner = new JsonScanner(bytes)
          const result = scanner.value()
          scanner.end()
          return result
        }
        if (expected === JsonSyntaxError) expect(read).toThrow(JsonSyntaxError)
        else expect(read()).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })
})
