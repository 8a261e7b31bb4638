import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

interface Check {
  readonly name: string
  readonly what: string
  /** A script for this Node and its arguments; paths from the root. */
  readonly command: readonly string[]
}

interface Outcome extends Check {
  readonly ok: boolean
  readonly output: string
}

const checks: readonly Check[] = [
  {
    name: 'biome',
    what: 'format, lint, import order',
    command: [
      'node_modules/@biomejs/biome/bin/biome',
      'ci',
      '--colors=off',
      '--error-on-warnings',
      '--max-diagnostics=200',
    ],
  },
  { name: 'tsc', what: 'types', command: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  { name: 'knip', what: 'dead files, exports and packages', command: ['node_modules/knip/bin/knip.js'] },
  {
    name: 'proto',
    what: 'buf lint, buf breaking, src/gen fresh',
    command: ['scripts/run.ts', 'proto', '--check'],
  },
  {
    name: 'coverage',
    what: 'every branch of src/kernel is tested',
    command: ['scripts/run.ts', 'coverage'],
  },
  { name: 'readme', what: 'module tables fresh', command: ['scripts/run.ts', 'readme', '--check'] },
]

/**
 * Runs every check, or those named in `args`; prints a line for each as it ends, then what the failed ones said.
 *
 * Resolves to the exit code: 0 when all hold, 1 when one does not, 2 for a name that is no check.
 */
export async function check(args: readonly string[]): Promise<number> {
  const unknown = args.filter((name) => !checks.some((each) => each.name === name))
  if (unknown.length > 0) {
    console.error(`no check ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}`)
    return 2
  }
  const chosen = args.length === 0 ? checks : checks.filter(({ name }) => args.includes(name))
  const failed = (await Promise.all(chosen.map(run))).filter(({ ok }) => !ok)
  for (const { name, command, output } of failed) {
    console.log(`\n=== ${name} (node ${command.join(' ')})\n${output.trim()}`)
  }
  console.log(`\n${chosen.length - failed.length} of ${chosen.length} checks hold`)
  return failed.length === 0 ? 0 : 1
}

async function run(each: Check): Promise<Outcome> {
  const start = performance.now()
  const { code, output } = await execute(each.command)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(
    `${code === 0 ? 'ok    ' : 'FAILED'} ${each.name.padEnd(8)} ${seconds.padStart(5)} s  ${each.what}`,
  )
  return { ...each, ok: code === 0, output }
}

function execute(command: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    child.stderr.on('data', (data) => {
      output += data
    })
    child.on('error', (error) => resolve({ code: 1, output: `${output}${error.message}` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
