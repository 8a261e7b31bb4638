import { createServer, type Server, type Socket } from 'node:net'
import { claimUnixPath, type ListenAddress, parseAddress } from './address.ts'
import { Connection, type ConnectionHost, MAX_UNSENT_BYTES, MAX_WAITING_REPLIES } from './connection.ts'
import { Dispatcher } from './dispatch.ts'
import { AbciAddressError, type AbciProtocolError } from './errors.ts'
import { type MethodLimits, methodTable } from './methods.ts'
import type { IndexPredicate } from './results.ts'
import type { FrameTrace } from './trace.ts'
import type { AbciApp } from './types.ts'

export interface AbciServerOptions {
  /** A handler threw: CometBFT was told, nothing is answered any more. Called once; the process should end. */
  readonly onHalt: (error: Error) => void
  /** A peer sent what is not ABCI; its connection is being closed. */
  readonly onProtocolError?: (error: AbciProtocolError) => void
  /** Writes every frame down. */
  readonly trace?: FrameTrace
  /** Which event attributes CometBFT indexes; all when absent. */
  readonly indexEvents?: IndexPredicate
  /** Size limits of requests, where they are not those of methods.ts. */
  readonly limits?: MethodLimits
  /** Replies of one connection computed and not sent, in bytes; reading stops above. */
  readonly maxUnsentBytes?: number
  /** Replies of one connection that wait for a query; reading stops above. */
  readonly maxWaitingReplies?: number
}

/**
 * Serves one application to one CometBFT over a unix socket or TCP; see README.md for what it promises.
 *
 * Handlers run on the calling thread, one at a time. The trace, if any, stays open after `close`. The application may
 * come after the server listens: what connects before waits, and its requests with it.
 */
export class AbciServer {
  private readonly options: AbciServerOptions
  private app: AbciApp | undefined
  private host: ConnectionHost | undefined
  private readonly early = new Set<Socket>()
  private readonly connections = new Set<Connection>()
  private consensus: Connection | undefined
  private halted = false
  private opened = 0
  private server: Server | undefined

  constructor(app: AbciApp | undefined, options: AbciServerOptions) {
    this.options = options
    if (app !== undefined) this.serve(app)
  }

  /** Answers with this application from now on; once. */
  serve(app: AbciApp): void {
    this.app = app
    const dispatcher = new Dispatcher(app, this.options.indexEvents ?? (() => true), this.options.trace)
    this.host = this.makeHost(dispatcher)
    for (const socket of this.early) this.accept(socket, this.host)
    this.early.clear()
  }

  /**
   * Begins to listen on `unix:///path` or `tcp://host:port` (port 0 takes a free one).
   * A socket file that nobody listens on is replaced. Throws {@link AbciAddressError}.
   */
  async listen(address: string): Promise<void> {
    const target = parseAddress(address)
    if (this.server !== undefined) throw new AbciAddressError(`${address}: this server listens already`)
    if (target.kind === 'unix') await claimUnixPath(target.path)
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      socket.setNoDelay(true)
      if (this.halted) socket.destroy()
      else if (this.host !== undefined) this.accept(socket, this.host)
      else {
        this.early.add(socket)
        socket.on('error', () => {}).once('close', () => this.early.delete(socket))
      }
    })
    await bind(server, target, address)
    this.server = server
    this.options.trace?.start()
  }

  /** Connections that are served: CometBFT has four. */
  get connectionCount(): number {
    return this.connections.size
  }

  /** The address in use, with the real port. */
  get address(): string {
    const address = this.server?.address()
    if (address === null || address === undefined) throw new AbciAddressError('the server does not listen')
    return typeof address === 'string' ? `unix://${address}` : `tcp://${address.address}:${address.port}`
  }

  /** Stops listening and drops every connection; stop CometBFT first. */
  async close(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.early) socket.destroy()
    await Promise.all(Array.from(this.connections, (connection) => connection.destroy()))
    await closed
  }

  private accept(socket: Socket, host: ConnectionHost): void {
    const connection = new Connection(++this.opened, socket, host)
    this.connections.add(connection)
    this.options.trace?.connection('open', connection.id)
    socket.resume()
  }

  private makeHost(dispatcher: Dispatcher): ConnectionHost {
    return {
      dispatcher,
      methods: methodTable(this.options.limits),
      maxUnsentBytes: this.options.maxUnsentBytes ?? MAX_UNSENT_BYTES,
      maxWaitingReplies: this.options.maxWaitingReplies ?? MAX_WAITING_REPLIES,
      beforeWrite: () => this.options.trace?.flush(),
      consensus: (connection) => this.claimConsensus(connection),
      protocolError: (error) => this.options.onProtocolError?.(error),
      halt: (error) => this.halt(error),
      closed: (connection) => this.closed(connection),
    }
  }

  private claimConsensus(connection: Connection): void {
    const old = this.consensus
    if (old === connection) return
    this.consensus = connection
    if (old === undefined) return
    // CometBFT came back before the end of its old connection was read
    void old.destroy()
    this.app?.disconnected()
  }

  private closed(connection: Connection): void {
    this.connections.delete(connection)
    this.options.trace?.connection('close', connection.id)
    if (this.consensus !== connection) return
    this.consensus = undefined
    if (this.halted) return
    try {
      this.app?.disconnected()
    } catch (error) {
      this.halt(error)
    }
  }

  private halt(error: unknown): void {
    if (this.halted) return
    this.halted = true
    for (const connection of this.connections) connection.stop()
    this.options.onHalt(error instanceof Error ? error : new Error(String(error)))
  }
}

function bind(server: Server, target: ListenAddress, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new AbciAddressError(`cannot listen on ${address}: ${error.message}`)),
    )
    server.listen(target.kind === 'unix' ? { path: target.path } : target, () => resolve())
  })
}
