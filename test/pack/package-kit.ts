import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cometbftFolder } from '../../scripts/cometbft.mjs'

export const root = join(import.meta.dirname, '../..')

/** Packing builds first; on a small machine that is busy, that takes its time. */
const RUN_MS = 240_000

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  const { cwd, env = {} } = options
  const settings = { cwd, env: { ...process.env, ...env }, timeout: RUN_MS, maxBuffer: 1 << 26 }
  return new Promise((resolve) => {
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** Runs a program that has to succeed; what it printed. */
export async function succeed(...of: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...of)
  if (code === 0) return stdout
  throw new Error(`${of[0]} ${of[1].join(' ')} ended with ${code}:\n${stdout}${stderr}`)
}

const quiet = ['--no-audit', '--no-fund', '--loglevel=error']

/** `npm pack`, which builds `dist/` first; the path of the file. */
export async function pack(folder: string): Promise<string> {
  await succeed('npm', ['pack', '--pack-destination', folder, ...quiet], { cwd: root })
  const file = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (file === undefined) throw new Error('npm pack wrote no file')
  return join(folder, file)
}

/** An empty project with this one package installed; milliseconds that took. */
export async function install(project: string, tarball: string): Promise<number> {
  write(
    project,
    'package.json',
    '{ "name": "dapp", "version": "1.0.0", "private": true, "type": "module" }\n',
  )
  const start = performance.now()
  await succeed('npm', ['install', '--prefer-offline', ...quiet, tarball], { cwd: project })
  return performance.now() - start
}

export function write(folder: string, path: string, text: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Paths of all files below a folder, relative to it. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/**
 * The Node of that major version out of the npm package `node`, kept in the user's cache folder; where it cannot be
 * had, the reason.
 */
export async function nodeOf(
  major: number,
): Promise<{ readonly path: string } | { readonly reason: string }> {
  const folder = join(dirname(cometbftFolder()), `node-${major}`)
  const path = join(folder, 'node_modules/node/bin/node')
  const answers = async () => (await run(path, ['--version'], { cwd: root })).stdout.startsWith(`v${major}.`)
  if (await answers()) return { path }
  write(folder, 'package.json', '{ "private": true, "allowScripts": { "node": true } }\n')
  const options = ['--ignore-scripts=false', '--prefer-offline', ...quiet]
  const { stderr } = await run('npm', ['install', `node@${major}`, ...options], { cwd: folder })
  if (await answers()) return { path }
  return {
    reason: `npm brought no Node ${major}: ${stderr.trim().split('\n')[0] || 'its script did not run'}`,
  }
}

/** The code blocks of a section of a Markdown page, by language. */
export function codeBlocks(page: string, heading: string, language: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm')
  return [...section.matchAll(block)].map(([, code = '']) => code)
}
