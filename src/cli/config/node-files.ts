import { existsSync } from 'node:fs'
import { parse } from 'smol-toml'
import { CommandError } from '../errors.ts'
import { appSettings } from '../node/app-toml.ts'
import { cometbftAddresses } from '../node/cometbft-toml.ts'
import { NodeError } from '../node/errors.ts'
import { parseGasPrices } from '../node/gas-prices.ts'
import { homePaths } from '../node/home.ts'
import { readToml } from '../node/toml-table.ts'
import { didYouMean } from '../suggest.ts'
import { type TomlValue, tomlAt } from './toml-edit.ts'

/** The files of a node's home that can be changed here. */
export type NodeFileName = 'app' | 'cometbft'

/** Where `wadi init` makes a home, and `wadi start` looks for one. */
export const DEFAULT_NODE_HOME = '.wadi/node'

/** One configuration file of a home. */
export interface NodeFile {
  readonly path: string
  /** Throws with file, key, value and fix unless a node can start from these values. */
  check(values: Readonly<Record<string, unknown>>): void
  /** Keys that may be set although the file does not have them yet. */
  readonly known: Readonly<Record<string, Kind>>
}

type Kind = 'text' | 'number' | 'bool' | 'list' | 'duration'

/** The file of that name in a home. Throws {@link CommandError} where there is no home. */
export function nodeFile(home: string, name: NodeFileName): NodeFile {
  const paths = homePaths(home)
  const path = name === 'app' ? paths.appToml : paths.cometbftToml
  if (!existsSync(path))
    throw new CommandError(
      `${paths.home} is not the home of a node: it has no ${path.slice(paths.home.length + 1)}`,
      [`name the home with --home (default: ${DEFAULT_NODE_HOME}); "npm start" runs on .wadi/devnet`],
    )
  if (name === 'app') return { path, check: (values) => checkApp(path, values), known: {} }
  return { path, check: (values) => checkCometbft(path, values), known: cometbftKeys }
}

/** The values of the file. */
export const nodeValues = ({ path }: NodeFile): Readonly<Record<string, unknown>> => readToml(path)

/** All keys of a table with their values, `a.b` for those of sections, in the order of the file. */
export function flat(table: Readonly<Record<string, unknown>>, prefix = ''): [key: string, value: unknown][] {
  return Object.entries(table).flatMap(([key, value]) =>
    isTable(value) ? flat(value, `${prefix}${key}.`) : [[prefix + key, value] as [string, unknown]],
  )
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** The value that a text of the command line means for a key: of the kind that stands there, or is known to. */
export function nodeValue(file: NodeFile, key: string, text: string): TomlValue {
  const values = nodeValues(file)
  const kind = file.known[key] ?? kindOf(tomlAt(values, key.split('.')))
  if (kind !== undefined) return valueOf(file.path, key, text, kind)
  // The application's reader knows its keys, and says so; of CometBFT's many, those that people change are known.
  if (Object.keys(file.known).length === 0) return guessed(text)
  const names = [...flat(values).map(([name]) => name), ...Object.keys(file.known)]
  throw new CommandError(`${file.path}: ${key} is no key that this program knows.${didYouMean(key, names)}`, [
    'if CometBFT knows it, write it into the file by hand: https://docs.cometbft.com/v0.38/core/configuration',
  ])
}

function kindOf(value: unknown): Kind | undefined {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'number'
  return Array.isArray(value) ? 'list' : undefined
}

function valueOf(file: string, key: string, text: string, kind: Kind): TomlValue {
  const bad = (expected: string) =>
    new CommandError(`${file}: ${key} must be ${expected}, not ${JSON.stringify(text)}`, [
      'nothing was changed',
    ])
  switch (kind) {
    case 'bool':
      if (text === 'true' || text === 'false') return text === 'true'
      throw bad('true or false')
    case 'number':
      if (/^-?\d{1,15}$/.test(text)) return Number(text)
      throw bad('a whole number')
    case 'duration':
      if (/^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/.test(text)) return text
      throw bad('a duration such as 500ms or 1m30s')
    case 'list': {
      const list = listOf(text)
      if (list === undefined) throw bad('a list, as one,two or ["one", "two"]')
      return list
    }
    case 'text':
      return text
  }
}

function listOf(text: string): string[] | undefined {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(',').map((item) => item.trim())
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined
  } catch {
    return undefined
  }
}

