import { isOrigin, REST_LIMITS, type RestLimits } from '../../query/rest-limits.ts'
import { MEMPOOL_MIB } from './go-memory.ts'
import { DEFAULT_PORTS, LOOPBACK } from './ports.ts'
import { isBoolean, isPositiveInteger, isString, isStringList, readToml, Table } from './toml-table.ts'

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
  readonly rest: RestSettings
  readonly telemetry: TelemetrySettings
}

/** The `[telemetry]` section. */
export interface TelemetrySettings {
  readonly enabled: boolean
  readonly host: string
  readonly port: number
  /** Age of the last block in seconds from which on `/health` says that the node is of no use. */
  readonly maxBlockAgeSeconds: number
}

/** Ten times the time between blocks that anybody waits for without wondering. */
export const MAX_BLOCK_AGE_SECONDS = 60

/** The `[api]` section. */
export interface RestSettings extends RestLimits {
  readonly enabled: boolean
  readonly host: string
  readonly port: number
  /** Origins whose pages may read answers; `*` for every one. */
  readonly cors: readonly string[]
}

/** What REST does unless `app.toml` says otherwise. */
export const DEFAULT_REST: Omit<RestSettings, 'host' | 'port'> = { enabled: true, cors: [], ...REST_LIMITS }

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

# Web pages that may read what REST answers, by their origins: ["https://wallet.example"], or ["*"] for all of them.
cors = ${JSON.stringify(s.rest.cors)}

# Connections open at once, never more than files may be open (ulimit -n); one more is answered with 503.
max-open-connections = ${s.rest.maxConnections}

# Requests that wait at once, for CometBFT or the rest of their body; one more is answered with 503.
max-concurrent-requests = ${s.rest.maxConcurrent}

# Bytes of a body; a longer one is answered with 413.
max-body-bytes = ${s.rest.maxBodyBytes}

# Bytes of a path with its parameters; a longer one is answered with 414.
max-url-bytes = ${s.rest.maxUrlBytes}

# Seconds that a client may take to send a request.
client-timeout = ${s.rest.clientTimeoutMs / 1000}

# /metrics for Prometheus and /health for load balancers, in plain HTTP: leave it on this machine or a private network.
# Without this section it is off.
[telemetry]
enable = ${s.telemetry.enabled}
address = "tcp://${s.telemetry.host}:${s.telemetry.port}"

# Seconds without a block, or behind the time of the last one, after which /health answers 503.
max-block-age = ${s.telemetry.maxBlockAgeSeconds}
`
}

const APP_KEYS = ['minimum-gas-prices', 'index-events', 'snapshot-interval', 'api', 'telemetry']
const TELEMETRY_KEYS = ['enable', 'address', 'max-block-age']
const API_KEYS = [
  ...['enable', 'address', 'cors', 'max-open-connections', 'max-concurrent-requests'],
  ...['max-body-bytes', 'max-url-bytes', 'client-timeout'],
]

/** The settings in an `app.toml`. A key that is missing, unknown or of another type is an error which names it. */
export function readAppSettings(file: string): AppSettings {
  return appSettings(file, readToml(file))
}

/** {@link readAppSettings} of what is in the file, or is to be. */
export function appSettings(file: string, values: Readonly<Record<string, unknown>>): AppSettings {
  const top = new Table(file, '', values, APP_KEYS)
  const api = new Table(file, 'api.', top.table('api'), API_KEYS)
  const interval = top.get('snapshot-interval', isPositiveInteger, 'a number of blocks, at least 1')
  return {
    minimumGasPrices: top.get('minimum-gas-prices', isString, 'a string such as "1000awadi" or ""'),
    indexEvents: top.get('index-events', isStringList, 'a list of strings such as "message.sender"'),
    snapshotInterval: Number(interval),
    rest: readRest(api),
    telemetry: top.values['telemetry'] === undefined ? NO_TELEMETRY : readTelemetry(file, top),
  }
}

/** Homes that are older than telemetry have no port for it. */
const NO_TELEMETRY: TelemetrySettings = {
  enabled: false,
  host: LOOPBACK,
  port: DEFAULT_PORTS.telemetry,
  maxBlockAgeSeconds: MAX_BLOCK_AGE_SECONDS,
}

function readTelemetry(file: string, top: Table): TelemetrySettings {
  const table = new Table(file, 'telemetry.', top.table('telemetry'), TELEMETRY_KEYS)
  const age = ['a number of seconds, at least 1', MAX_BLOCK_AGE_SECONDS] as const
  return {
    enabled: table.get('enable', isBoolean, 'true or false'),
    ...table.address('address'),
    maxBlockAgeSeconds: table.optional('max-block-age', isPositiveInteger, ...age),
  }
}

/** What a home of an older release lacks has its default. */
function readRest(api: Table): RestSettings {
  const number = (key: string, otherwise: number) =>
    api.optional(key, isPositiveInteger, 'a whole number above 0', otherwise)
  const origins = 'a list of origins such as "https://wallet.example", or "*"'
  const cors = api.optional('cors', isOrigins, origins, [])
  return {
    enabled: api.get('enable', isBoolean, 'true or false'),
    ...api.address('address'),
    cors: typeof cors === 'string' ? [cors] : cors,
    maxConnections: number('max-open-connections', REST_LIMITS.maxConnections),
    maxConcurrent: number('max-concurrent-requests', REST_LIMITS.maxConcurrent),
    maxBodyBytes: number('max-body-bytes', REST_LIMITS.maxBodyBytes),
    maxUrlBytes: number('max-url-bytes', REST_LIMITS.maxUrlBytes),
    clientTimeoutMs: number('client-timeout', REST_LIMITS.clientTimeoutMs / 1000) * 1000,
  }
}

/** Where CometBFT listens according to a `config.toml`. */
export function readCometbftAddresses(file: string) {
  return cometbftAddresses(file, readToml(file))
}

/** {@link readCometbftAddresses} of what is in the file, or is to be. */
export function cometbftAddresses(file: string, toml: Readonly<Record<string, unknown>>) {
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

const isOrigins = (value: unknown): value is string | string[] =>
  value === '*' || (isStringList(value) && value.every(isOrigin))
