/** The fences of the house, as tests. CONTRIBUTING.md says what each of them is for. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lintFixtures, longFunctions, markedLines } from './tidy/biome.ts'
import { exportedNames, packageProblems } from './tidy/files.ts'
import { layerProblems, moduleOrder, portabilityProblems } from './tidy/layers.ts'
import type { Problem, Source } from './tidy/sources.ts'
import { readSources, root } from './tidy/sources.ts'
import * as text from './tidy/text.ts'

/** What is excused, and why. One that excuses nothing fails. */
const waivers: readonly { file: string; rule: string; reason: string }[] = [
  {
    file: 'src/cli/node/cometbft.ts',
    rule: 'layers',
    reason: 'one finder of CometBFT serves the CLI and set-up, which runs before any package is installed',
  },
  {
    file: 'src/cli/node/exit-reason.test.ts',
    rule: 'line width',
    reason: 'a regular expression stands whole',
  },
  {
    file: 'test/e2e/bad-input-disk.test.ts',
    rule: 'line width',
    reason: 'a regular expression stands whole',
  },
  { file: 'test/tidy/text.ts', rule: 'line width', reason: 'a regular expression stands whole' },
  { file: 'src/cli/node/setup.test.ts', rule: 'line width', reason: 'a line of a shell script stands whole' },
  {
    file: 'src/cli/node/setup.test.ts',
    rule: 'places',
    reason: 'the cache folder of each system, told from a home folder given to it',
  },
]

const sources = readSources()
const find = (path: string): Source | undefined => sources.find((source) => source.path === path)
const moduleFolders = [
  ...new Set(sources.flatMap(({ path }) => /^modules\/([^/]+)\/module\.ts$/.exec(path)?.[1] ?? [])),
]
const used = new Set<string>()

function clean(rule: string, problems: readonly Problem[]): void {
  const left = problems.filter(({ file }) => {
    const waived = waivers.some((waiver) => waiver.rule === rule && waiver.file === file)
    if (waived) used.add(`${rule} ${file}`)
    return !waived
  })
  expect(left.map(({ file, line, detail }) => `${file}${line === 0 ? '' : `:${line}`} ${detail}`)).toEqual([])
}

describe('layers', () => {
  const chain = find('modules/chain.ts')
  const order = chain === undefined ? [] : moduleOrder(chain)

  test('imports point down, and modules reach each other through api.ts only', () => {
    clean(
      'layers',
      sources.filter(({ path }) => path.endsWith('.ts')).flatMap((source) => layerProblems(source, order)),
    )
  })

  test('every module folder stands in chain.ts', () => {
    expect([...order].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(moduleFolders)
  })

  test('what wadi/client loads runs without Node', () => clean('portable', portabilityProblems(sources)))
})

describe('sizes and names', () => {
  test('files in src and modules stay within 300 lines', () => {
    clean('file length', sources.flatMap(text.fileLength))
  })

  test('functions in src and modules stay within 60 lines', () => clean('function length', longFunctions()))

  test('lines stay within 120 columns', () => clean('line width', sources.flatMap(text.lineWidth)))

  test('files are named in kebab-case, after the idea they hold', () => {
    clean('file name', sources.flatMap(text.fileName))
  })
})

describe('words', () => {
  test('no unfinished business and no words that say nothing', () =>
    clean('words', sources.flatMap(text.words)))

  test('no path of one machine and no package registry', () => clean('places', sources.flatMap(text.places)))

  test('a Markdown file has one title and no link out of the project', () => {
    clean('markdown', sources.flatMap(text.markdown))
  })

  test('the pages a reader looks for are there', () => {
    const pages = [
      'README',
      'ARCHITECTURE',
      'CONTRIBUTING',
      'COMPATIBILITY',
      'CHANGELOG',
      'SECURITY',
      'BENCHMARKS',
    ]
    expect(
      [...pages.map((page) => `${page}.md`), 'LICENSE'].filter((page) => find(page) === undefined),
    ).toEqual([])
  })

  test('the changelog has its three headings in order', () => {
    const source = find('CHANGELOG.md')
    expect(source, 'CHANGELOG.md').toBeDefined()
    if (source !== undefined) clean('changelog', text.changelog(source))
  })

  test('every module has a page with the tables that are written from its code', () => {
    const problems = moduleFolders.flatMap((folder) =>
      text.moduleReadme(
        find(`modules/${folder}/README.md`) ?? { path: `modules/${folder}/README.md`, text: '' },
      ),
    )
    clean('module page', problems)
  })
})

describe('tests', () => {
  test('a test that does not run says why', () => clean('silent test', sources.flatMap(text.silencedTests)))

  test('the name of a test is a sentence', () => clean('test name', sources.flatMap(text.testNames)))
})

describe('lint', () => {
  test('Biome refuses exactly the marked lines of the fixtures', () => {
    const marked = readdirSync(join(root, 'test/tidy/fixtures/lint')).flatMap(markedLines)
    const refused = lintFixtures().map(({ file, line, rule }) => `${file}:${line} ${rule}`)
    expect(marked.length).toBeGreaterThan(70)
    expect([...new Set(refused)].toSorted()).toEqual(marked.toSorted())
  })

  test('every plugin and every restriction has a fixture', () => {
    const covered = readdirSync(join(root, 'test/tidy/fixtures/lint')).flatMap(markedLines)
    const plugins = readdirSync(join(root, 'biome')).map((file) => file.replace('.grit', ''))
    const globals =
      find('biome.json')
        ?.text.match(/^ {18}"\w+": "/gm)
        ?.map((line) => line.trim().split('"')[1]) ?? []
    const fixture = find('biome.json') && covered.filter((mark) => mark.endsWith(' noRestrictedGlobals'))
    expect(plugins.filter((plugin) => !covered.some((mark) => mark.endsWith(` ${plugin}`)))).toEqual([])
    expect(globals.length).toBeGreaterThan(20)
    expect(fixture).toHaveLength(globals.length)
  })
})

describe('packages', () => {
  test('the lock file names no registry and pins what CosmJS needs', () =>
    clean('packages', packageProblems(sources)))

  test.each([
    { name: '#kernel', path: 'src/kernel.ts', names: 'tidy/kernel-names.txt' },
    { name: 'wadi/client', path: 'src/bin/client.ts', names: 'tidy/client-names.txt' },
    { name: 'wadi/testing', path: 'src/bin/testing.ts', names: 'tidy/testing-names.txt' },
  ])('the names of $name change only on purpose', async ({ path, names }) => {
    const facade = find(path)
    expect(facade, path).toBeDefined()
    await expect(`${exportedNames(facade?.text ?? '').join('\n')}\n`).toMatchFileSnapshot(names)
  })
})

test('every waiver is needed', () => {
  expect(waivers.filter(({ rule, file }) => !used.has(`${rule} ${file}`))).toEqual([])
})
