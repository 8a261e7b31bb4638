import type { Http2Server, ServerHttp2Session } from 'node:http2'
import { listen } from '../listen.ts'
import type { Queries } from '../queries.ts'
import { Calls } from './calls.ts'
import { keepConnection } from './connection.ts'
import { Health } from './health.ts'
import { GRPC_LIMITS, type GrpcLimits } from './limits.ts'
import { type GrpcMethods, queryMethods, serviceIn } from './methods.ts'
import { REFLECTION, Reflection } from './reflection.ts'

/** Where gRPC listens and what it bears. */
export interface GrpcOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly limits?: Partial<GrpcLimits>
}

/** Bytes of the headers of one call. */
const HEADER_BYTES = 16_384
const SWEEP_MS = 1_000

// As in rest.ts: an import would read all that the module exports.
const { createServer } = process.getBuiltinModule('node:http2')

/** The gRPC door, in plain HTTP/2: every method of the other doors, health, and reflection. */
export class GrpcDoor {
  readonly #options: GrpcOptions
  readonly #limits: GrpcLimits
  readonly #onBug: (error: unknown) => void
  readonly #calls: Calls
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #sweep: NodeJS.Timeout

  constructor(queries: Queries, options: GrpcOptions, onBug: (error: unknown) => void) {
    this.#options = options
    this.#limits = { ...GRPC_LIMITS, ...options.limits }
    this.#onBug = onBug
    const ours = queryMethods(queries)
    const services = [...new Set([...ours.keys()].map(serviceIn)), ...REFLECTION, Health.service]
    const health = new Health(services, queries.versions, this.#limits.watches)
    const methods: GrpcMethods = new Map([...ours, ...health.methods, ...new Reflection(services).methods])
    this.#calls = new Calls({ methods, limits: this.#limits, onBug })
    this.#server = this.#createServer()
    this.#sweep = setInterval(
      () => {
        this.#calls.expire()
        health.tell()
      },
      Math.min(SWEEP_MS, this.#limits.callMs / 4),
    ).unref()
  }

  /** Resolves with the address, as `127.0.0.1:9090`. */
  listen(): Promise<string> {
    const { host, port } = this.#options
    return listen(this.#server, { host, port, name: 'gRPC', onError: this.#onBug })
  }

  close(): Promise<void> {
    clearInterval(this.#sweep)
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      for (const session of this.#sessions) session.destroy()
    })
  }

  #createServer(): Http2Server {
    const { callsPerConnection, callMs, idleMs, connections } = this.#limits
    const settings = { maxConcurrentStreams: callsPerConnection, maxHeaderListSize: HEADER_BYTES }
    const server = createServer({ settings })
    server.maxConnections = connections
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.once('close', () => {
        this.#sessions.delete(session)
        this.#calls.closed(session)
      })
      const busy = () => this.#calls.on(session)
      keepConnection(session, { firstMs: callMs, idleMs, replyMs: callMs, busy })
    })
    server.on('stream', (stream, headers) => this.#calls.accept(stream, headers))
    // A client that speaks no HTTP/2, or leaves in the middle of it, is no error of the node.
    server.on('sessionError', () => {})
    return server
  }
}
