import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, posix } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
/** What code may read while it runs. Anything else below the sources, such as a key or notes, is not for others. */
const DATA: readonly string[] = ['.binpb', '.css', '.html', '.js']
/** Beside `dist/`, so that a path to a file outside of it is the same in both. */
const sources = join(root, '.build')

/**
 * Writes `dist/`, what the npm package runs: Node strips no types below node_modules, and browsers never do.
 *
 * The compiler makes the extension of a relative import `.js`, and leaves `#lib/…` as it is, which would mean the
 * sources. So it is given a copy of them, in which every import of our own files is relative: `src/x.ts` lies at
 * `x.ts`, `modules/x.ts` at `modules/x.ts`. It emits what the entry points in tsconfig.build.json lead to.
 *
 * Resolves to the exit code.
 */
export function build(): number {
  for (const folder of [dist, sources]) rmSync(folder, { recursive: true, force: true })
  try {
    const paths = ['src', 'modules'].flatMap(filesOf)
    for (const path of paths.filter((each) => each.endsWith('.ts')))
      write(sources, placeOf(path), relativeImports(path, read(path)))
    const { packed, leftOut } = dataFiles(paths)
    for (const path of packed) copyData(path)
    for (const path of leftOut)
      console.warn(`${path} is not packed: its kind is not in DATA of scripts/build.ts`)
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const args = [compiler, '-p', 'tsconfig.build.json']
    if (spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0) return 1
  } finally {
    rmSync(sources, { recursive: true, force: true })
  }
  for (const path of filesOf('dist')) if (path.endsWith('.d.ts')) write(root, path, scriptImports(read(path)))
  return 0
}

/** Paths of all files in a folder, from the root. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** Of the files beside the code, those that go into the package, and those that do not though nothing hides them. */
export function dataFiles(paths: readonly string[]): {
  packed: readonly string[]
  leftOut: readonly string[]
} {
  const seen = paths.filter((path) => !path.split('/').some((part) => part.startsWith('.')))
  const others = seen.filter((path) => !['.ts', '.md'].includes(extname(path)))
  const isData = (path: string) => DATA.includes(extname(path))
  return { packed: others.filter(isData), leftOut: others.filter((path) => !isData(path)) }
}

/** A file that code reads while it runs. */
function copyData(path: string): void {
  mkdirSync(dirname(join(dist, placeOf(path))), { recursive: true })
  cpSync(join(root, path), join(dist, placeOf(path)))
}

const placeOf = (path: string): string => path.replace(/^src\//, '')

/** The text of a source with `#lib/x.ts` and its like as paths relative to where the source is put. */
export function relativeImports(path: string, text: string): string {
  return text.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)'(#[\w-]+(?:\/[^'\n]*)?)'/g,
    (_, keyword: string, from: string) => {
      const relative = posix.relative(posix.dirname(placeOf(path)), placeOf(mapped(from)))
      return `${keyword}'${relative.startsWith('.') ? relative : `./${relative}`}'`
    },
  )
}

/** Declarations keep the extensions of the sources, which other readers of them than the compiler do not know. */
export function scriptImports(text: string): string {
  return text.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\.ts\2/g, '$1$2$3.js$2')
}

let imports: readonly (readonly [from: string, to: string])[] | undefined

/** A path from the root, by the `imports` of package.json. */
function mapped(from: string): string {
  imports ??= Object.entries(
    (JSON.parse(read('package.json')) as { imports: Record<string, string> }).imports,
  )
  for (const [pattern, target] of imports) {
    if (from === pattern) return posix.normalize(target)
    const start = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
    if (start !== undefined && from.startsWith(start))
      return posix.normalize(target.replace('*', from.slice(start.length)))
  }
  throw new RangeError(`package.json maps no import ${from}`)
}
