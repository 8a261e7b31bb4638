// Makes a clone ready to run: npm packages (they bring Node 24), the native signature verifier, CometBFT.
// Called before `npm start` and `npm test`. Runs on any Node from 18 on and imports nothing that has to be installed.
// Without CometBFT and without Go to build it the rest is set up: `npm start` makes blocks by itself then (solo mode).
// When all is in place it says nothing. Options: --quiet (errors only), --json (result on stdout), --no-cometbft.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cacheFolder } from './cache-folder.mjs'
import {
  COMETBFT_VERSION,
  compareVersions,
  findGo,
  fingerprint,
  GO_BUILDS,
  GO_DOWNLOADS,
  installCometbft,
  readStamp,
  rememberedVersion,
  STAMP_FILE,
  searchCometbft,
  waysToGetCometbft,
} from './cometbft.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NODE_MAJOR = 24
const LOCK_MAX_MS = 15 * 60_000
const exe = process.platform === 'win32' ? '.exe' : ''
const modules = join(ROOT, 'node_modules')
const lockFile = join(ROOT, 'package-lock.json')
const installedFile = join(modules, '.package-lock.json')
const nodeBinary = join(modules, 'node', 'bin', `node${exe}`)
const nodeLink = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

const flags = new Set(process.argv.slice(2))
const json = flags.delete('--json')
const quiet = flags.delete('--quiet')
const wantCometbft = !flags.delete('--no-cometbft')

/** An error with what the reader can do about it. */
class SetupError extends Error {
  constructor(message, ways = []) {
    super([message, ...ways.map((way) => `  - ${way}`)].join('\n'))
  }
}

const done = []
let stamp = readStamp()

try {
  if (flags.size > 0)
    throw new SetupError(`unknown option ${[...flags][0]}`, ['known: --quiet, --json, --no-cometbft'])
  const state = ready(true) ?? (await whileLocked(setUp))
  if (json) console.log(JSON.stringify({ ok: true, done, ...state }))
} catch (error) {
  if (json) console.log(JSON.stringify({ ok: false, done, error: error.message }))
  console.error(`setup: ${error instanceof SetupError ? error.message : error.stack}`)
  process.exitCode = 1
}

/**
 * What is in place, or undefined when something is missing. Starts no process when a stamp vouches for all. CometBFT
 * may be missing where `needed` is false: that was said, and is no error.
 */
function ready(needed) {
  if (packagesProblem() !== undefined) return undefined
  const node = runtime()
  const cometbft = wantCometbft ? search() : {}
  const without = wantCometbft && cometbft.path === undefined
  if (node.problem !== undefined || (without && needed)) return undefined
  if (without) return { node: node.version, solo: true }
  return { node: node.version, ...(wantCometbft ? { cometbft: cometbft.path } : {}) }
}

async function setUp() {
  await setUpPackages()
  await setUpRuntime()
  if (wantCometbft) await setUpCometbft()
  const state = ready(false)
  if (state === undefined)
    throw new SetupError('set-up finished, yet something is missing', ['run it once more'])
  if (done.length > 0) compile()
  return state
}

/** Fills the compile cache that the launcher uses, so that the first start is as quick as the next one. */
function compile() {
  const files = ['src/cli/main.ts', 'src/cli/commands/dev.ts', 'src/query/serve.ts', 'modules/chain.ts']
  const imports = files.map((file) => `import(${JSON.stringify(pathToFileURL(join(ROOT, file)))})`)
  const env = { ...process.env, NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled') }
  const options = { cwd: ROOT, env, timeout: 60_000, stdio: 'ignore' }
  // Without it everything works, later.
  spawnSync(nodeWorks() ? nodeBinary : nodeOnPath(), ['-e', `Promise.all([${imports}])`], options)
}

// npm packages

async function setUpPackages() {
  const problem = packagesProblem()
  if (problem === undefined) return
  await step(`npm packages (${problem})`, 'npm packages installed', () =>
    npm(['ci', '--include=dev', '--no-audit', '--no-fund']),
  )
  stamp = {}
}

/** How node_modules differs from package-lock.json, or undefined. */
function packagesProblem() {
  const key = `packages ${fingerprint(lockFile)} ${fingerprint(installedFile)}`
  if (stamp[key] === true) return undefined
  const problem = compareLocks()
  if (problem === undefined) remember(key, true)
  return problem
}

/** Packages for other systems may be absent. */
function compareLocks() {
  const wanted = readJson(lockFile)?.packages
  if (wanted === undefined)
    throw new SetupError('package-lock.json is missing or damaged', ['git checkout package-lock.json'])
  const installed = readJson(installedFile)?.packages
  if (installed === undefined) return 'not installed yet'
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const have = installed[path]
    if (have === undefined && !entry.optional) return `${path.slice('node_modules/'.length)} is missing`
    if (have !== undefined && (have.version !== entry.version || have.integrity !== entry.integrity))
      return `${path.slice('node_modules/'.length)} is ${have.version}, not ${entry.version}`
  }
  return undefined
}

