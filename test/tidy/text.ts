import { posix } from 'node:path'
import type { Problem, Source } from './sources.ts'
import { isCode, isGenerated, isHouse, isTest, matches } from './sources.ts'

/** biome.json holds the third limit, 60 lines a function. */
export const limits = { fileLines: 300, lineColumns: 120 }

/** Not written by hand, or fixed by someone else: no word or width rule applies. */
const foreign = /^(?:LICENSE|package-lock\.json|src\/gen\/|test\/vectors\/[^/]+\.json|proto\/(?!wadi\/))/
const rules = /^test\/tidy(?:\.test\.ts$|\/)/

export function fileLength(source: Source): Problem[] {
  if (!isHouse(source.path)) return []
  const lines = source.text.split('\n').length - 1
  return lines > limits.fileLines ? [whole(source, `${lines} lines; split it by idea`)] : []
}

/** A digest or a key cannot be wrapped; everything else can. */
export function lineWidth(source: Source): Problem[] {
  if (!isCode(source.path) || isGenerated(source.path)) return []
  const found: Problem[] = []
  source.text.split('\n').forEach((text, index) => {
    const columns = [...text].length
    if (columns <= limits.lineColumns || /\w{40}/.test(text)) return
    found.push({ file: source.path, line: index + 1, detail: `${columns} columns` })
  })
  return found
}

/** Names are lower case words joined by hyphens; proto files keep the underscores of their tools. */
export function fileName({ path }: Source): Problem[] {
  if (!/\.(?:ts|mjs|grit|proto|md)$/.test(path) || isGenerated(path)) return []
  const allowed = path.endsWith('.proto')
    ? /^(?:[a-z0-9_]+\/)*[a-z0-9_]+\.proto$/
    : /^(?:\.?[a-z0-9]+(?:-[a-z0-9]+)*\/)*(?:[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.config|\.bench|\.fixture)?\.[a-z]+|[A-Z]+\.md)$/
  const found = allowed.test(path) ? [] : [{ file: path, line: 0, detail: 'name it in kebab-case' }]
  const vague = /\/(?:utils?|helpers?|misc|common)\.ts$/.test(path)
  return vague ? [...found, { file: path, line: 0, detail: 'name the idea it holds' }] : found
}

/** Each entry names its replacement. */
const bannedWords: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?:TO[D]O|FIX[M]E|XX[X])\b/g, 'do it, or write an issue'],
  [/\bwhite-?list/gi, 'allow list'],
  [/\bblack-?list/gi, 'deny list'],
  [/\butili[sz]e[sd]?\b/gi, 'use'],
  [/\bleverag(?:e[sd]?|ing)\b/gi, 'use'],
  [/\bseamless(?:ly)?\b/gi, 'say what happens'],
  [/\bblazing(?:ly)?\b/gi, 'give the figure'],
  [/\b(?:cutting-edge|world-class|best-in-class|state-of-the-art)\b/gi, 'say what it does'],
  [/\b(?:simply|obviously|needless to say)\b/gi, 'leave it out'],
  [/\bas an AI\b/gi, 'leave it out'],
]

export function words(source: Source): Problem[] {
  if (foreign.test(source.path) || rules.test(source.path)) return []
  return bannedWords.flatMap(([pattern, instead]) =>
    matches(source, pattern, ([word]) => `“${word}”: ${instead}`),
  )
}

/** Nothing may depend on one machine's folders or on where packages were fetched from. */
export function places(source: Source): Problem[] {
  if (foreign.test(source.path) && source.path !== 'package-lock.json') return []
  if (rules.test(source.path)) return []
  const folder = /(?<![\w.$}~])\/(?:work|root|home|Users|mnt)\/[\w.-]*/g
  const registry = /\b(?:registry\.[\w-]+\.\w+|[\w.-]*(?:artifactory|nexus)[\w.-]*\.\w+|proxy\.golang\.org)/g
  return [
    ...matches(source, folder, ([path]) => `${path} exists on one machine only`),
    ...matches(source, registry, ([host]) => `${host}: registries are the user's choice`),
  ]
}

/** Markdown: one title, no link that leaves the project. */
export function markdown(source: Source): Problem[] {
  if (!source.path.endsWith('.md')) return []
  const prose = source.text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ''))
  const titles = prose.split('\n').filter((line) => /^# /.test(line)).length
  const found = titles === 1 ? [] : [whole(source, `${titles} first-level titles instead of one`)]
  const leaves = matches(source, /(?:\.\.\/)+[\w./-]*/g, ([path]) => path).filter(({ detail }) =>
    posix.join(posix.dirname(source.path), detail).startsWith('..'),
  )
  return [...found, ...leaves.map((each) => ({ ...each, detail: `${each.detail} lies outside the project` }))]
}

export const changelogHeadings = ['State machine', 'API', 'Internals']

/** `## version` sections with some of the three headings, in their order, none of them empty. */
export function changelog(source: Source): Problem[] {
  const found: Problem[] = []
  const lines = source.text.split('\n')
  let last = -1
  lines.forEach((line, index) => {
    const at = (detail: string) => found.push({ file: source.path, line: index + 1, detail })
    if (line.startsWith('## ')) {
      last = -1
      if (!/^## (?:Unreleased|\d+\.\d+\.\d+(?: — \d{4}-\d{2}-\d{2})?)$/.test(line))
        at(`“${line}” is not a version`)
    }
    if (!line.startsWith('### ')) return
    const position = changelogHeadings.indexOf(line.slice(4))
    if (position <= last) at(`“${line}”: the headings are ${changelogHeadings.join(', ')}, in this order`)
    if (!/^(?:- |[A-Za-z`])/.test(lines.slice(index + 1).find((next) => next !== '') ?? ''))
      at(`${line} is empty`)
    last = position
  })
  return /^## /m.test(source.text) ? found : [...found, whole(source, 'no version section')]
}

export const tables = ['State', 'Messages', 'Queries', 'Events', 'Errors']

/** A module's page carries the markers between which `npm run readme` writes. */
export function moduleReadme(source: Source): Problem[] {
  return tables
    .filter(
      (name) => !source.text.includes(`<!-- table:${name} -->`) || !source.text.includes(`<!-- /table -->`),
    )
    .map((name) => whole(source, `no <!-- table:${name} --> … <!-- /table -->`))
}

/** A test that does not run has to say so where the run is read. */
export function silencedTests(source: Source): Problem[] {
  if (!isTest(source.path) || rules.test(source.path)) return []
  const marker = /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo|skipIf|runIf|fails)\b/g
  const silent = /\b(?:context|ctx|task|t)\.skip\((?:\s*|[^)'"`]*)\)/g
  return [
    ...matches(source, marker, ([call]) => `${call}: use context.skip('reason'), which prints it`),
    ...matches(source, silent, ([call]) => `${call} prints no reason`),
  ]
}

/** `test('keeps the sender order', …)`: a claim, not a label. */
export function testNames(source: Source): Problem[] {
  if (!isTest(source.path)) return []
  const named = /^\s*(?:test|it)(?:\.\w+(?:\([^\n]*?\))?)*\(\s*(['"`])((?:\\.|(?!\1)[^\\\n])*)\1\s*,/gm
  return matches(source, named, (match) => match[2] ?? '')
    .filter(({ detail }) => !/\S\s\S/.test(detail))
    .map((each) => ({ ...each, detail: `“${each.detail}” is not a sentence` }))
}

function whole(source: Source, detail: string): Problem {
  return { file: source.path, line: 0, detail }
}
