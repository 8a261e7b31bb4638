import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

let dir: string
let root: string
let cache: string

/** The launcher, over a program of two files that says what it is told to. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wadi-launcher-'))
  root = join(dir, 'clone')
  cache = join(dir, 'cache')
  for (const file of [
    'bin/wadi',
    'bin/wadi.mjs',
    'bin/node-flags',
    'scripts/cache-folder.mjs',
    'package.json',
  ])
    cpSync(join(ROOT, file), join(root, file))
  mkdirSync(join(root, 'src/bin'), { recursive: true })
  write(
    'src/bin/wadi.ts',
    "import { word } from './word.ts'\nprocess.stdout.write((word as string) + '\\n')\n",
  )
  say('one')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(file: string, text: string): void {
  writeFileSync(join(root, file), text)
  utimesSync(join(root, file), 1_000, 1_000)
}

/** Words of one length leave nothing but the content to tell the sources apart. */
const say = (word: string) => write('src/bin/word.ts', `export const word: string = '${word}'\n`)

function launch(env: Readonly<Record<string, string>> = { XDG_CACHE_HOME: cache }) {
  const { PATH } = process.env
  const options = { cwd: root, encoding: 'utf8', env: { PATH, WADI_NODE: process.execPath, ...env } } as const
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/wadi'), ['version'], options)
  return { status, stdout, stderr }
}

const said = (word: string) => ({ status: 0, stdout: `${word}\n`, stderr: '' })
const cached = () => readdirSync(join(cache, 'wadi/compiled'), { recursive: true, withFileTypes: true })
const files = () => cached().filter((entry) => entry.isFile()).length
const inClone = () => readdirSync(root, { recursive: true }).sort()

test('npm starts Node with the flags of the launcher', () => {
  const flags = readFileSync(join(ROOT, 'bin/node-flags'), 'utf8').trim().split('\n').join(' ')
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect([scripts.start, scripts.localnet, scripts.wadi]).toEqual(
    [' dev', ' localnet', ''].map((command) => `node ${flags} bin/wadi.mjs${command}`),
  )
})

test('a source that changed is compiled anew, whatever its size and time say', () => {
  expect(launch()).toEqual(said('one'))
  expect(launch()).toEqual(said('one'))
  say('two')
  expect(launch()).toEqual(said('two'))
  say('one')
  expect(launch()).toEqual(said('one'))
})

test('what is compiled goes into the cache folder of the user, and nothing into the clone', () => {
  const before = inClone()
  launch()
  expect(files()).toBeGreaterThan(0)
  const first = files()
  launch()
  expect(files()).toBe(first)
  expect(inClone()).toEqual(before)
})

describe('an installed package', () => {
  const flags = readFileSync(join(ROOT, 'bin/node-flags'), 'utf8').trim().split('\n')
  /** As on systems and Nodes where a process cannot take the place of another. */
  const withoutExecve = ['--import', 'data:text/javascript,process.execve=undefined']

  beforeEach(() => {
    rmSync(join(root, 'src'), { recursive: true })
    mkdirSync(join(root, 'dist/bin'), { recursive: true })
  })

  /** Runs a program as what was built, and signals the launcher when it says something. */
  async function start(
    program: string,
    args: readonly string[],
    nodeArgs: readonly string[] = [],
    signal?: 'SIGTERM',
  ) {
    write('dist/bin/wadi.js', program)
    const options = { env: { XDG_CACHE_HOME: cache }, timeout: 30_000, killSignal: 'SIGKILL' } as const
    const child = spawn(process.execPath, [...nodeArgs, join(root, 'bin/wadi.mjs'), ...args], options)
    let stdout = ''
    child.stdout.on('data', (data) => {
      stdout += data
      if (signal !== undefined) child.kill(signal)
    })
    const [code, by] = await once(child, 'close')
    return { code, signal: by, stdout }
  }

  test('runs what was built, on the Node that it was started with', async () => {
    const program = 'console.log(JSON.stringify([process.execPath, process.execArgv]))'
    const stdout = `${JSON.stringify([process.execPath, []])}\n`
    expect(await start(program, ['version'])).toEqual({ code: 0, signal: null, stdout })
  })

  test('gives the flags of the launcher to the commands that run a node', async () => {
    const program = 'console.log(JSON.stringify([process.execArgv, process.argv.slice(2)]))'
    for (const command of [['start'], ['--json', 'dev']])
      expect(JSON.parse((await start(program, command)).stdout)).toEqual([flags, command])
    const { stdout } = await start(program, ['start'], withoutExecve)
    expect(JSON.parse(stdout)).toEqual([[...flags, ...withoutExecve], ['start']])
  })

  test.each([
    { way: 'in its place', nodeArgs: [] },
    { way: 'beside it', nodeArgs: withoutExecve },
  ])('ends as a command ends that runs $way, and takes signals for it', async ({ nodeArgs }) => {
    expect(await start('process.exit(7)', ['start'], nodeArgs)).toMatchObject({ code: 7, signal: null })
    const killed = await start("process.kill(process.pid, 'SIGKILL')", ['start'], nodeArgs)
    expect(killed).toMatchObject({ code: null, signal: 'SIGKILL' })
    const waiting = `
      process.on('SIGTERM', () => process.exit(9))
      setInterval(() => {}, 1000)
      console.log('ready')`
    expect(await start(waiting, ['start'], nodeArgs, 'SIGTERM')).toMatchObject({ code: 9, signal: null })
  })
})

test('a damaged cache is not believed', () => {
  launch()
  for (const entry of cached())
    if (entry.isFile()) writeFileSync(join(entry.parentPath, entry.name), 'export const word = "bad"')
  expect(launch()).toEqual(said('one'))
})

test('without a folder to write to, or a home, the command works and says nothing of it', () => {
  mkdirSync(cache)
  chmodSync(cache, 0o500)
  expect(launch()).toEqual(said('one'))
  expect(launch({ XDG_CACHE_HOME: '/dev/null' })).toEqual(said('one'))
  const before = inClone()
  expect(launch({ HOME: '' })).toEqual(said('one'))
  expect(launch({ HOME: '', XDG_CACHE_HOME: 'relative' })).toEqual(said('one'))
  expect(inClone()).toEqual(before)
})

test('the program goes on where nobody reads what it prints', async () => {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'src/bin/wadi.ts'), 'tx', 'asset', 'register-asset', '--help'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk
  })
  const [code] = await once(child, 'exit')
  expect([code, err]).toEqual([0, ''])
})
