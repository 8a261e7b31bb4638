import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findCometbft } from './cometbft.ts'
import { NodeError } from './errors.ts'
import { homePaths, type NodeHome, readHome } from './home.ts'
import { isPortFree } from './ports.ts'
import { type NodeStatus, nodeStatus, rpcGet } from './rpc.ts'
import { runningOn } from './run-record.ts'

/** One finding. `ok` false means that the node will not run well until `fix` is done. */
export interface Finding {
  readonly check: string
  readonly ok: boolean
  /** What was found. */
  readonly detail: string
  /** What to do; absent when all is well. */
  readonly fix?: string
}

const NODE_MAJOR = 24
const MIN_FREE_BYTES = 2 * 1024 ** 3
/** CometBFT refuses a proposal whose time is further off than this from what the node's clock allows. */
const MAX_CLOCK_SKEW_MS = 10_000
const STALL_MS = 60_000

export interface DoctorOptions {
  readonly home: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A node to compare with; the one that runs on this home when absent. */
  readonly rpcUrl?: string
  /** For tests. */
  readonly now?: () => number
}

/** Looks for the usual reasons why a node does not run, changes nothing, and never throws. */
export async function runDoctor(options: DoctorOptions): Promise<readonly Finding[]> {
  const findings = [checkNodeVersion(), checkVerifier(), checkCometbft(options.env ?? process.env)]
  const home = openHome(options.home)
  if (home instanceof NodeError)
    return [...findings, bad('home', firstLine(home), devnetBeside(options.home) ?? home.fix[0] ?? '')]
  findings.push(good('home', home.paths.home), checkKeyModes(home), checkDisk(home))

  const record = runningOn(home.paths.runRecord)
  findings.push(...(await checkPorts(home, record !== undefined)))
  const rpcUrl = options.rpcUrl ?? record?.rpcUrl
  const status = rpcUrl === undefined ? undefined : await nodeStatus(rpcUrl)
  if (rpcUrl === undefined) findings.push(good('running', 'no node runs on this home'))
  else if (status === undefined)
    findings.push(bad('running', `${rpcUrl} does not answer`, 'wait until it has started, or read its log'))
  else findings.push(good('running', `${rpcUrl} at height ${status.height}`))
  if (status !== undefined) findings.push(checkClock(status, (options.now ?? Date.now)()))
  findings.push(await checkGenesis(home, status === undefined ? undefined : rpcUrl))
  return findings
}

function checkNodeVersion(): Finding {
  const { node } = process.versions
  if (Number(node.split('.')[0]) >= NODE_MAJOR) return good('node', `Node ${node}`)
  return bad('node', `Node ${node} is older than ${NODE_MAJOR}`, 'run it with npm, or install Node 24')
}

function checkVerifier(): Finding {
  try {
    createRequire(import.meta.url)('secp256k1/bindings.js')
    return good('verifier', 'native libsecp256k1')
  } catch (error) {
    return bad(
      'verifier',
      `the native libsecp256k1 does not load: ${firstLine(error)}`,
      'npm rebuild secp256k1',
    )
  }
}

function checkCometbft(env: Readonly<Record<string, string | undefined>>): Finding {
  try {
    const { path, version } = findCometbft(env)
    return good('cometbft', `v${version} at ${path}`)
  } catch (error) {
    return bad('cometbft', firstLine(error), error instanceof NodeError ? (error.fix[0] ?? '') : '')
  }
}

function openHome(home: string): NodeHome | NodeError {
  try {
    return readHome(home)
  } catch (error) {
    if (error instanceof NodeError) return error
    return new NodeError('home-damaged', firstLine(error), [`look at ${homePaths(home).config}`])
  }
}

/** Who asks for no home by name, and has run a devnet, means that one. */
function devnetBeside(home: string): string | undefined {
  const devnet = join(dirname(home), 'devnet')
  if (existsSync(homePaths(home).genesis) || !existsSync(homePaths(devnet).genesis)) return undefined
  return `there is a devnet beside it: --home ${devnet}`
}

