import type { QueryRequest, QueryResponse } from '../abci/types.ts'
import type { StoreShare } from '../store/multistore.ts'
import { RequestBatch, readResponses } from './batch.ts'
import { nodeErr } from './errors.ts'
import type { GrpcOptions } from './grpc/door.ts'
import type { Log, PoolMessage, PruningSettings, WorkerMessage, WorkerSettings } from './messages.ts'
import { type PoolRefusal, type PoolState, refusedResponse } from './pool-state.ts'
import { QueryCounts } from './query-counts.ts'
import type { RestOptions } from './rest.ts'
import { QueryThread, WORKER_HEAP_MB } from './thread.ts'
import { QUERY_GAS } from './versions.ts'

/** The committed state, as far as a reader in another thread needs it. */
export interface SharedStore {
  reader(): StoreShare
  dropReader(share: StoreShare): void
}

export interface PoolLimits {
  /** Queries under way at once; more are refused (default 1,000). */
  readonly pending: number
  /** Bytes of their requests together (default 32 MiB). */
  readonly pendingBytes: number
  /** How long a query may take (default 20 s). A worker that then says nothing for as long is started anew. */
  readonly timeoutMs: number
  /** Heap of the worker (default {@link WORKER_HEAP_MB}). */
  readonly workerHeapMb: number
}

export interface QueryPoolOptions {
  readonly store: SharedStore
  /** CometBFT's RPC, as `http://127.0.0.1:26657`. */
  readonly rpcUrl: string
  /** REST is served if this is given. */
  readonly rest?: RestOptions | undefined
  /** gRPC is served if this is given. */
  readonly grpc?: GrpcOptions | undefined
  /** The node's minimum gas prices, as `0.025awadi`; told to clients. */
  readonly minGasPrices: string
  /** Version of this program. */
  readonly software: string
  readonly log: Log
  /** Heights that are kept (default the last 100); told to clients. */
  readonly pruning?: PruningSettings
  /** Folder of the history, if the node has one. */
  readonly history?: string
  /** Gas that one query may use. */
  readonly queryGas?: number
  readonly limits?: Partial<PoolLimits>
  /** A thread whose code loads already; where it is not given, or at work, one is made. */
  readonly thread?: QueryThread | undefined
  /** The worker's start-up file; for tests. */
  readonly worker?: URL
}

/** The main thread's side of the query worker. */
export interface QueryPool {
  readonly state: PoolState
  /** Where REST listens, as `http://127.0.0.1:1317`. */
  readonly restUrl: string | undefined
  /** Where gRPC listens, as `127.0.0.1:9090`. */
  readonly grpcAddress: string | undefined
  /** Forwards a query. Never rejects: without a worker, or with too many under way, the answer says so. */
  query(request: QueryRequest): QueryResponse | Promise<QueryResponse>
  /** Ends the worker; what is under way is answered with an error. */
  close(): Promise<void>
}

const LIMITS: PoolLimits = {
  pending: 1_000,
  pendingBytes: 32 * 1_048_576,
  timeoutMs: 20_000,
  workerHeapMb: WORKER_HEAP_MB,
}

/** Starts the query worker; rejects if it cannot serve, for example because a port is taken. */
export async function startQueryPool(options: QueryPoolOptions): Promise<QueryPool> {
  const { pool, serving } = openQueryPool(options)
  await serving
  return pool
}

/**
 * Starts the query worker without waiting for it: until `serving` resolves, queries are told that it starts. `serving`
 * rejects if the worker cannot serve; it resolves as well when the pool is closed before.
 */
export function openQueryPool(options: QueryPoolOptions): {
  readonly pool: QueryPool
  readonly serving: Promise<void>
} {
  const pool = new WorkerPool(options)
  return { pool, serving: pool.start() }
}

interface Pending {
  readonly resolve: (response: QueryResponse) => void
  readonly since: number
  readonly bytes: number
}

const FIRST_DELAY_MS = 100
const LAST_DELAY_MS = 10_000
/** A worker that served so long starts again without delay. */
const STEADY_MS = 60_000

class WorkerPool implements QueryPool {
  restUrl: string | undefined
  grpcAddress: string | undefined
  readonly #options: QueryPoolOptions
  readonly #limits: PoolLimits
  readonly #pending = new Map<number, Pending>()
  readonly #batch = new RequestBatch()
  readonly #watch: NodeJS.Timeout
  #thread: QueryThread | undefined
  #ready = false
  #pendingBytes = 0
  #id = 0
  /** When the worker was asked whether it lives; undefined once it said something. */
  #pingedAt: number | undefined
  #readyAt = 0
  #delay = FIRST_DELAY_MS
  #restart: NodeJS.Timeout | undefined
  #closed = false
  #restarts = 0
  #counts: QueryCounts | undefined
  readonly #refused: Record<PoolRefusal, number> = { busy: 0, unavailable: 0, timeout: 0 }

  constructor(options: QueryPoolOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#watch = setInterval(() => this.#check(), Math.min(1_000, this.#limits.timeoutMs / 4)).unref()
  }