// Node 24 and the native verifier

async function setUpRuntime() {
  if (runtime().problem === undefined) return
  if (!nodeWorks()) {
    await step(`Node ${NODE_MAJOR}`, `Node ${NODE_MAJOR} fetched`, () =>
      npm(['rebuild', 'node', '--ignore-scripts=false']),
    ).catch((error) => console.error(`setup: ${error.message}`))
  }
  if (runtime().problem === 'native')
    await step('signature verifier', 'signature verifier built', () =>
      npm(['rebuild', 'secp256k1', '--ignore-scripts=false']),
    )
  const { problem, detail } = runtime()
  if (problem === 'node')
    throw new SetupError(
      `the npm package "node" brought no Node ${NODE_MAJOR} for ${process.platform}-${process.arch}`,
      [`install Node ${NODE_MAJOR} (https://nodejs.org), put it first on PATH and run this again`],
    )
  if (problem === 'native')
    throw new SetupError(`the native binding of the npm package "secp256k1" does not load: ${detail}`, [
      'install a C++ compiler, make and Python 3, then run "npm rebuild secp256k1"',
    ])
}

/** Asks the Node that will run the sources for its version and whether the native verifier loads under it. */
function runtime() {
  const node = nodeWorks() ? nodeBinary : nodeOnPath()
  if (node === undefined) return { problem: 'node' }
  const key = `runtime ${[node, installedFile, ...bindings()].map(fingerprint).join(' ')}`
  if (stamp[key] !== undefined) return { version: stamp[key] }
  const probe = 'require("secp256k1/bindings"); console.log(process.versions.node)'
  const run = spawnSync(node, ['-e', probe], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 })
  if (run.status !== 0)
    return { problem: 'native', detail: /Error: .*/.exec(run.stderr)?.[0] ?? String(run.error ?? run.status) }
  remember(key, run.stdout.trim())
  return { version: run.stdout.trim() }
}

/** The files one of which is the native verifier: built here, or come with the package. */
function bindings() {
  const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`)
  return [join('build', 'Release'), prebuilt].flatMap((folder) => {
    const path = join(modules, 'secp256k1', folder)
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : []
  })
}

function nodeWorks() {
  return existsSync(nodeLink) && existsSync(nodeBinary) && versionOf(nodeBinary) === NODE_MAJOR
}

/** A Node new enough outside of node_modules: npm's scripts fall through to it when the package has no binary. */
function nodeOnPath() {
  const folders = outerPath().split(delimiter)
  return folders
    .map((folder) => join(folder, `node${exe}`))
    .find((path) => existsSync(path) && versionOf(path) >= NODE_MAJOR)
}

function versionOf(node) {
  const key = `version ${fingerprint(node)}`
  if (stamp[key] !== undefined) return stamp[key]
  const run = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  const major = Number(/^v(\d+)\./.exec(run.stdout ?? '')?.[1] ?? 0)
  if (major >= NODE_MAJOR) remember(key, major)
  return major
}

// CometBFT

async function setUpCometbft() {
  const found = search()
  for (const { path, source, problem } of found.rejected)
    say(`${source}: ${path} ${problem}; looking further`)
  if (found.path !== undefined) return
  const go = findGo()
  if (go === undefined) return goWithout('nor Go to build it')
  if (compareVersions(go.version, GO_DOWNLOADS) < 0)
    return goWithout(`and Go ${go.version} is too old (needs ${GO_BUILDS})`)
  await step(
    `CometBFT v${COMETBFT_VERSION} with Go ${go.version}, some minutes on a small machine`,
    `CometBFT v${COMETBFT_VERSION} built`,
    () =>
      installCometbft({ go }).catch((error) => {
        throw new SetupError(`CometBFT could not be built: ${error.message}`, waysToGetCometbft())
      }),
  )
}

/** A machine without it still runs a devnet; several validators, and tests against the real one, it does not. */
function goWithout(reason) {
  if (stamp['without CometBFT'] === reason) return
  remember('without CometBFT', reason)
  const ways = waysToGetCometbft().map((way) => `\n  - ${way}`)
  say(
    `CometBFT v${COMETBFT_VERSION} was not found, ${reason}: \`npm start\` will use solo mode (one node, no fault ` +
      `tolerance). For the real one:${ways.join('')}`,
  )
}