function checkKeyModes({ paths }: NodeHome): Finding {
  if (process.platform === 'win32') return good('key files', 'not checked on this system')
  const open = [paths.validatorKey, paths.nodeKey, paths.validatorState].filter(
    (file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0,
  )
  if (open.length === 0) return good('key files', 'readable by their owner only')
  return bad('key files', `others may read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
}

function checkDisk({ paths }: NodeHome): Finding {
  const { bavail, bsize } = statfsSync(paths.home)
  const free = bavail * bsize
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`
  return free >= MIN_FREE_BYTES
    ? good('disk', detail)
    : bad('disk', `only ${detail}`, `free some space where ${paths.home} is; a full disk halts the node`)
}

async function checkPorts(home: NodeHome, running: boolean): Promise<readonly Finding[]> {
  if (running) return []
  const { rpc, p2p, app } = home
  const { rest, grpc } = app
  const doors = { rpc, p2p, ...(rest.enabled ? { rest } : {}), ...(grpc.enabled ? { grpc } : {}) }
  return Promise.all(
    Object.entries(doors).map(async ([name, { host, port }]) =>
      (await isPortFree(port, host))
        ? good(`${name} port`, `${host}:${port} is free`)
        : bad(`${name} port`, `${host}:${port} is taken`, 'stop what listens there, or change it in config/'),
    ),
  )
}

/** The time of a block is what two thirds of the validators' clocks said. */
function checkClock({ height, latestBlockTime, catchingUp }: NodeStatus, now: number): Finding {
  if (height === 0) return good('clock', 'no block to compare with yet')
  const ahead = Date.parse(latestBlockTime) - now
  if (ahead > MAX_CLOCK_SKEW_MS)
    return bad(
      'clock',
      `the latest block is ${Math.round(ahead / 1000)} s in this clock's future`,
      'set the clock (NTP)',
    )
  if (-ahead > STALL_MS && !catchingUp)
    return bad(
      'clock',
      `the latest block is ${Math.round(-ahead / 1000)} s old: the chain stands still, or this clock is ahead`,
      'compare the clock with another machine (NTP); look whether two thirds of the validators run',
    )
  return good('clock', 'agrees with the latest block')
}

interface ServedGenesis {
  readonly genesis?: {
    readonly chain_id: string
    readonly genesis_time: string
    readonly validators: unknown
  }
}

/** CometBFT keeps the genesis it first saw and ignores a changed file, so the two may differ unnoticed. */
async function checkGenesis(home: NodeHome, rpcUrl: string | undefined): Promise<Finding> {
  const hash = await fileHash(home.paths.genesis)
  const own = `sha256 ${hash}`
  if (rpcUrl === undefined || statSync(home.paths.genesis).size > 16 * 1024 ** 2) return good('genesis', own)
  const served = ((await rpcGet(rpcUrl, '/genesis')) as ServedGenesis | undefined)?.genesis
  if (served === undefined) return good('genesis', `${own}; the node does not serve its own`)
  let file: ServedGenesis['genesis']
  try {
    file = JSON.parse(readFileSync(home.paths.genesis, 'utf8'))
  } catch (error) {
    return bad('genesis', `${home.paths.genesis}: ${firstLine(error)}`, 'restore the file')
  }
  const differs = (['chain_id', 'genesis_time', 'validators', 'app_state'] as const).find(
    (key) => canonical(file, key) !== canonical(served, key),
  )
  if (differs === undefined) return good('genesis', `${own}; equal to the running node's`)
  return bad(
    'genesis',
    `${home.paths.genesis} differs from what the running node started from, in ${differs}`,
    "restore the chain's genesis file, or start the chain over (--reset)",
  )
}

/** JSON with sorted keys; times in one spelling. */
function canonical(doc: object | undefined, key: string): string {
  const value = (doc as Record<string, unknown> | undefined)?.[key] ?? null
  if (key === 'genesis_time') return String(Date.parse(String(value)))
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function good(check: string, detail: string): Finding {
  return { check, ok: true, detail }
}

function bad(check: string, detail: string, fix: string): Finding {
  return { check, ok: false, detail, fix }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
