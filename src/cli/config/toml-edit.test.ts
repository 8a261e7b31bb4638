import { parse } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { setInToml, TomlEditError, tomlAt, unsetInToml } from './toml-edit.ts'

const text = `# A file with comments.

title = "one"   # what it is called
list = [
  "a", # first
  "b",
]

[api]
# Whether it listens.
enable = true
address = "tcp://127.0.0.1:1317"

[p2p.inner]
"quoted" = 1
`

describe('setting a key of a TOML file', () => {
  test('changes its value and leaves everything else as it was', () => {
    expect(setInToml(text, ['title'], 'two')).toBe(text.replace('"one"', '"two"'))
    expect(setInToml(text, ['api', 'enable'], false)).toBe(text.replace('enable = true', 'enable = false'))
    expect(setInToml(text, ['p2p', 'inner', 'quoted'], 2)).toBe(text.replace('"quoted" = 1', 'quoted = 2'))
  })

  test('replaces a value of several lines', () => {
    const changed = setInToml(text, ['list'], ['c'])
    expect(parse(changed)).toEqual({ ...parse(text), list: ['c'] })
    expect(changed).toContain('\n\n[api]\n# Whether it listens.\nenable = true\n')
  })

  test('puts a new key behind those of its section, or into a new section', () => {
    expect(setInToml(text, ['more'], 1)).toBe(text.replace(']\n\n[api]', ']\nmore = 1\n\n[api]'))
    expect(setInToml(text, ['api', 'cors'], true)).toBe(text.replace('1317"\n', '1317"\ncors = true\n'))
    expect(setInToml(text, ['grpc', 'enable'], true)).toBe(`${text}\n[grpc]\nenable = true\n`)
    expect(parse(setInToml('', ['a', 'b'], 'x'))).toEqual({ a: { b: 'x' } })
    expect(parse(setInToml('# only a comment\n', ['a'], 'x'))).toEqual({ a: 'x' })
  })

  test('escapes what a text has in it', () => {
    const odd = 'a "b" \\ c # d\n[api]\nenable = false'
    expect(tomlAt(parse(setInToml(text, ['title'], odd)), ['title'])).toBe(odd)
    expect(tomlAt(parse(setInToml(text, ['title'], odd)), ['api', 'enable'])).toBe(true)
  })

  test('is refused where the file has another form, or none', () => {
    expect(() => setInToml('api = { enable = true }\n', ['api', 'enable'], false)).toThrow(TomlEditError)
    expect(() => setInToml('this is no TOML\n', ['a'], 'x')).toThrow(
      'line 1 is none that this program can change',
    )
    expect(() => setInToml('a = [\n', ['b'], 'x')).toThrow(TomlEditError)
  })
})

test('unsetting a key takes its lines out, and nothing else', () => {
  expect(unsetInToml(text, ['api', 'enable'])).toBe(text.replace('enable = true\n', ''))
  const { list: _, ...rest } = parse(text)
  expect(parse(unsetInToml(text, ['list']))).toEqual(rest)
  expect(unsetInToml(text, ['absent'])).toBe(text)
})
