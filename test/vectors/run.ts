import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How many values were compared, and the first that differs. */
export interface VectorResult {
  readonly checks: number
  readonly difference?: string
}

type Checker = (json: unknown, file: string) => VectorResult | Promise<VectorResult>

/** Which file holds what; each checker is loaded when a file asks for it. */
const checkers: readonly (readonly [pattern: RegExp, load: () => Promise<Checker>])[] = [
  [/^iavl-.+\.json$/, async () => (await import('./iavl.ts')).checkIavl],
  [/^multistore\.json$/, async () => (await import('./multistore.ts')).checkMultistore],
  [/^legacy-dec\.json$/, async () => (await import('./legacy-dec.ts')).checkLegacyDec],
  [/^tx\.json$/, async () => (await import('./tx.ts')).checkTx],
]

/**
 * Holds the code to every `.json` file of a folder (default: this one), in the order of their names.
 *
 * Resolves to the exit code: 0 when all is equal, 1 at the first difference, 2 for a folder or file it cannot read.
 */
export async function vectors(args: readonly string[]): Promise<number> {
  const [folder = import.meta.dirname, ...rest] = args
  if (rest.length > 0 || folder.startsWith('-')) return refuse('usage: npm run vectors [-- FOLDER]')
  const files = list(folder)
  if (typeof files === 'string') return refuse(files)
  let checks = 0
  for (const file of files) {
    const result = await checkFile(folder, file)
    if (typeof result === 'string') return refuse(result)
    checks += result.checks
    if (result.difference !== undefined) {
      console.error(`${file.padEnd(28)} differs after ${result.checks} equal values\n${result.difference}`)
      return 1
    }
    console.log(`${file.padEnd(28)} ${`${result.checks}`.padStart(9)} equal`)
  }
  console.log(`${`${files.length} files`.padEnd(28)} ${`${checks}`.padStart(9)} equal`)
  return 0
}

function refuse(reason: string): number {
  console.error(reason)
  return 2
}

/** The files to check, or what is wrong with the folder. */
function list(folder: string): string[] | string {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return `${folder}: cannot be read as a folder (${code}); name one that holds vectors`
  }
  const files = names.toSorted((a, b) => (a < b ? -1 : 1))
  const unknown = files.filter((name) => checkerOf(name) === undefined)
  if (files.length === 0) return `${folder}: no .json files; name a folder that holds vectors`
  if (unknown.length > 0) {
    return `${folder}: no checker for ${unknown.join(', ')}; add one to test/vectors/run.ts`
  }
  return files
}

function checkerOf(name: string): (() => Promise<Checker>) | undefined {
  return checkers.find(([pattern]) => pattern.test(name))?.[1]
}

async function checkFile(folder: string, file: string): Promise<VectorResult | string> {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  } catch (error) {
    return `${join(folder, file)}: not a JSON file (${(error as Error).message})`
  }
  const checker = await checkerOf(file)?.()
  return checker === undefined ? `${file}: no checker` : checker(json, file)
}