function search() {
  const found = searchCometbft({ known: (path) => rememberedVersion(path, stamp) })
  if (found.path !== undefined) remember(`cometbft ${fingerprint(found.path)}`, found.version)
  return found
}

// helpers

async function step(doing, finished, action) {
  const start = Date.now()
  say(`${doing} …`)
  await action()
  done.push(finished)
  say(`${finished} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
}

function say(text) {
  if (!quiet) console.error(`setup: ${text}`)
}

/** Runs npm as the outer npm was run; else the one on PATH. Its output is shown only when it fails. */
function npm(args) {
  const cli = /npm-cli\.js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : undefined
  const outerNode = [process.env.npm_node_execpath, process.execPath].find(
    (path) => path && !path.startsWith(modules + sep),
  )
  const [command, first] = cli && outerNode ? [outerNode, [cli]] : ['npm', []]
  const options = {
    cwd: ROOT,
    env: { ...process.env, PATH: outerPath() },
    shell: command === 'npm' && exe !== '',
  }
  return new Promise((settle, reject) => {
    const child = spawn(command, [...first, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(0, 100_000)
      })
    child.on('error', (error) =>
      reject(new SetupError(`npm cannot be run: ${error.message}`, ['install Node with npm'])),
    )
    child.on('close', (code) =>
      code === 0
        ? settle()
        : reject(new SetupError(`"npm ${args.join(' ')}" failed (${code}):\n${npmErrors(output)}`)),
    )
  })
}

/** The first error lines of npm, without its page of usage. */
function npmErrors(output) {
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!) *\S/.test(line))
  return (lines.length > 0 ? lines : output.trim().split('\n')).slice(0, 12).join('\n')
}

/** PATH without this project's node_modules, which npm put in front of it. */
function outerPath() {
  const inner = (folder) => resolve(folder).startsWith(resolve(modules) + sep)
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !inner(folder))
    .join(delimiter)
}

/** One set-up of this clone at a time; a lock whose process is gone does not count. */
async function whileLocked(action) {
  const lock = join(ROOT, '.wadi', 'setup.lock')
  mkdirSync(join(ROOT, '.wadi'), { recursive: true })
  for (let waited = 0; !tryLock(lock); waited++) {
    if (waited === 0) say('another set-up is running; waiting for it …')
    await new Promise((wake) => setTimeout(wake, 200))
  }
  try {
    stamp = readStamp()
    return await action()
  } finally {
    rmSync(lock, { force: true })
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = Number(readText(lock))
  const age = ageMs(lock)
  const abandoned = age > LOCK_MAX_MS || (age > 2_000 && !(holder > 0 && alive(holder)))
  if (abandoned) rmSync(lock, { force: true })
  return false
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function remember(key, value) {
  if (stamp[key] === value) return
  stamp[key] = value
  if (existsSync(modules)) writeFileSync(STAMP_FILE, JSON.stringify(stamp))
}

function ageMs(path) {
  const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return at === undefined ? 0 : Date.now() - at
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readJson(path) {
  try {
    return JSON.parse(readText(path) ?? '')
  } catch {
    return undefined
  }
}
