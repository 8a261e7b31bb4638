import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** What is measured: all of it has to be reached by the tests that stand beside it. */
const FOLDER = 'src/kernel'
const MEASURES = ['branches', 'functions', 'lines', 'statements']

/**
 * Runs the kernel's tests and names every line of the kernel that they do not reach. Resolves to the exit code: 0 only
 * where all tests pass and every branch, function, line and statement was run; 2 for arguments, which it does not take.
 */
export function coverage(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.error(`coverage takes no arguments, got ${args.join(' ')}`)
    return Promise.resolve(2)
  }
  const options = [
    '--coverage.enabled',
    `--coverage.include=${FOLDER}/**/*.ts`,
    '--coverage.exclude=**/*.test.ts',
    '--coverage.reporter=text',
    '--coverage.skipFull',
    ...MEASURES.map((measure) => `--coverage.thresholds.${measure}=100`),
  ]
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [vitest, 'run', `${FOLDER}/`, '--reporter=dot', '--no-isolate', ...options],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    )
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
