import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import { NodeError } from './errors.ts'
import { MEMPOOL_MIB } from './go-memory.ts'

/** What `config.toml` is written from. */
export interface CometbftSettings {
  readonly moniker: string
  readonly host: string
  readonly ports: { readonly rpc: number; readonly p2p: number; readonly metrics: number }
  /** Time between blocks, set as `timeout_commit`, in milliseconds. */
  readonly blockTimeMs: number
  /** `id@host:port` each. */
  readonly persistentPeers: readonly string[]
  /** All nodes share one machine: peers may have the same address, and private ones are remembered. */
  readonly loopback: boolean
  readonly prometheus: boolean
  readonly logLevel: string
}

/** CometBFT's configuration. Only what differs from its defaults; it fills the rest, and documents it. */
export function cometbftToml(s: CometbftSettings): string {
  return `# CometBFT of this node. What is not here has CometBFT's default:
# https://docs.cometbft.com/v0.38/core/configuration
# The application's address is given by "wadi start".

moniker = ${JSON.stringify(s.moniker)}
log_level = ${JSON.stringify(s.logLevel)}
log_format = "plain"

[rpc]
laddr = "tcp://${s.host}:${s.ports.rpc}"
cors_allowed_origins = ["*"]

[p2p]
laddr = "tcp://${s.host}:${s.ports.p2p}"
persistent_peers = ${JSON.stringify(s.persistentPeers.join(','))}
${s.loopback ? 'allow_duplicate_ip = true\naddr_book_strict = false\n' : ''}
[mempool]
# Room for a burst of ten blocks and for 128 MiB, which is 32 blocks of the largest kind.
size = 50000
max_txs_bytes = ${MEMPOOL_MIB * 1024 * 1024}
cache_size = 100000
max_tx_bytes = 1048576
# After a block, what is left is checked once more: sequence and balance may have changed.
recheck = true

[consensus]
timeout_commit = "${s.blockTimeMs}ms"

[tx_index]
# Clients look their transaction up by hash, so without it nothing they send is seen to land.
indexer = "kv"

[instrumentation]
prometheus = ${s.prometheus}
prometheus_listen_addr = "${s.host}:${s.ports.metrics}"
`
}

/** The application's own settings. */
export interface AppSettings {
  /** Coins per unit of gas this node asks for before it takes a transaction into its mempool; empty for none. */
  readonly minimumGasPrices: string
  /** `type.attribute` of the event attributes that CometBFT indexes for `tx_search` and `block_search`. */
  readonly indexEvents: readonly string[]
  /** Blocks between snapshots of the state. */
  readonly snapshotInterval: number
  readonly rest: { readonly enabled: boolean; readonly host: string; readonly port: number }
}

/** What wallets, explorers and relayers search for. */
export const DEFAULT_INDEX_EVENTS: readonly string[] = [
  'message.action',
  'message.sender',
  'transfer.recipient',
  'transfer.sender',
  'tx.acc_seq',
]

/** `app.toml`, with the key names operators know from other chains. */
export function appToml(s: AppSettings): string {
  const events = s.indexEvents.map((event) => `  ${JSON.stringify(event)},\n`).join('')
  return `# The application of this node.

# Lowest price of a unit of gas, e.g. "1000awadi", for a transaction to enter this node's mempool. Empty takes any.
minimum-gas-prices = ${JSON.stringify(s.minimumGasPrices)}

# Event attributes that are indexed for searches, as "type.attribute". Each costs disk and time on every transaction.
index-events = [
${events}]

# Blocks between two snapshots of the state; a restart loads the newest and replays what came after.
snapshot-interval = ${s.snapshotInterval}

[api]
enable = ${s.rest.enabled}
address = "tcp://${s.rest.host}:${s.rest.port}"
`
}

/** Parses a TOML file; the error names the file and the line. */
export function readToml(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new NodeError('home-damaged', `${file} cannot be read: ${(error as Error).message}`, [
      'restore it, or "wadi init" another home and copy its file',
    ])
  }
  try {
    return parse(text)
  } catch (error) {
    throw new NodeError('home-damaged', `${file}: ${(error as Error).message.trim()}`, ['correct that line'])
  }
}

