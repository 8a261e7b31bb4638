/** Each hand-written rule catches what it is for and lets its neighbour pass. */
import { describe, expect, test } from 'vitest'
import { exportedNames, lockProblems, manifestProblems } from './files.ts'
import { importsOf, layerProblems, moduleOrder, portabilityProblems } from './layers.ts'
import * as text from './text.ts'

const order = ['auth', 'bank', 'asset']
const layer = (path: string, from: string) =>
  layerProblems({ path, text: `import { x } from '${from}'\n` }, order).length

describe('layers', () => {
  test.each([
    ['src/lib/a.ts', '../kernel/b.ts'],
    ['src/kernel/a.ts', '../store/b.ts'],
    ['src/kernel/a.ts', '#kernel'],
    ['src/kernel/a.ts', 'ws'],
    ['src/store/a.ts', '../app/b.ts'],
    ['src/client/a.ts', '../cli/b.ts'],
    ['src/client/a.ts', '#kernel'],
    ['src/app/a.ts', '../abci/server.ts'],
    ['src/kernel/a.ts', '../abci/types.ts'],
    ['src/cli/a.ts', '#modules/chain.ts'],
    ['src/app/a.test.ts', '#modules/bank/api.ts'],
    ['src/query/routes.ts', '#modules/chain.ts'],
    ['src/elsewhere/a.ts', '#kernel'],
    ['modules/bank/a.ts', '../../src/store/b.ts'],
    ['modules/bank/a.ts', '../../src/kernel/errors.ts'],
    ['modules/bank/a.ts', '#modules/asset/api.ts'],
    ['modules/bank/a.ts', '../auth/state.ts'],
    ['modules/bank/a.ts', 'ws'],
    ['modules/gov/a.ts', '#modules/auth/api.ts'],
  ])('%s may not import %s', (path, from) => expect(layer(path, from)).toBe(1))

  test.each([
    ['src/lib/a.ts', 'node:crypto'],
    ['src/kernel/a.ts', '#lib/bytes.ts'],
    ['src/kernel/a.ts', '@bufbuild/protobuf/wire'],
    ['src/store/a.ts', '../kernel/kv.ts'],
    ['src/cli/a.ts', '../client/client.ts'],
    ['src/app/a.ts', '../abci/types.ts'],
    ['src/bin/wadi.ts', '#modules/chain.ts'],
    ['src/query/worker.ts', '#modules/chain.ts'],
    ['src/app/a.test.ts', '../testing/chain.ts'],
    ['modules/bank/a.ts', '#modules/auth/api.ts'],
    ['modules/asset/msgs/b.ts', '../../bank/api.ts'],
    ['modules/bank/a.ts', './state.ts'],
    ['modules/bank/a.ts', '#kernel'],
    ['modules/chain.ts', './bank/module.ts'],
  ])('%s may import %s', (path, from) => expect(layer(path, from)).toBe(0))

  test('type imports, re-exports, side effects and dynamic imports all count', () => {
    const found = importsOf({
      path: 'src/lib/a.ts',
      text: [
        "import type { A } from './a1.ts'",
        "export { b } from './a2.ts'",
        "import './a3.ts'",
        "const c = await import('./a4.ts')",
        'import {\n  d,\n  e,\n} from "./a5.ts"',
        " * import { x } from './a-comment.ts'",
      ].join('\n'),
    })
    expect(found.map(({ target }) => target)).toEqual([1, 2, 3, 4, 5].map((n) => `src/lib/a${n}.ts`))
    expect(found[4]?.line).toBe(5)
  })

  test('the order of modules is the order of the list, not of the imports', () => {
    const imports = "import { bank } from './bank/module.ts'\nimport { auth } from './auth/module.ts'\n"
    const chain = `${imports}export const chain = [auth, bank]\n`
    expect(moduleOrder({ path: 'modules/chain.ts', text: chain })).toEqual(['auth', 'bank'])
  })

  test('what the client loads is followed through the files it imports', () => {
    const client = { path: 'src/client/a.ts', text: "import { x } from '#lib/x.ts'\n" }
    const leaf = { path: 'src/lib/x.ts', text: "import { hash } from 'node:crypto'\nBuffer.from(x)\n" }
    expect(portabilityProblems([client, leaf])).toHaveLength(2)
    expect(portabilityProblems([leaf])).toEqual([])
  })
})

