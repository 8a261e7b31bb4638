import { isOrigin, REST_LIMITS, type RestLimits } from '../../query/rest-limits.ts'
import { PRUNING_MODES, type Pruning, type PruningMode, pruningProblem } from '../../store/pruning.ts'
import { NodeError } from './errors.ts'
import { DEFAULT_PORTS, LOOPBACK } from './ports.ts'
import { isBoolean, isPositiveInteger, isString, readToml, TomlTable } from './toml-table.ts'

/** Whether a door is open, and where. */
export interface DoorSettings {
  readonly enabled: boolean
  readonly host: string
  readonly port: number
}

/** The application's own settings. */
export interface AppSettings {
  /** Coins per unit of gas this node asks for before it takes a transaction into its mempool; empty for none. */
  readonly minimumGasPrices: string
  /** `type.attribute` of the event attributes that CometBFT indexes for `tx_search` and `block_search`. */
  readonly indexEvents: readonly string[]
  /** Blocks between snapshots of the state. */
  readonly snapshotInterval: number
  /** Which old heights are kept. */
  readonly pruning: Pruning
  readonly rest: RestSettings
  readonly grpc: DoorSettings
  readonly telemetry: TelemetrySettings
}

/** The `[telemetry]` section. */
export interface TelemetrySettings extends DoorSettings {
  /** Age of the last block in seconds from which on `/health` says that the node is of no use. */
  readonly maxBlockAgeSeconds: number
}

/** Longer than anybody waits for a block without wondering. */
export const MAX_BLOCK_AGE_SECONDS = 60

/** The `[api]` section. */
export interface RestSettings extends RestLimits, DoorSettings {
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

# Old heights that queries and proofs can ask for:
#   default     the last 100, from memory
#   nothing     all of them, on the disk: an archive node
#   everything  as few as possible, the last 10
#   custom      the last pruning-keep-recent (at least 10), removed every pruning-interval heights (at least 10)
pruning = "${s.pruning.mode}"
pruning-keep-recent = "${s.pruning.keepRecent}"
pruning-interval = "${s.pruning.interval}"

# REST.
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

# In plain HTTP/2, for programs on this machine or behind a proxy that encrypts. Without this section gRPC is off.
[grpc]
enable = ${s.grpc.enabled}
address = "${s.grpc.host}:${s.grpc.port}"

# /metrics for Prometheus and /health for load balancers, in plain HTTP: leave it on this machine or a private network.
# Without this section it is off.
[telemetry]
enable = ${s.telemetry.enabled}
address = "tcp://${s.telemetry.host}:${s.telemetry.port}"

# Seconds without a block, or behind the time of the last one, after which /health answers 503.
max-block-age = ${s.telemetry.maxBlockAgeSeconds}
`
}

const PRUNING_KEYS = ['pruning', 'pruning-keep-recent', 'pruning-interval']
const APP_KEYS = [
  ...['minimum-gas-prices', 'index-events', 'snapshot-interval', ...PRUNING_KEYS],
  ...['api', 'grpc', 'telemetry'],
]
const API_KEYS = [
  ...['enable', 'address', 'cors', 'max-open-connections', 'max-concurrent-requests'],
  ...['max-body-bytes', 'max-url-bytes', 'client-timeout'],
]
const GRPC_KEYS = ['enable', 'address']
const TELEMETRY_KEYS = ['enable', 'address', 'max-block-age']

/** The settings in an `app.toml`. A key that is missing, unknown or of another type is an error which names it. */
export function readAppSettings(file: string): AppSettings {
  return appSettings(file, readToml(file))
}

/** {@link readAppSettings} of what is in the file, or is to be. */
export function appSettings(file: string, values: Readonly<Record<string, unknown>>): AppSettings {
  const top = new TomlTable(file, '', values, APP_KEYS)
  const api = new TomlTable(file, 'api.', top.table('api'), API_KEYS)
  const interval = top.get('snapshot-interval', isPositiveInteger, 'a number of blocks, at least 1')
  return {
    minimumGasPrices: top.get('minimum-gas-prices', isString, 'a string such as "1000awadi" or ""'),
    indexEvents: top.get('index-events', isStringList, 'a list of strings such as "message.sender"'),
    snapshotInterval: Number(interval),
    pruning: readPruning(file, top),
    rest: readRest(api),
    grpc: top.values['grpc'] === undefined ? GRPC_OFF : readGrpc(file, top),
    telemetry: top.values['telemetry'] === undefined ? TELEMETRY_OFF : readTelemetry(file, top),
  }
}

/** Homes that are older than gRPC have no section for it. */
const GRPC_OFF: DoorSettings = { enabled: false, host: LOOPBACK, port: DEFAULT_PORTS.grpc }

function readGrpc(file: string, top: TomlTable): DoorSettings {
  const grpc = new TomlTable(file, 'grpc.', top.table('grpc'), GRPC_KEYS)
  return { enabled: grpc.get('enable', isBoolean, 'true or false'), ...grpc.address('address') }
}

/** Homes that are older than telemetry have no port for it. */
const TELEMETRY_OFF: TelemetrySettings = {
  enabled: false,
  host: LOOPBACK,
  port: DEFAULT_PORTS.telemetry,
  maxBlockAgeSeconds: MAX_BLOCK_AGE_SECONDS,
}

function readTelemetry(file: string, top: TomlTable): TelemetrySettings {
  const table = new TomlTable(file, 'telemetry.', top.table('telemetry'), TELEMETRY_KEYS)
  const age = ['a number of seconds, at least 1', MAX_BLOCK_AGE_SECONDS] as const
  return {
    enabled: table.get('enable', isBoolean, 'true or false'),
    ...table.address('address'),
    maxBlockAgeSeconds: table.optional('max-block-age', isPositiveInteger, ...age),
  }
}

/** What a home of an older release lacks has its default. */
function readRest(api: TomlTable): RestSettings {
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

/** Keys that are missing have their default: homes of earlier releases have none of them. */
function readPruning(file: string, top: TomlTable): Pruning {
  const count = (key: string) =>
    Number(top.values[key] === undefined ? 0 : top.get(key, isCount, 'a number of heights such as "1000"'))
  const mode =
    top.values['pruning'] === undefined
      ? 'default'
      : top.get('pruning', isPruningMode, `one of ${PRUNING_MODES.join(', ')}`)
  const pruning = { mode, keepRecent: count('pruning-keep-recent'), interval: count('pruning-interval') }
  const problem = pruningProblem(pruning)
  if (problem === undefined) return pruning
  throw new NodeError('home-damaged', `${file}: ${problem}`, [`correct it in ${file}`])
}

/** Written as a string, as other chains do, or as a number. */
const isCount = (value: unknown): value is string | number =>
  /^\d{1,10}$/.test(String(value)) && (isString(value) || typeof value === 'number')
const isPruningMode = (value: unknown): value is PruningMode =>
  (PRUNING_MODES as readonly unknown[]).includes(value)
const isStringList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString)
const isOrigins = (value: unknown): value is string | string[] =>
  value === '*' || (isStringList(value) && value.every(isOrigin))