const APP_KEYS = ['minimum-gas-prices', 'index-events', 'snapshot-interval', 'api']
const API_KEYS = ['enable', 'address']

/** The settings in an `app.toml`. A key that is missing, unknown or of another type is an error which names it. */
export function readAppSettings(file: string): AppSettings {
  const top = new Table(file, '', readToml(file), APP_KEYS)
  const api = new Table(file, 'api.', top.table('api'), API_KEYS)
  const interval = top.get('snapshot-interval', isPositiveInteger, 'a number of blocks, at least 1')
  return {
    minimumGasPrices: top.get('minimum-gas-prices', isString, 'a string such as "1000awadi" or ""'),
    indexEvents: top.get('index-events', isStringList, 'a list of strings such as "message.sender"'),
    snapshotInterval: Number(interval),
    rest: { enabled: api.get('enable', isBoolean, 'true or false'), ...api.address('address') },
  }
}

/** Where CometBFT listens according to a `config.toml`. */
export function readCometbftAddresses(file: string) {
  const toml = readToml(file)
  const section = (name: string) => new Table(file, `${name}.`, new Table(file, '', toml).table(name))
  const instrumentation = section('instrumentation')
  return {
    moniker: new Table(file, '', toml).get('moniker', isString, 'a string'),
    rpc: section('rpc').address('laddr'),
    p2p: section('p2p').address('laddr'),
    metrics: {
      enabled: instrumentation.get('prometheus', isBoolean, 'true or false'),
      ...instrumentation.address('prometheus_listen_addr'),
    },
  }
}

/** Limits of the mempool in a `config.toml`, those that it names. */
export function readMempoolLimits(
  file: string,
): Partial<Record<'txs' | 'bytes' | 'txBytes' | 'cache', number>> {
  const { mempool } = readToml(file)
  const table = new Table(file, 'mempool.', isTable(mempool) ? mempool : {})
  const read = (key: string) =>
    key in table.values ? Number(table.get(key, isPositiveInteger, 'a whole number above 0')) : undefined
  const limits = {
    txs: read('size'),
    bytes: read('max_txs_bytes'),
    txBytes: read('max_tx_bytes'),
    cache: read('cache_size'),
  }
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))
}

/** One table of a TOML file; every complaint names file, key, value and what is expected. */
class Table {
  readonly file: string
  readonly prefix: string
  readonly values: Readonly<Record<string, unknown>>

  constructor(
    file: string,
    prefix: string,
    values: Readonly<Record<string, unknown>>,
    known?: readonly string[],
  ) {
    this.file = file
    this.prefix = prefix
    this.values = values
    const unknown = known === undefined ? undefined : Object.keys(values).find((key) => !known.includes(key))
    if (unknown !== undefined) this.refuse(unknown, `is unknown; known here: ${known?.join(', ')}`)
  }

  get<T>(key: string, is: (value: unknown) => value is T, expected: string): T {
    const value = this.values[key]
    return is(value) ? value : this.refuse(key, `must be ${expected}, not ${JSON.stringify(value)}`)
  }

  table(key: string): Readonly<Record<string, unknown>> {
    return this.get(key, isTable, 'a section')
  }

  address(key: string): { host: string; port: number } {
    const text = this.get(key, isString, 'an address such as "tcp://127.0.0.1:1317"')
    const parts = /^(?:tcp:\/\/)?(.*):(\d{1,5})$/.exec(text)
    if (parts === null)
      this.refuse(key, `must be an address such as "tcp://127.0.0.1:1317", not ${JSON.stringify(text)}`)
    return { host: parts[1] || '0.0.0.0', port: Number(parts[2]) }
  }

  private refuse(key: string, problem: string): never {
    throw new NodeError('home-damaged', `${this.file}: ${this.prefix}${key} ${problem}`, [
      `correct it in ${this.file}`,
    ])
  }
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isPositiveInteger = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0
const isStringList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString)
const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
