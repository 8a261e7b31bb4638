import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** One file of the project: its path from the root, with `/`, and its text. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** One broken rule. `line` counts from 1; 0 means the whole file. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly detail: string
}

const binary = /\.(?:png|jpg|ico|wasm|bin|binpb|gz|safetensors|woff2?)$/

/** Every text file git keeps or would keep: tracked ones and new ones that no ignore rule covers. */
export function readSources(): readonly Source[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 << 20,
  })
  return listed
    .split('\0')
    .filter(
      (path) =>
        path !== '' && !binary.test(path) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile(),
    )
    .filter((path) => !path.startsWith('test/tidy/fixtures/'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The places where `pattern` (with the `g` flag) matches, each described by `detail`. */
export function matches(
  source: Source,
  pattern: RegExp,
  detail: (match: RegExpExecArray) => string,
): Problem[] {
  const found: Problem[] = []
  for (const match of source.text.matchAll(pattern)) {
    const line = source.text.slice(0, match.index).split('\n').length
    found.push({ file: source.path, line, detail: detail(match) })
  }
  return found
}

export const isCode = (path: string): boolean => /\.(?:ts|mjs)$/.test(path)
export const isGenerated = (path: string): boolean => path.startsWith('src/gen/')
export const isTest = (path: string): boolean => path.endsWith('.test.ts')
export const isHouse = (path: string): boolean => /^(?:src|modules)\/.*\.ts$/.test(path) && !isGenerated(path)
