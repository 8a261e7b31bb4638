import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setInToml } from '../config/toml-edit.ts'
import { writeWhole } from '../files.ts'
import type { AppSettings } from './app-toml.ts'
import { NodeError } from './errors.ts'
import { type GenesisConsensusParams, type GenesisDoc, genesisDoc, genesisValidator } from './genesis-doc.ts'
import { homePaths, initHome, type NodeHome, peerAddress, readHome } from './home.ts'
import { type NodeKeys, newNodeKeys, nodeId } from './keys.ts'
import { DEFAULT_PORTS, LOOPBACK, pickPorts } from './ports.ts'
import { runningOn } from './run-record.ts'

export const LOCALNET_CHAIN_ID = 'wadi-local-1'

/** More than this on one machine is a mistake rather than a test. */
const MAX_NODES = 32
/** Distance between the ports of two nodes. */
const PORT_STEP = 10
/** That a peer is gone is what a test of a net brings about; it is no error here. */
const LOG_LEVEL = 'p2p:none,*:error'
const SPEC_FILE = 'localnet.json'

export interface LocalnetOptions {
  /** The folder of the whole net; one home a node in it. */
  readonly dir: string
  /** 4 when absent. */
  readonly validators?: number
  /** Nodes that follow without a vote. */
  readonly fullNodes?: number
  /** P2P port of node 0, RPC one above; the next node 10 above. 0 looks for room from a random place on. */
  readonly basePort?: number
  readonly blockTimeMs?: number
  readonly chainId?: string
  readonly appState?: unknown
  readonly consensusParams?: GenesisConsensusParams
  /** Overrides the genesis made here; its validators must be those of `keys`. */
  readonly genesis?: (made: GenesisDoc) => GenesisDoc
  readonly app?: Partial<Omit<AppSettings, 'rest' | 'grpc' | 'telemetry'>>
  readonly logLevel?: string
}

/** What `localnet.json` keeps; enough to run the net again and to add a node to it. */
export interface LocalnetSpec {
  readonly dir: string
  readonly chainId: string
  readonly blockTimeMs: number
  readonly nodes: readonly { readonly name: string; readonly validator: boolean }[]
  readonly app: Partial<Omit<AppSettings, 'rest' | 'grpc' | 'telemetry'>>
  readonly logLevel: string
}

/** Writes the homes of a net on this machine: validators of equal power, one genesis, everybody's peer. */
export async function initLocalnet(options: LocalnetOptions): Promise<LocalnetSpec> {
  const { validators = 4, fullNodes = 0, chainId = LOCALNET_CHAIN_ID } = options
  const dir = resolve(options.dir)
  checkSize(validators, fullNodes)
  if (existsSync(join(dir, SPEC_FILE)))
    throw new NodeError('home-exists', `${dir} holds a localnet already`, [
      'run it: "wadi localnet" without --reset keeps its chain',
      'or start over with --reset, or choose another folder with --dir',
    ])
  const nodes = Array.from({ length: validators + fullNodes }, (_, i) => ({
    name: `node${i}`,
    validator: i < validators,
    keys: newNodeKeys(),
  }))
  const genesis = makeGenesis(options, nodes, chainId)
  const ports = await localnetPorts(options.basePort ?? DEFAULT_PORTS.p2p, nodes.length)
  const peers = nodes.map(({ keys }, i) => `${nodeId(keys.node)}@${LOOPBACK}:${ports[i]?.p2p}`)
  const spec: LocalnetSpec = {
    dir,
    chainId,
    blockTimeMs: options.blockTimeMs ?? 1_000,
    nodes: nodes.map(({ name, validator }) => ({ name, validator })),
    app: options.app ?? {},
    logLevel: options.logLevel ?? LOG_LEVEL,
  }
  nodes.forEach(({ name, keys }, i) => {
    const persistentPeers = peers.filter((_, j) => j !== i)
    initHome({ ...nodeOptions(spec, name), keys, genesis, ports: ports[i] ?? {}, persistentPeers })
  })
  writeSpec(spec)
  return spec
}

/** Adds the home of a full node that follows the others from their genesis; returns its name. */
export async function addFullNodeHome(dir: string): Promise<string> {
  const spec = readLocalnet(dir)
  const name = `node${spec.nodes.length}`
  const others = spec.nodes.map((node) => localnetHome(spec, node.name))
  const first = others[0]
  if (first === undefined) throw damaged(dir, 'it lists no nodes')
  const above = Math.max(...others.map(({ p2p }) => p2p.port)) + PORT_STEP
  const [ports] = await localnetPorts(above, 1)
  initHome({
    ...nodeOptions(spec, name),
    genesis: { file: first.paths.genesis },
    ports: ports ?? {},
    persistentPeers: others.map((home) => peerAddress(home)),
  })
  writeSpec({ ...spec, nodes: [...spec.nodes, { name, validator: false }] })
  return name
}