  get state(): PoolState {
    return {
      ready: this.#ready,
      waiting: this.#pending.size,
      waitingBytes: this.#pendingBytes,
      refused: { ...this.#refused },
      restarts: this.#restarts,
      counts: this.#counts,
    }
  }

  query(request: QueryRequest): QueryResponse | Promise<QueryResponse> {
    const bytes = request.data.length + request.path.length
    const { pending, pendingBytes } = this.#limits
    if (!this.#ready) return this.#refuse('unavailable')
    if (this.#pending.size >= pending || this.#pendingBytes + bytes > pendingBytes) {
      return this.#refuse('busy', `${this.#pending.size} queries wait`)
    }
    const id = this.#id
    this.#id = (id + 1) >>> 0
    // One message for all queries of one read: they arrive in one turn of the event loop.
    if (this.#batch.size === 0) queueMicrotask(() => this.#flush())
    this.#batch.add(id, request)
    this.#pendingBytes += bytes
    return new Promise((resolve) => {
      this.#pending.set(id, { resolve, since: performance.now(), bytes })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const served = this.#ready
    this.#ready = false
    clearInterval(this.#watch)
    clearTimeout(this.#restart)
    const thread = this.#thread
    this.#answerAll('the node is stopping')
    if (thread === undefined) return
    // One that still loads has nothing to finish.
    if (!served) void thread.worker.terminate()
    thread.worker.postMessage('close' satisfies PoolMessage)
    const force = setTimeout(() => void thread.worker.terminate(), 2_000)
    await thread.ended
    clearTimeout(force)
  }

  /** Resolves when the worker serves; rejects when it ends before. */
  start(): Promise<void> {
    const { store, rpcUrl, rest, grpc, minGasPrices, software, history } = this.#options
    const share = store.reader()
    const settings: WorkerSettings = {
      share,
      rpcUrl,
      rest: rest === undefined ? undefined : { ...rest, port: portIn(this.restUrl) ?? rest.port },
      grpc: grpc === undefined ? undefined : { ...grpc, port: portIn(this.grpcAddress) ?? grpc.port },
      minGasPrices,
      software,
      pruning: this.#options.pruning ?? { keepRecent: 100, interval: 1 },
      history,
      queryGas: this.#options.queryGas ?? QUERY_GAS,
    }
    const spare = this.#options.thread?.free === true ? this.#options.thread : undefined
    const thread = spare ?? new QueryThread(this.#options.worker, this.#limits.workerHeapMb)
    thread.serve(settings)
    this.#thread = thread
    this.#pingedAt = undefined
    return new Promise((resolve, reject) => {
      thread.worker.on('message', (message: WorkerMessage) => {
        this.#pingedAt = undefined
        if (message instanceof Uint8Array) return this.#answers(message)
        if (message.kind === 'log') return this.#options.log(message.level, message.message, message.fields)
        if (message.kind === 'pong') return
        this.restUrl = message.restUrl
        this.grpcAddress = message.grpcAddress
        this.#readyAt = performance.now()
        this.#counts = message.counts === undefined ? undefined : new QueryCounts(message.counts)
        this.#ready = !this.#closed
        resolve()
      })
      void thread.ended.then((error) => {
        const served = this.#ready
        this.#ended(thread, share, error)
        if (this.#closed) return resolve()
        reject(error)
        if (served) this.#startLater(error)
      })
    })
  }

  #flush(): void {
    if (this.#batch.size === 0) return
    const batch = this.#batch.take()
    if (this.#ready) this.#thread?.worker.postMessage(batch, [batch.buffer])
  }

  #answers(batch: Uint8Array): void {
    for (const [id, response] of readResponses(batch)) this.#answer(id, response)
  }

  #answer(id: number, response: QueryResponse): void {
    const pending = this.#pending.get(id)
    // One that was given up may be answered late.
    if (pending === undefined) return
    this.#pending.delete(id)
    this.#pendingBytes -= pending.bytes
    pending.resolve(response)
  }

  #answerAll(reason: string): void {
    for (const id of [...this.#pending.keys()]) this.#answer(id, this.#refuse('unavailable', reason))
  }

  #refuse(why: PoolRefusal, detail?: string): QueryResponse {
    this.#refused[why]++
    return refusedResponse(nodeErr[why](detail))
  }

  #ended(thread: QueryThread, share: StoreShare, error: Error): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    this.#ready = false
    this.#options.store.dropReader(share)
    if (this.#closed) return
    this.#answerAll(`the query worker ended: ${error.message}`)
  }

  #startLater(error: Error): void {
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, LAST_DELAY_MS)
    this.#restarts++
    this.#options.log('error', `the query worker ended; it starts again in ${delay} ms`, {
      error: error.stack ?? error.message,
    })
    this.#restart = setTimeout(() => {
      this.start().then(
        () => this.#options.log('info', 'the query worker serves again'),
        (failure: Error) => {
          if (!this.#closed) this.#startLater(failure)
        },
      )
    }, delay).unref()
  }

  /** Gives up queries that take too long; ends a worker that does not even say that it lives. */
  #check(): void {
    const now = performance.now()
    const { timeoutMs } = this.#limits
    let late = false
    for (const [id, { since }] of this.#pending) {
      if (now - since < timeoutMs) break
      late = true
      this.#answer(id, this.#refuse('timeout', `no answer within ${timeoutMs} ms`))
    }
    if (this.#ready && now - this.#readyAt > STEADY_MS) this.#delay = FIRST_DELAY_MS
    if (this.#pingedAt !== undefined && now - this.#pingedAt >= timeoutMs)
      void this.#thread?.worker.terminate()
    if (!late || this.#pingedAt !== undefined) return
    this.#pingedAt = now
    this.#thread?.worker.postMessage('ping' satisfies PoolMessage)
  }
}

/** The port of a door that served before: after a restart it listens there again. */
function portIn(address: string | undefined): number | undefined {
  return address === undefined ? undefined : Number(/\d+$/.exec(address)?.[0])
}
