import { Histogram, prometheusText } from '#lib/metrics.ts'
import type { AbciServer } from '../../../abci/server.ts'
import type { AbciApp } from '../../../abci/types.ts'
import type { AppVersion } from '../../../app/app.ts'
import type { SignatureCache } from '../../../app/sigcache.ts'
import type { QueryPool } from '../../../query/pool.ts'
import { diskFiles, type LogFiles } from '../../../store/log-files.ts'
import type { Storage } from '../../../store/storage.ts'
import type { TelemetrySettings } from '../app-toml.ts'
import { familiesOf, type Reading } from './catalog.ts'
import { complaints } from './health.ts'
import { RuntimeMeter } from './runtime.ts'
import { type Health, TelemetryServer } from './server.ts'
import { AppMeter } from './watched-app.ts'

/** From a twentieth of a millisecond, a disk with a cache that survives, to seconds, a disk that is too slow. */
const SYNC_BOUNDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5,
]

/** The parts that are looked at, from when they exist. */
export interface TelemetryParts {
  readonly storage: Storage
  readonly pool: QueryPool
  readonly signatures: SignatureCache
}

/** Looks at a node from outside and tells it on a port of its own. Without one nothing is measured. */
export class Telemetry {
  readonly #app = new AppMeter()
  readonly #runtime = new RuntimeMeter()
  readonly #settings: TelemetrySettings
  readonly #version: AppVersion
  readonly #server: TelemetryServer
  readonly #abci: Pick<AbciServer, 'connectionCount'>
  readonly #startedAt = performance.now()
  readonly #sync = new Histogram(SYNC_BOUNDS)
  #logBytes = 0
  #parts: TelemetryParts | undefined
  #halted: string | undefined

  constructor(settings: TelemetrySettings, version: AppVersion, abci: Pick<AbciServer, 'connectionCount'>) {
    this.#settings = settings
    this.#version = version
    this.#abci = abci
    const pages = { metrics: () => this.metrics(), health: () => this.health() }
    this.#server = new TelemetryServer(pages)
  }

  /** The log's file operations, with an eye on them. */
  readonly files: LogFiles = {
    ...diskFiles,
    write: (file, bytes, from, length, position) => {
      const written = diskFiles.write(file, bytes, from, length, position)
      this.#logBytes += written
      return written
    },
    datasync: (file) => {
      const start = performance.now()
      diskFiles.datasync(file)
      this.#sync.observe((performance.now() - start) / 1000)
    },
  }

  watch(app: AbciApp): AbciApp {
    return this.#app.watch(app)
  }

  opened(parts: TelemetryParts): void {
    this.#parts = parts
  }

  halted(error: Error): void {
    this.#halted ??= error.message.split('\n')[0] ?? ''
  }

  /** Resolves with `http://host:port`. */
  listen(onError: (error: unknown) => void): Promise<string> {
    const { host, port } = this.#settings
    return this.#server.listen(host, port, onError)
  }

  async close(): Promise<void> {
    this.#runtime.close()
    await this.#server.close()
  }

  health(): Health {
    const { committedAt = this.#startedAt, blockTime } = this.#app
    const height = this.#parts?.storage.version ?? 0
    const reasons = complaints(
      {
        open: this.#parts !== undefined,
        halted: this.#halted,
        queryWorker: this.#parts?.pool.state.ready ?? false,
        connections: this.#abci.connectionCount,
        height,
        idleSeconds: (performance.now() - committedAt) / 1000,
        behindSeconds: blockTime === undefined ? undefined : Date.now() / 1000 - blockTime,
      },
      this.#settings.maxBlockAgeSeconds,
    )
    return { healthy: reasons.length === 0, height, reasons }
  }

  /** All that there is to say now, for Prometheus. */
  metrics(): string {
    const { healthy, height } = this.health()
    const { software, protocol } = this.#version
    const labels = { version: software, protocol: `${protocol}`, node: process.versions.node }
    const own: Reading = {
      wadi_build_info: [{ labels, value: 1 }],
      wadi_healthy: healthy ? 1 : 0,
      wadi_abci_connections: this.#abci.connectionCount,
      wadi_height: height,
      wadi_log_bytes_total: this.#logBytes,
      wadi_log_sync_seconds: [{ value: this.#sync }],
    }
    const parts = this.#parts
    const rest =
      parts === undefined
        ? []
        : [storageReading(parts.storage), signatureReading(parts.signatures), queryReading(parts.pool)]
    return prometheusText(familiesOf(own, this.#app.reading(), this.#runtime.reading(), ...rest))
  }
}

function signatureReading(cache: SignatureCache): Reading {
  const { hits, misses, verified } = cache.counters
  return {
    wadi_signature_cache_hits_total: hits,
    wadi_signature_cache_misses_total: misses,
    wadi_signatures_verified_total: verified,
    wadi_signature_cache_entries: cache.entries,
    wadi_signature_cache_capacity_entries: cache.capacity,
  }
}

function storageReading({ store, snapshots }: Storage): Reading {
  const { nodes, nodeBytes, dataBytes, reservedBytes, supersededBytes, versions, pins } = store.usage()
  return {
    wadi_tree_nodes: nodes,
    wadi_tree_node_bytes: nodeBytes,
    wadi_tree_data_bytes: dataBytes,
    wadi_tree_reserved_bytes: reservedBytes,
    wadi_tree_superseded_bytes: supersededBytes,
    wadi_versions_readable: versions,
    wadi_version_pins: pins,
    wadi_snapshot_height: snapshots.version,
    wadi_snapshot_seconds: snapshots.seconds,
    wadi_snapshots_total: [
      { labels: { outcome: 'ok' }, value: snapshots.written },
      { labels: { outcome: 'failed' }, value: snapshots.failed },
    ],
  }
}

function queryReading({ state }: QueryPool): Reading {
  const { ready, waiting, waitingBytes, refused, restarts, counts } = state
  const classes = counts?.classes() ?? []
  return {
    wadi_queries_waiting: waiting,
    wadi_queries_waiting_bytes: waitingBytes,
    wadi_queries_refused_total: Object.entries(refused).map(([reason, value]) => ({
      labels: { reason },
      value,
    })),
    wadi_query_worker_up: ready ? 1 : 0,
    wadi_query_worker_restarts_total: restarts,
    wadi_query_seconds: classes.map(({ name, seconds }) => ({ labels: { class: name }, value: seconds })),
    wadi_query_failures_total: classes.map(({ name, failures }) => ({
      labels: { class: name },
      value: failures,
    })),
  }
}