/** Changes the time between blocks of a net that does not run: of every node, and of those that are added. */
export function setBlockTime(dir: string, blockTimeMs: number): void {
  const spec = readLocalnet(dir)
  if (runningOn(join(spec.dir, 'run.json')) !== undefined)
    throw new NodeError('home-in-use', `the localnet in ${spec.dir} runs: its block time cannot be changed`, [
      'end it first (Ctrl-C in its terminal)',
    ])
  for (const { name } of spec.nodes) {
    const { cometbftToml: file } = localnetHome(spec, name).paths
    const text = setInToml(readFileSync(file, 'utf8'), ['consensus', 'timeout_commit'], `${blockTimeMs}ms`)
    writeWhole(file, text)
  }
  writeSpec({ ...spec, blockTimeMs })
}

/** Reads `localnet.json` of a folder. */
export function readLocalnet(dir: string): LocalnetSpec {
  const file = join(resolve(dir), SPEC_FILE)
  if (!existsSync(file))
    throw new NodeError('home-missing', `${resolve(dir)} is not the folder of a localnet`, [
      'create one: "wadi localnet --validators 4"',
    ])
  try {
    const spec = JSON.parse(readFileSync(file, 'utf8')) as LocalnetSpec
    if (!Array.isArray(spec.nodes) || spec.nodes.length === 0) throw new Error('it lists no nodes')
    return { ...spec, dir: resolve(dir) }
  } catch (error) {
    throw damaged(file, (error as Error).message)
  }
}

export function localnetHome(spec: LocalnetSpec, name: string): NodeHome {
  return readHome(join(spec.dir, name))
}

/** True when the folder holds a localnet. */
export function isLocalnet(dir: string): boolean {
  return existsSync(join(resolve(dir), SPEC_FILE))
}

function makeGenesis(
  options: LocalnetOptions,
  nodes: readonly { name: string; validator: boolean; keys: NodeKeys }[],
  chainId: string,
): GenesisDoc {
  const validators = nodes.filter(({ validator }) => validator)
  const { appState, consensusParams } = options
  const made = genesisDoc({
    chainId,
    validators: validators.map(({ name, keys }) => genesisValidator(keys.validator, name)),
    ...(appState === undefined ? {} : { appState }),
    ...(consensusParams === undefined ? {} : { consensusParams }),
  })
  return options.genesis?.(made) ?? made
}

function nodeOptions(spec: LocalnetSpec, name: string) {
  return {
    home: homePaths(join(spec.dir, name)).home,
    chainId: spec.chainId,
    moniker: name,
    blockTimeMs: spec.blockTimeMs,
    loopback: true,
    logLevel: spec.logLevel,
    app: spec.app,
  }
}

type NodePorts = Readonly<Record<keyof typeof DEFAULT_PORTS, number>>

async function localnetPorts(basePort: number, count: number): Promise<readonly NodePorts[]> {
  const base = basePort === 0 ? 15_000 + Math.floor(Math.random() * 1_500) * PORT_STEP : basePort
  const preferred: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const at = base + i * PORT_STEP
    Object.assign(preferred, {
      [`p2p${i}`]: at,
      [`rpc${i}`]: at + 1,
      [`rest${i}`]: at + 2,
      [`grpc${i}`]: at + 3,
      [`metrics${i}`]: at + 4,
      [`telemetry${i}`]: at + 5,
    })
  }
  const { ports } = await pickPorts(preferred)
  const of = (name: string, i: number) => ports[`${name}${i}`] ?? 0
  return Array.from({ length: count }, (_, i) => ({
    p2p: of('p2p', i),
    rpc: of('rpc', i),
    rest: of('rest', i),
    grpc: of('grpc', i),
    metrics: of('metrics', i),
    telemetry: of('telemetry', i),
  }))
}

function checkSize(validators: number, fullNodes: number): void {
  const whole = Number.isSafeInteger(validators) && Number.isSafeInteger(fullNodes)
  if (whole && validators >= 1 && fullNodes >= 0 && validators + fullNodes <= MAX_NODES) return
  throw new NodeError('bad-option', `${validators} validators and ${fullNodes} full nodes are not possible`, [
    `take at least one validator and at most ${MAX_NODES} nodes`,
  ])
}

function writeSpec(spec: LocalnetSpec): void {
  mkdirSync(spec.dir, { recursive: true, mode: 0o700 })
  const file = join(spec.dir, SPEC_FILE)
  const { dir: _, ...kept } = spec
  writeWhole(file, `${JSON.stringify(kept, null, 2)}\n`)
}

function damaged(file: string, problem: string): NodeError {
  return new NodeError('home-damaged', `${file} is damaged: ${problem}`, [
    'remove the folder and "wadi localnet" anew',
  ])
}