/** The value of a key that the file does not have: as TOML would write it, else a text. */
function guessed(text: string): TomlValue {
  try {
    const value = parse(`value = ${text}`)['value']
    if (kindOf(value) !== undefined) return value as TomlValue
  } catch {
    // Then it is a text without its quotes.
  }
  return text
}

function checkApp(path: string, values: Readonly<Record<string, unknown>>): void {
  const { minimumGasPrices } = appSettings(path, values)
  try {
    parseGasPrices(minimumGasPrices)
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    const [problem = ''] = error.message.split('\n')
    throw new NodeError('home-damaged', `${path}: ${problem}`, error.fix)
  }
}

function checkCometbft(path: string, values: Readonly<Record<string, unknown>>): void {
  cometbftAddresses(path, values)
  for (const [key, kind] of Object.entries(cometbftKeys)) {
    const value = tomlAt(values, key.split('.'))
    if (value === undefined) continue
    const expected = kind === 'duration' ? 'text' : kind
    if (kindOf(value) !== expected)
      throw new CommandError(`${path}: ${key} must be a ${expected}, not ${JSON.stringify(value)}`, [
        `set it: "wadi config set cometbft ${key} VALUE"`,
      ])
    if (kind === 'duration') valueOf(path, key, String(value), kind)
  }
}

/** What operators change in CometBFT's configuration (v0.38), with what it holds. */
const cometbftKeys: Readonly<Record<string, Kind>> = {
  moniker: 'text',
  log_level: 'text',
  log_format: 'text',
  'rpc.laddr': 'text',
  'rpc.cors_allowed_origins': 'list',
  'rpc.max_open_connections': 'number',
  'rpc.max_subscription_clients': 'number',
  'rpc.max_body_bytes': 'number',
  'rpc.timeout_broadcast_tx_commit': 'duration',
  'p2p.laddr': 'text',
  'p2p.external_address': 'text',
  'p2p.seeds': 'text',
  'p2p.persistent_peers': 'text',
  'p2p.private_peer_ids': 'text',
  'p2p.unconditional_peer_ids': 'text',
  'p2p.max_num_inbound_peers': 'number',
  'p2p.max_num_outbound_peers': 'number',
  'p2p.pex': 'bool',
  'p2p.seed_mode': 'bool',
  'p2p.addr_book_strict': 'bool',
  'p2p.allow_duplicate_ip': 'bool',
  'p2p.send_rate': 'number',
  'p2p.recv_rate': 'number',
  'mempool.size': 'number',
  'mempool.max_txs_bytes': 'number',
  'mempool.cache_size': 'number',
  'mempool.max_tx_bytes': 'number',
  'mempool.recheck': 'bool',
  'mempool.broadcast': 'bool',
  'statesync.enable': 'bool',
  'statesync.rpc_servers': 'text',
  'statesync.trust_height': 'number',
  'statesync.trust_hash': 'text',
  'statesync.trust_period': 'duration',
  'consensus.timeout_propose': 'duration',
  'consensus.timeout_prevote': 'duration',
  'consensus.timeout_precommit': 'duration',
  'consensus.timeout_commit': 'duration',
  'consensus.create_empty_blocks': 'bool',
  'consensus.create_empty_blocks_interval': 'duration',
  'tx_index.indexer': 'text',
  'instrumentation.prometheus': 'bool',
  'instrumentation.prometheus_listen_addr': 'text',
}