describe('text', () => {
  const source = (body: string, path = 'src/lib/a.ts') => ({ path, text: body })

  test('a file of 301 lines is too long and one of 300 is not', () => {
    expect(text.fileLength(source('\n'.repeat(301)))).toHaveLength(1)
    expect(text.fileLength(source('\n'.repeat(300)))).toEqual([])
  })

  test('a line of 121 columns is too wide and one of 120 is not', () => {
    expect(text.lineWidth(source('é '.repeat(61)))).toHaveLength(1)
    expect(text.lineWidth(source(`x = ${'a'.repeat(64)} ${'b'.repeat(64)}`))).toEqual([])
    expect(text.lineWidth(source('é '.repeat(60)))).toEqual([])
  })

  test.each([
    'src/lib/camelCase.ts',
    'src/lib/utils.ts',
    'modules/Bank/a.ts',
    'docs/Guide.md',
    'src/lib/a_b.ts',
  ])('%s is refused as a file name', (path) => expect(text.fileName(source('', path))).toHaveLength(1))

  test.each(['src/lib/fixed-point.ts', 'README.md', 'proto/wadi/asset/v1/tx.proto', '.ci/a.md', 'a.test.ts'])(
    '%s is accepted as a file name',
    (path) => expect(text.fileName(source('', path))).toEqual([]),
  )

  test('unfinished business, folders of one machine and registries are found', () => {
    expect(text.words(source(`// ${'TO'}DO later`))).toHaveLength(1)
    expect(text.words(source('// it utilizes a whitelist'))).toHaveLength(2)
    expect(text.places(source(`read('/${'home'}/me/x')`))).toHaveLength(1)
    expect(text.places(source(`https://${'registry'}.example.org/x`))).toHaveLength(1)
    expect(text.places(source("fetch('/home') // ~/work/x"))).toEqual([])
  })

  test('Markdown titles are counted outside code, and links may not leave the project', () => {
    expect(text.markdown(source('# A\n\n```sh\n# comment\n```\n', 'docs/a.md'))).toEqual([])
    expect(text.markdown(source('# A\n\n# B\n', 'docs/a.md'))).toHaveLength(1)
    expect(text.markdown(source('# A\n\n[x](../README.md)\n', 'docs/a.md'))).toEqual([])
    expect(text.markdown(source('# A\n\n[x](../other/x.md)\n', 'a.md'))).toHaveLength(1)
  })

  test('the changelog knows three headings in one order', () => {
    const page = (body: string) => text.changelog(source(`# Changelog\n\n${body}`, 'CHANGELOG.md')).length
    expect(page('## Unreleased\n\n### State machine\n\n- a\n\n### API\n\n- b\n')).toBe(0)
    expect(page('## 0.1.0 — 2026-11-20\n\n### Internals\n\n- a\n')).toBe(0)
    expect(page('## Unreleased\n\n### API\n\n- a\n\n### State machine\n\n- b\n')).toBe(1)
    expect(page('## Unreleased\n\n### Features\n\n- a\n')).toBe(1)
    expect(page('## Unreleased\n\n### API\n\n### Internals\n\n- a\n')).toBe(1)
    expect(page('## next week\n')).toBe(1)
    expect(page('')).toBe(1)
  })

  test('a module page misses a table', () => {
    const markers = text.tables.map((name) => `<!-- table:${name} -->\n<!-- /table -->\n`)
    expect(text.moduleReadme(source(markers.join('')))).toEqual([])
    expect(text.moduleReadme(source(markers.slice(1).join('')))).toHaveLength(1)
  })

  test('silenced tests and one-word names are found', () => {
    const file = (body: string) => source(body, 'src/lib/a.test.ts')
    expect(
      text.silencedTests(file("test.only('a b', f)\ndescribe.skip('a b', f)\ntest.skipIf(c)('a b', f)")),
    ).toHaveLength(3)
    expect(text.silencedTests(file('context.skip()\n  t.skip(slow)'))).toHaveLength(2)
    expect(
      text.silencedTests(file("context.skip('no Go here')\n  t.skip(slow, 'slow')\nreader.skip(4)")),
    ).toEqual([])
    expect(text.testNames(file("test('works', f)\ntest.each(rows)('sends', f)"))).toHaveLength(2)
    expect(
      text.testNames(file("test('it works', f)\ntest.each(rows)('%s sends', f)\npattern.test('x')")),
    ).toEqual([])
  })
})

describe('packages', () => {
  test('an address, a loose version and another pinned version are found', () => {
    const scure = { 'node_modules/@scure/base': { version: '2.2.0' } }
    expect(lockProblems({ packages: scure })).toEqual([])
    expect(lockProblems({ packages: { ...scure, a: { resolved: 'https://somewhere/a.tgz' } } })).toHaveLength(
      1,
    )
    expect(lockProblems({ packages: { 'node_modules/@scure/base': { version: '2.3.0' } } })).toHaveLength(1)
    expect(lockProblems({ packages: {} })).toHaveLength(1)
    expect(manifestProblems({ dependencies: { '@scure/base': '2.2.0' } })).toEqual([])
    expect(manifestProblems({ dependencies: { '@scure/base': '^2.2.0' } })).toHaveLength(2)
  })

  test('the names of a façade are read with their types', () => {
    expect(exportedNames("export { b, type C } from './x.ts'\nexport type { A } from './y.ts'\n")).toEqual([
      'b',
      'type A',
      'type C',
    ])
  })
})
