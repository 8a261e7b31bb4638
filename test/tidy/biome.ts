import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Problem } from './sources.ts'
import { root } from './sources.ts'

/** One thing Biome refused: for our own plugins `rule` is the first word of their message. */
export interface Refusal {
  readonly file: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

interface Diagnostic {
  readonly category: string
  readonly message: string
  readonly location: { readonly path: string; readonly start?: { readonly line: number } }
}

export function lint(folder: string, args: readonly string[]): readonly Refusal[] {
  const report = run(folder, ['lint', '--reporter=json', '--max-diagnostics=none', ...args])
  const { diagnostics } = JSON.parse(report) as { diagnostics: readonly Diagnostic[] }
  return diagnostics.map(({ category, message, location }) => ({
    file: location.path,
    line: location.start?.line ?? 0,
    rule: category === 'plugin' ? (message.split(':')[0] ?? '') : (category.split('/').at(-1) ?? ''),
    message,
  }))
}

/** Biome exits with 1 when it refuses something, which is not a failure to run. */
function run(cwd: string, args: readonly string[]): string {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  try {
    return execFileSync(process.execPath, [biome, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    if (stdout?.startsWith('{')) return stdout
    throw new Error(`biome ${args.join(' ')} did not run: ${stderr}`, { cause: error })
  }
}

/** Lints the fixtures with the project's own settings, as if they were the files of a module. */
export function lintFixtures(): readonly Refusal[] {
  const folder = mkdtempSync(join(tmpdir(), 'wadi-tidy-'))
  try {
    for (const item of ['biome', 'biome.json'])
      cpSync(join(root, item), join(folder, item), { recursive: true })
    cpSync(join(root, 'test/tidy/fixtures/lint'), join(folder, 'modules/fixture'), { recursive: true })
    return lint(folder, ['modules']).map((each) => ({
      ...each,
      file: each.file.replace('modules/fixture/', ''),
    }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `file:line rule` for every line of a fixture that ends in `// refused: rule …`. */
export function markedLines(file: string): readonly string[] {
  const lines = readFileSync(join(root, 'test/tidy/fixtures/lint', file), 'utf8').split('\n')
  return lines.flatMap((text, index) => {
    const names = /\/\/ refused: (.+)$/.exec(text)?.[1]?.split(' ') ?? []
    return names.map((name) => `${file}:${index + 1} ${name}`)
  })
}

/** Functions whose body is longer than the limit in biome.json. The rule is off there: waivers live with the others. */
export function longFunctions(): Problem[] {
  const refused = lint(root, ['--only=complexity/noExcessiveLinesPerFunction', 'src', 'modules'])
  return refused
    .filter(({ rule, file }) => rule === 'noExcessiveLinesPerFunction' && !file.endsWith('.test.ts'))
    .map(({ file, line, message }) => ({ file, line, detail: message }))
}
