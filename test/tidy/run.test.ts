/** What happens when somebody mistypes a command. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from './sources.ts'

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['scripts/run.ts', ...args], { cwd: root, encoding: 'utf8' })
}

test('an unknown command is named and answered with the list of commands', () => {
  for (const name of ['chekc', 'toString']) {
    const { status, stderr } = run(name)
    expect(status).toBe(2)
    expect(stderr).toContain(`unknown command ${name}\n`)
    expect(stderr).toMatch(/^ {2}vectors +\[folder\]: /m)
  }
})

test('help is what was asked for, and so no failure', () => {
  const { status, stdout } = run('--help')
  expect([status, stdout.split('\n')[0]]).toEqual([0, 'usage: npm run <command> [-- arguments]'])
})

test('an unknown check is refused before anything runs', () => {
  const { status, stderr } = run('check', 'biom')
  expect([status, stderr]).toEqual([
    2,
    'no check biom; there are biome, tsc, knip, proto, coverage, readme\n',
  ])
})

test('readme and vectors refuse arguments they do not know', () => {
  expect(run('readme', '--force')).toMatchObject({ status: 2, stderr: expect.stringContaining('"--force"') })
  expect(run('vectors', 'a', 'b')).toMatchObject({
    status: 2,
    stderr: 'usage: npm run vectors [-- FOLDER]\n',
  })
})
