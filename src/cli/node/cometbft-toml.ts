import { MEMPOOL_MIB } from './go-memory.ts'
import { isBoolean, isPositiveInteger, isString, isTable, readToml, TomlTable } from './toml-table.ts'

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
# Web pages that may read what RPC answers, by their origins: ["https://wallet.example"], or ["*"] for all of them.
cors_allowed_origins = ${s.loopback ? '["*"]' : '[]'}

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

/** Where CometBFT listens according to a `config.toml`. */
export function readCometbftAddresses(file: string) {
  return cometbftAddresses(file, readToml(file))
}

/** {@link readCometbftAddresses} of what is in the file, or is to be. */
export function cometbftAddresses(file: string, toml: Readonly<Record<string, unknown>>) {
  const section = (name: string) => new TomlTable(file, `${name}.`, new TomlTable(file, '', toml).table(name))
  const instrumentation = section('instrumentation')
  return {
    moniker: new TomlTable(file, '', toml).get('moniker', isString, 'a string'),
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
  const table = new TomlTable(file, 'mempool.', isTable(mempool) ? mempool : {})
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
