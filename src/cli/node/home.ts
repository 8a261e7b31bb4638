import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { DEFAULT_PRUNING } from '../../store/pruning.ts'
import {
  type AppSettings,
  appToml,
  DEFAULT_INDEX_EVENTS,
  DEFAULT_REST,
  MAX_BLOCK_AGE_SECONDS,
  readAppSettings,
} from './app-toml.ts'
import { cometbftToml, readCometbftAddresses } from './cometbft-toml.ts'
import { NodeError } from './errors.ts'
import { type GenesisConsensusParams, type GenesisDoc, genesisDoc, genesisValidator } from './genesis-doc.ts'
import { keyFromJson, type NodeKeys, newNodeKeys, nodeId, nodeKeyJson, validatorKeyJson } from './keys.ts'
import { DEFAULT_PORTS, LOOPBACK } from './ports.ts'

/** Every path of a node's home folder. */
export interface HomePaths {
  readonly home: string
  readonly config: string
  readonly cometbftToml: string
  readonly appToml: string
  readonly genesis: string
  readonly validatorKey: string
  readonly nodeKey: string
  /** CometBFT's blocks, state and indexes. */
  readonly data: string
  readonly validatorState: string
  /** The application's log and snapshots. */
  readonly appData: string
  /** Who runs on this home; see `run-record.ts`. */
  readonly runRecord: string
  /** The unix socket between CometBFT and the application. */
  readonly abciSocket: string
}

export function homePaths(home: string): HomePaths {
  const root = resolve(home)
  const config = join(root, 'config')
  const data = join(root, 'data')
  return {
    home: root,
    config,
    cometbftToml: join(config, 'config.toml'),
    appToml: join(config, 'app.toml'),
    genesis: join(config, 'genesis.json'),
    validatorKey: join(config, 'priv_validator_key.json'),
    nodeKey: join(config, 'node_key.json'),
    data,
    validatorState: join(data, 'priv_validator_state.json'),
    appData: join(data, 'app'),
    runRecord: join(root, 'run.json'),
    abciSocket: socketPath(root, 'abci.sock'),
  }
}

/** The longest path of a unix socket every system takes (macOS: 103 bytes). */
const SOCKET_PATH_MAX = 100

/**
 * `file` in `folder`; where that is too long for a unix socket, the same name in a private folder of the system's
 * temporary one, the same for every process of this user.
 */
export function socketPath(folder: string, file: string): string {
  const near = join(folder, file)
  if (Buffer.byteLength(near) <= SOCKET_PATH_MAX) return near
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  return join(tmpdir(), `wadi-${userInfo().uid}-${hash}`, file)
}

/** Makes the folder of a socket; one in the shared temporary folder has to be this user's alone. */
export function prepareSocketFolder(socket: string): void {
  const folder = dirname(socket)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (dirname(folder) !== tmpdir()) return
  const { uid, mode } = statSync(folder)
  if (uid !== userInfo().uid || (mode & 0o077) !== 0)
    throw new NodeError('start-failed', `${folder} is open to other users`, [
      'remove it, or use a shorter path for the home',
    ])
}

export interface InitOptions {
  readonly home: string
  readonly chainId: string
  readonly moniker?: string
  /** Made when absent. */
  readonly keys?: NodeKeys
  /** A whole genesis, or a file of it to copy. When absent this node is the only validator of a new one. */
  readonly genesis?: GenesisDoc | { readonly file: string }
  /** For a new genesis only. */
  readonly appState?: unknown
  readonly consensusParams?: GenesisConsensusParams
  readonly ports?: Partial<Record<keyof typeof DEFAULT_PORTS, number>>
  /** Where RPC, P2P, REST and gRPC listen; loopback when absent. */
  readonly host?: string
  /** Milliseconds between blocks; 1,000 when absent. */
  readonly blockTimeMs?: number
  readonly persistentPeers?: readonly string[]
  readonly loopback?: boolean
  readonly prometheus?: boolean
  readonly logLevel?: string
  readonly app?: Partial<Omit<AppSettings, 'rest' | 'grpc' | 'telemetry'>>
}

/**
 * Writes a new home: keys, genesis, `config.toml`, `app.toml`, empty data. Refuses a folder that already is one.
 * Nothing of CometBFT is run for it.
 */
export function initHome(options: InitOptions): NodeHome {
  const paths = homePaths(options.home)
  refuseExisting(paths)
  checkOptions(options)
  const keys = options.keys ?? newNodeKeys()
  for (const folder of [paths.home, paths.config, paths.data, paths.appData])
    mkdirSync(folder, { recursive: true, mode: 0o700 })

  writeConfig(paths, options)
  writeSecret(paths.validatorKey, validatorKeyJson(keys.validator))
  writeSecret(paths.nodeKey, nodeKeyJson(keys.node))
  writeFreshValidatorState(paths)
  writeGenesis(paths, options, keys)
  return readHome(paths.home)
}

function refuseExisting({ home, config, validatorKey, genesis }: HomePaths): void {
  const found = [validatorKey, genesis, config].find((path) => existsSync(path))
  if (found === undefined || (found === config && readdirSync(config).length === 0)) return
  throw new NodeError('home-exists', `${home} is initialised already: ${found} exists`, [
    `start it: "wadi start --home ${home}"`,
    'choose another folder with --home, or move this one away (it holds the validator key)',
  ])
}

