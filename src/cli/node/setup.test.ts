import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cometbftFolder, compareVersions } from '../../../scripts/cometbft.mjs'
import { findCometbft } from './cometbft.ts'
import { NodeError } from './errors.ts'

const SCRIPTS = join(import.meta.dirname, '../../../scripts')

let dir: string
let bin: string
let env: Record<string, string>

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wadi-setup-'))
  bin = join(dir, 'bin')
  mkdirSync(bin)
  env = {
    PATH: `${bin}:/usr/bin:/bin`,
    XDG_CACHE_HOME: join(dir, 'cache'),
    HOME: dir,
    CALLS: join(dir, 'calls'),
  }
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function script(path: string, text: string): string {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

const cached = () => join(cometbftFolder(env), 'cometbft')

function caught(action: () => unknown): NodeError {
  try {
    action()
  } catch (error) {
    if (error instanceof NodeError) return error
  }
  throw new Error('no NodeError was thrown')
}

describe('CometBFT is searched', () => {
  test('in $COMETBFT, on PATH and in the cache, in this order', () => {
    script(cached(), 'echo 0.38.25')
    expect(findCometbft(env).path).toBe(cached())
    const onPath = script(join(bin, 'cometbft'), 'echo 0.38.25')
    expect(findCometbft(env).path).toBe(onPath)
    const named = script(join(dir, 'mine'), 'echo v0.38.25')
    expect(findCometbft({ ...env, COMETBFT: named })).toEqual({ path: named, version: '0.38.25' })
  })

  test('past a wrong version to the right one', () => {
    script(join(bin, 'cometbft'), 'echo 0.37.2')
    script(cached(), 'echo 0.38.25')
    expect(findCometbft({ ...env, COMETBFT: join(dir, 'nothing') }).path).toBe(cached())
  })

  test('and what was wrong with each is told', () => {
    const wrong = script(join(bin, 'cometbft'), 'echo 0.37.2')
    const { code, message, fix } = caught(() => findCometbft({ ...env, COMETBFT: join(dir, 'nothing') }))
    expect(code).toBe('cometbft-wrong-version')
    expect(message).toContain(`$COMETBFT: ${join(dir, 'nothing')} does not exist`)
    expect(message).toContain(`PATH: ${wrong} is version 0.37.2, not 0.38.25`)
    expect(fix.join('\n')).toContain(cometbftFolder(env))
  })

  test('and a binary that is none, or cannot be run, is not mistaken for one', () => {
    expect(caught(() => findCometbft(env)).code).toBe('cometbft-missing')
    script(join(bin, 'cometbft'), 'exit 3')
    expect(caught(() => findCometbft(env)).message).toContain(
      'does not answer "cometbft version" (exit code 3)',
    )
    chmodSync(join(bin, 'cometbft'), 0o644)
    expect(caught(() => findCometbft(env)).message).toMatch(/is not executable|cannot be run/)
  })
})

test('the cache folder is the system’s own', () => {
  expect(cometbftFolder({}, 'linux', '/home/u')).toBe('/home/u/.cache/wadi/cometbft-v0.38.25')
  expect(cometbftFolder({}, 'darwin', '/Users/u')).toBe('/Users/u/Library/Caches/wadi/cometbft-v0.38.25')
  expect(cometbftFolder({ LOCALAPPDATA: '/L' }, 'win32', '/u')).toBe('/L/wadi/cometbft-v0.38.25')
})

test('a relative XDG_CACHE_HOME, which its specification has ignored, is ignored', () => {
  expect(cometbftFolder({ XDG_CACHE_HOME: 'here' }, 'linux', '/home/u')).toBe(
    '/home/u/.cache/wadi/cometbft-v0.38.25',
  )
})

test('versions compare by their numbers', () => {
  expect(compareVersions('1.9.0', '1.22.11')).toBeLessThan(0)
  expect(compareVersions('1.22.11', '1.22.11')).toBe(0)
  expect(compareVersions('1.26', '1.22.11')).toBeGreaterThan(0)
})

describe('set-up', { timeout: 60_000 }, () => {
  const LOCK = { packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } }
  const calls = () =>
    existsSync(env['CALLS'] ?? '')
      ? readFileSync(env['CALLS'] ?? '', 'utf8')
          .trim()
          .split('\n')
      : []

  /** A clone whose `npm` and `go` only do what set-up relies on. */
  function clone(): string {
    const root = join(dir, 'clone')
    mkdirSync(root)
    cpSync(SCRIPTS, join(root, 'scripts'), { recursive: true })
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK))
    script(
      join(bin, 'npm'),
      `echo "npm $*" >> "$CALLS"; sleep 0.3
      mkdir -p node_modules/node/bin node_modules/.bin node_modules/secp256k1
      ln -sf "${process.execPath}" node_modules/node/bin/node; ln -sf ../node/bin/node node_modules/.bin/node
      : > node_modules/secp256k1/bindings.js; cp package-lock.json node_modules/.package-lock.json`,
    )
    return root
  }

  const fakeGo = (version: string) =>
    script(
      join(bin, 'go'),
      `[ "$1" = version ] && echo "go version go${version} linux/amd64" && exit
      echo "go $* $GOTOOLCHAIN" >> "$CALLS"; printf '#!/bin/sh\\necho 0.38.25\\n' > "$GOBIN/cometbft"; chmod +x "$GOBIN/cometbft"`,
    )

  function setup(
    root: string,
    ...args: string[]
  ): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((done) => {
      const child = spawn(process.execPath, [join(root, 'scripts/setup.mjs'), ...args], { env })
      let [out, err] = ['', '']
      child.stdout.on('data', (chunk) => {
        out += chunk
      })
      child.stderr.on('data', (chunk) => {
        err += chunk
      })
      child.on('close', (code) => done({ code, out, err }))
    })
  }

  test('installs once when two run at once, then has nothing to do nor to say', async () => {
    const root = clone()
    fakeGo('1.22.11')
    const both = await Promise.all([setup(root), setup(root)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(calls()).toEqual([
      'npm ci --include=dev --no-audit --no-fund',
      'go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25',
    ])
    expect(await setup(root)).toEqual({ code: 0, out: '', err: '' })
    expect(JSON.parse((await setup(root, '--json')).out)).toMatchObject({
      ok: true,
      done: [],
      cometbft: cached(),
    })
    expect(calls()).toHaveLength(2)
    expect(readdirSync(cometbftFolder(env))).toEqual(['cometbft'])
    expect(existsSync(join(root, '.wadi/setup.lock'))).toBe(false)
  })

  test('installs again when the lock file has moved on', async () => {
    const root = clone()
    await setup(root, '--no-cometbft')
    const next = {
      packages: { ...LOCK.packages, 'node_modules/a': { version: '1.0.1', integrity: 'sha512-b' } },
    }
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(next))
    expect((await setup(root, '--no-cometbft')).err).toContain('a is 1.0.0, not 1.0.1')
    expect(calls()).toHaveLength(2)
  })

  test('looks at the signature verifier again when its file is gone', async () => {
    const root = clone()
    await setup(root, '--no-cometbft')
    const folder = join(root, `node_modules/secp256k1/prebuilds/${process.platform}-${process.arch}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'secp256k1.node'), '')
    rmSync(join(root, 'node_modules/.wadi-setup.json'))
    await setup(root, '--no-cometbft')
    expect(calls()).toHaveLength(1)
    rmSync(folder, { recursive: true })
    writeFileSync(join(root, 'node_modules/secp256k1/bindings.js'), 'throw new Error("No native build")')
    expect((await setup(root, '--no-cometbft')).code).toBe(0)
    expect(calls().at(-1)).toBe('npm rebuild secp256k1 --ignore-scripts=false')
  })

  test('without CometBFT and a Go that builds it, sets up the rest and says that solo mode will be used', async () => {
    const root = clone()
    fakeGo('1.20.14')
    const without = await setup(root, '--json')
    expect(without.code).toBe(0)
    expect(JSON.parse(without.out)).toMatchObject({ ok: true, solo: true })
    expect(without.err).toContain('Go 1.20.14 is too old (needs 1.22.11)')
    expect(without.err).toContain('solo mode')
    expect(without.err).toContain('COMETBFT=/path/to/cometbft')
    // Said once: from then on the banner of the devnet says it.
    expect(await setup(root)).toEqual({ code: 0, out: '', err: '' })
  })

  test('lets an older Go download a newer one', async () => {
    const root = clone()
    fakeGo('1.21.0')
    expect((await setup(root)).code).toBe(0)
    expect(calls().at(-1)).toBe('go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25 auto')
  })

  test('shows what npm says is wrong', async () => {
    const root = clone()
    script(join(bin, 'npm'), 'echo "npm error code EUSAGE" >&2; echo "npm error" >&2; exit 1')
    const { code, err } = await setup(root, '--no-cometbft')
    expect(code).toBe(1)
    expect(err).toMatch(/"npm ci .*" failed \(1\):\nnpm error code EUSAGE/)
  })

  test('refuses an option it does not know', async () => {
    expect((await setup(clone(), '--quite')).err).toContain('unknown option --quite')
  })
})
