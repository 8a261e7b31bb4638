import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { run, Scratch } from '../testkit.ts'
import { splitLine } from './words.ts'

const root = join(import.meta.dirname, '../../..')
const scratch = new Scratch('completion')

// A program of that name in PATH, a keyring with two keys, and files to choose from.
mkdirSync(scratch.at('bin'))
writeFileSync(scratch.at('bin', 'wadi'), `#!/bin/sh\nexec "${join(root, 'bin/wadi')}" "$@"\n`, {
  mode: 0o755,
})
mkdirSync(scratch.at('home', 'keyring-test'), { recursive: true })
for (const name of ['alice', 'albert'])
  writeFileSync(scratch.at('home', 'keyring-test', `${name}.json`), '{}')
mkdirSync(scratch.at('files', 'folder'), { recursive: true })
writeFileSync(scratch.at('files', 'first.json'), '{}')

const env = {
  HOME: scratch.path,
  PATH: `${scratch.at('bin')}:/usr/local/bin:/usr/bin:/bin`,
  TERM: 'dumb',
  WADI_NODE: process.execPath,
  WADI_HOME: scratch.at('home'),
  WADI_KEYRING_BACKEND: 'test',
}

function shell(context: TestContext, name: string, args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(name, args, {
    cwd: scratch.at('files'),
    env,
    encoding: 'utf8',
    input,
    timeout: 30_000,
  })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    context.skip(`${name} is not installed`)
  expect([status, stderr], name).toEqual([0, ''])
  return stdout
}

/** Of a command line up to the cursor, what has to be offered; nothing else may be where `only` says so. */
const cases: readonly { line: string; offers: readonly string[]; only: boolean }[] = [
  { line: 'wadi ', offers: ['dev', 'tx', 'query', 'keys', 'config', 'completion', 'help'], only: false },
  { line: 'wadi que', offers: ['query'], only: true },
  { line: 'wadi tx ba', offers: ['bank'], only: true },
  { line: 'wadi tx bank se', offers: ['send', 'set-send-enabled'], only: true },
  { line: 'wadi q bank balan', offers: ['balance'], only: true },
  { line: 'wadi tx bank send al', offers: ['alice', 'albert'], only: true },
  {
    line: 'wadi tx bank send alice dev',
    offers: Array.from({ length: 10 }, (_, i) => `dev${i}`),
    only: true,
  },
  { line: 'wadi keys show ', offers: ['alice', 'albert'], only: true },
  { line: 'wadi tx asset register-asset --kind MO', offers: ['MODEL'], only: true },
  { line: 'wadi tx asset set-status 1 2 DEP', offers: ['DEPRECATED'], only: true },
  { line: 'wadi status --no', offers: ['--node'], only: true },
  { line: 'wadi status --node x --chain-', offers: ['--chain-id'], only: true },
  { line: 'wadi keys list --output j', offers: ['json'], only: true },
  { line: 'wadi config set outp', offers: ['output'], only: true },
  { line: 'wadi help exit', offers: ['exit-codes'], only: true },
  { line: 'wadi completion fi', offers: ['fish'], only: true },
  { line: 'wadi localnet kill --di', offers: ['--dir'], only: true },
]

describe('bash', () => {
  /** Calls the function as Tab does, with what bash knows then. */
  function complete(context: TestContext, line: string): string[] {
    const script = `
      source <(wadi completion bash) || exit 1
      complete -p wadi >/dev/null || exit 1
      COMP_LINE=${quoted(line)}
      COMP_POINT=\${#COMP_LINE}
      COMP_WORDS=(wadi)
      COMP_CWORD=0
      _wadi
      printf '%s\\n' "\${COMPREPLY[@]}"`
    return lines(shell(context, 'bash', ['--norc', '-c', script]))
  }

  for (const { line, offers, only } of cases) {
    test(`offers for "${line}" what there is`, (context) => {
      const found = complete(context, line).sort()
      expect(found).toEqual(only ? [...offers].sort() : expect.arrayContaining([...offers]))
    })
  }

  test('replaces only what stands behind an equals sign or colon', (context) => {
    expect(complete(context, 'wadi keys list --output=j')).toEqual(['json'])
    expect(complete(context, 'wadi keys list --keyring-backend=')).toEqual(['file', 'test'])
  })

  test('offers files and folders where one is expected', (context) => {
    expect(complete(context, 'wadi tx broadcast fi')).toEqual(['first.json'])
    expect(complete(context, 'wadi tx broadcast f')).toEqual(expect.arrayContaining(['first.json', 'folder']))
    expect(complete(context, 'wadi start --home f')).toEqual(['folder'])
  })

  test('says nothing where nothing is known', (context) => {
    expect(complete(context, 'wadi status --node ')).toEqual([''])
    expect(complete(context, 'wadi query bank balance dev0 ')).toEqual([''])
  })
})

describe('zsh', () => {
  test('takes its script, and offers the same', (context) => {
    // A terminal of its own: completion runs in the line editor only.
    const script = `
      zmodload zsh/zpty || exit 1
      zpty shell zsh -f -i
      zpty -w shell "PS1='READY> '; PS2=; autoload -Uz compinit; compinit -u -D"
      zpty -w shell "source <(wadi completion zsh); print -n LOADED"
      zpty -r shell seen '*LOADED*LOADED*READY> '
      zpty -w -n shell $'wadi tx ba\\t'
      zpty -r shell seen '*wadi tx bank*'
      print -r -- "$seen"
      zpty -d shell`
    expect(shell(context, 'zsh', ['-f', '-c', script])).toContain('wadi tx bank')
  })
})

describe('fish', () => {
  for (const { line, offers, only } of cases) {
    test(`offers for "${line}" what there is`, (context) => {
      const script = `wadi completion fish | source; complete --do-complete ${quoted(line)}`
      const found = lines(shell(context, 'fish', ['--no-config', '-c', script])).map(
        (text) => text.split('\t')[0] ?? '',
      )
      expect(found.sort()).toEqual(only ? [...offers].sort() : expect.arrayContaining([...offers]))
    })
  }
})

describe('the words of a line', () => {
  test.each([
    ['wadi tx ', ['wadi', 'tx', '']],
    ['wadi tx', ['wadi', 'tx']],
    ['  wadi   "a b" c', ['wadi', 'a b', 'c']],
    ["wadi 'a b", ['wadi', 'a b']],
    ['wadi a\\ b', ['wadi', 'a b']],
    [`wadi "a \\" b" ''`, ['wadi', 'a " b', '']],
    ['', ['']],
    ['wadi \\', ['wadi', '']],
  ])('%j are those that a shell reads', (line, words) => {
    expect(splitLine(line)).toEqual(words)
  })
})

test('nothing that is asked makes it fail aloud', async () => {
  for (const argv of [
    [],
    ['--line'],
    ['--words'],
    ['--line', 'wadi tx bank send --amount "'],
    ['--words', '--', 'q', '--'],
  ]) {
    const { err } = await run('__complete', ...argv)
    expect(err, argv.join(' ')).toBe('')
  }
})

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const lines = (text: string) => text.trimEnd().split('\n')