function checkOptions({ chainId, blockTimeMs = 1_000 }: InitOptions): void {
  if (!/^[a-zA-Z0-9._-]{1,50}$/.test(chainId))
    throw new NodeError('bad-option', `chain id ${JSON.stringify(chainId)} is not usable`, [
      'take 1 to 50 letters, digits, dots, hyphens or underscores, such as wadi-dev-1',
    ])
  if (!Number.isSafeInteger(blockTimeMs) || blockTimeMs < 1 || blockTimeMs > 3_600_000)
    throw new NodeError('bad-option', `block time ${blockTimeMs} ms is not usable`, ['take 1 ms to 1 hour'])
}

function writeConfig(paths: HomePaths, options: InitOptions): void {
  const { host = LOOPBACK, app = {} } = options
  const ports = { ...DEFAULT_PORTS, ...options.ports }
  const settings = {
    moniker: options.moniker ?? 'wadi',
    host,
    ports,
    blockTimeMs: options.blockTimeMs ?? 1_000,
    persistentPeers: options.persistentPeers ?? [],
    loopback: options.loopback ?? host === LOOPBACK,
    prometheus: options.prometheus ?? false,
    logLevel: options.logLevel ?? 'error',
  }
  writeFileSync(paths.cometbftToml, cometbftToml(settings))
  const defaults = { minimumGasPrices: '', indexEvents: DEFAULT_INDEX_EVENTS, snapshotInterval: 1_000 }
  const rest = { ...DEFAULT_REST, host, port: ports.rest }
  const grpc = { enabled: true, host, port: ports.grpc }
  // On this machine whatever the host: what it tells is for the operator.
  const telemetry = {
    ...{ enabled: true, host: LOOPBACK, port: ports.telemetry },
    maxBlockAgeSeconds: MAX_BLOCK_AGE_SECONDS,
  }
  writeFileSync(
    paths.appToml,
    appToml({ ...defaults, pruning: DEFAULT_PRUNING, ...app, rest, grpc, telemetry }),
  )
}

function writeGenesis(paths: HomePaths, options: InitOptions, keys: NodeKeys): void {
  const { chainId, moniker = 'wadi', genesis, appState, consensusParams } = options
  if (genesis !== undefined && 'file' in genesis) {
    copyFileSync(genesis.file, paths.genesis)
    return
  }
  const alone = () =>
    genesisDoc({
      chainId,
      validators: [genesisValidator(keys.validator, moniker)],
      appState,
      ...(consensusParams === undefined ? {} : { consensusParams }),
    })
  writeJson(paths.genesis, genesis ?? alone(), 0o644)
}

function writeSecret(file: string, value: unknown): void {
  writeJson(file, value, 0o600)
}

function writeFreshValidatorState(paths: HomePaths): void {
  writeSecret(paths.validatorState, { height: '0', round: 0, step: 0 })
}

function writeJson(file: string, value: unknown, mode: number): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode })
  chmodSync(file, mode)
}

/** Starts the chain of this home over: drops all data, keeps keys, genesis and configuration. */
export function resetHome(home: string): void {
  const paths = homePaths(home)
  readHome(home)
  rmSync(paths.data, { recursive: true, force: true })
  rmSync(join(paths.config, 'addrbook.json'), { force: true })
  mkdirSync(paths.appData, { recursive: true, mode: 0o700 })
  writeFreshValidatorState(paths)
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** An initialised home: where things are and what its configuration says. */
export interface NodeHome {
  readonly paths: HomePaths
  readonly moniker: string
  readonly nodeId: string
  readonly rpc: Address
  readonly p2p: Address
  readonly metrics: Address & { readonly enabled: boolean }
  readonly app: AppSettings
}

/** Reads the home's configuration; every error names the file, the key and the fix. */
export function readHome(home: string): NodeHome {
  const paths = homePaths(home)
  const missing = [
    paths.genesis,
    paths.cometbftToml,
    paths.appToml,
    paths.validatorKey,
    paths.nodeKey,
  ].filter((file) => !existsSync(file))
  if (missing.length === 5)
    throw new NodeError('home-missing', `${paths.home} is not the home of a node`, [
      'create one: "wadi init --home …"',
    ])
  if (missing[0] !== undefined)
    throw new NodeError('home-damaged', `${missing[0]} is missing`, [
      'restore it from a backup, or "wadi init" anew',
    ])
  return {
    paths,
    nodeId: readNodeId(paths.nodeKey),
    ...readCometbftAddresses(paths.cometbftToml),
    app: readAppSettings(paths.appToml),
  }
}

function readNodeId(file: string): string {
  let key: ReturnType<typeof keyFromJson>
  try {
    key = keyFromJson(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    key = undefined
  }
  if (key === undefined)
    throw new NodeError('home-damaged', `${file} holds no ed25519 node key`, [
      'restore it; or remove it and "wadi init" another home to take its node_key.json (peers then ' +
        'know this node anew)',
    ])
  return nodeId(key)
}

/** What other nodes put into their `persistent_peers` to reach this one. */
export function peerAddress(home: NodeHome, host = home.p2p.host): string {
  return `${home.nodeId}@${host}:${home.p2p.port}`
}
