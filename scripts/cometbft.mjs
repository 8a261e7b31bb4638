// Finds or installs the CometBFT release this project runs on. Plain JavaScript without dependencies: set-up imports it
// before any package is installed, the command line imports the same rules later. Types: cometbft.d.mts.

import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache-folder.mjs'

export const COMETBFT_VERSION = '0.38.25'
export const COMETBFT_MODULE = `github.com/cometbft/cometbft/cmd/cometbft@v${COMETBFT_VERSION}`

/** Lost with node_modules, whose state it tells. */
export const STAMP_FILE = fileURLToPath(new URL('../node_modules/.wadi-setup.json', import.meta.url))

/** The oldest Go that builds it, and the oldest that downloads a newer Go by itself. */
export const GO_BUILDS = '1.22.11'
export const GO_DOWNLOADS = '1.21.0'

/** The user's cache folder for this release, by the custom of each system. */
export function cometbftFolder(env = process.env, platform = process.platform, home = homedir()) {
  return join(cacheFolder(env, platform, home), `cometbft-v${COMETBFT_VERSION}`)
}

/** Where a binary may be, best first: `{ path, source }`. Only `$COMETBFT` is listed when nothing is there. */
export function cometbftCandidates(env = process.env, platform = process.platform, home = homedir()) {
  const file = platform === 'win32' ? 'cometbft.exe' : 'cometbft'
  const onPath = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = [
    ...onPath.map((folder) => ({ path: join(folder, file), source: 'PATH' })),
    { path: join(cometbftFolder(env, platform, home), file), source: 'cache' },
  ].filter(({ path }) => isFile(path))
  const named = env.COMETBFT ? [{ path: env.COMETBFT, source: '$COMETBFT' }] : []
  const seen = new Set()
  return [...named, ...found].filter(({ path }) => !seen.has(path) && seen.add(path))
}

/**
 * The first candidate that says it is {@link COMETBFT_VERSION}, and what was wrong with those before it.
 * `known(path)` may answer a version remembered from an earlier run, which saves starting the binary.
 */
export function searchCometbft({ env = process.env, known = () => undefined } = {}) {
  const rejected = []
  for (const { path, source } of cometbftCandidates(env)) {
    const answer = known(path) ?? cometbftVersion(path)
    if (answer === COMETBFT_VERSION) return { path, version: answer, source, rejected }
    const problem = /^\d/.test(answer) ? `is version ${answer}, not ${COMETBFT_VERSION}` : answer
    rejected.push({ path, source, problem })
  }
  return { rejected }
}

/** The version that set-up remembers of this very file, by its path, size and time; undefined where it knows none. */
export function rememberedVersion(path, stamp = readStamp()) {
  return stamp[`cometbft ${fingerprint(path)}`]
}

/** What set-up found out and need not find out again: answers by the fingerprints of the files they are about. */
export function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP_FILE, 'utf8')) ?? {}
  } catch {
    return {}
  }
}

/** Tells a file from another one in its place. */
export function fingerprint(path) {
  const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: 0 }
  return `${path}|${size}|${mtimeMs}`
}

/** What `path version` prints, such as `0.38.25`; otherwise the reason why it could not be asked. */
export function cometbftVersion(path) {
  if (!isFile(path)) return 'does not exist'
  try {
    accessSync(path, constants.X_OK)
  } catch {
    return 'is not executable'
  }
  const run = spawnSync(path, ['version'], { encoding: 'utf8', timeout: 20_000, windowsHide: true })
  if (run.error) return `cannot be run (${run.error.code ?? run.error.message})`
  const version = /^v?(\d+\.\d+\.\d+\S*)/m.exec(run.stdout)?.[1]
  return version ?? `does not answer "cometbft version" (exit code ${run.status})`
}

/** The `go` command and its version, or undefined. */
export function findGo(env = process.env) {
  const commands = ['go', ...(env.GOROOT ? [join(env.GOROOT, 'bin', 'go')] : []), '/usr/local/go/bin/go']
  for (const command of commands) {
    const run = spawnSync(command, ['version'], { encoding: 'utf8', env, timeout: 20_000, windowsHide: true })
    const version = /go version go(\d+\.\d+(?:\.\d+)?)/.exec(run.stdout ?? '')?.[1]
    if (version) return { command, version }
  }
  return undefined
}

/** Compares dotted versions: negative, zero or positive. */
export function compareVersions(a, b) {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * Builds the release with Go into the cache folder and resolves to the binary's path. It is built beside its
 * final place and renamed there, so two set-ups at once cannot see each other's half.
 */
export async function installCometbft({ go, env = process.env, onLine = () => {} }) {
  const folder = cometbftFolder(env)
  const file = process.platform === 'win32' ? 'cometbft.exe' : 'cometbft'
  mkdirSync(folder, { recursive: true })
  const build = mkdtempSync(join(folder, 'build-'))
  try {
    const toolchain = compareVersions(go.version, GO_BUILDS) < 0 ? { GOTOOLCHAIN: 'auto' } : {}
    const settings = {
      GOBIN: build,
      GOFLAGS: '',
      GOWORK: 'off',
      CGO_ENABLED: '0',
      GOOS: '',
      GOARCH: '',
      ...toolchain,
    }
    await run(go.command, ['install', COMETBFT_MODULE], { cwd: build, env: { ...env, ...settings }, onLine })
    const built = cometbftVersion(join(build, file))
    if (built !== COMETBFT_VERSION) throw new Error(`the built cometbft ${built}`)
    renameSync(join(build, file), join(folder, file))
    return join(folder, file)
  } finally {
    rmSync(build, { recursive: true, force: true })
  }
}

/** The ways to get CometBFT, for error texts; `setUp` tells whether there is a set-up that builds it. */
export function waysToGetCometbft(env = process.env, setUp = true) {
  const go = `install Go ${GO_BUILDS} or newer (https://go.dev/dl)`
  const elsewhere = setUp ? 'or build it elsewhere' : 'build it'
  return [
    ...(setUp ? [`${go} and run this again: it builds CometBFT by itself`] : []),
    `${elsewhere}, "go install ${COMETBFT_MODULE}", and put the binary into ${cometbftFolder(env)}`,
    `or take the v${COMETBFT_VERSION} release of https://github.com/cometbft/cometbft and put its folder on PATH`,
    'or name the binary: COMETBFT=/path/to/cometbft',
  ]
}

function run(command, args, { cwd, env, onLine }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    let tail = ''
    const take = (chunk) => {
      tail = (tail + chunk).slice(-4_000)
      for (const line of String(chunk).split('\n')) if (line.trim() !== '') onLine(line.trim())
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`"${command} ${args.join(' ')}" failed (${code}): ${tail.trim()}`)),
    )
  })
}

function isFile(path) {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
