import type { Socket } from 'node:net'
import type { Dispatcher } from './dispatch.ts'
import { AbciProtocolError } from './errors.ts'
import { FrameReader } from './frames.ts'
import type { Method } from './methods.ts'
import { Outbox } from './outbox.ts'

/** Reading stops while more than this is computed and not taken by the peer. */
export const MAX_UNSENT_BYTES = 1024 * 1024
/** Reading stops while this many replies of one connection wait for a query. */
export const MAX_WAITING_REPLIES = 1024
/** A batch is written before its read is used up when it has this size: small requests may have large replies. */
const BATCH_BYTES = 256 * 1024
/** How long a peer that was told of its error may keep the connection open. */
const LINGER_MS = 2000

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly dispatcher: Dispatcher
  readonly methods: readonly (Method | undefined)[]
  readonly maxUnsentBytes: number
  readonly maxWaitingReplies: number
  beforeWrite(): void
  /** A consensus call is about to be made for this connection. */
  consensus(connection: Connection): void
  protocolError(error: AbciProtocolError): void
  halt(error: unknown): void
  closed(connection: Connection): void
}

/** A reply behind a query that has not answered; the query's own has no bytes yet. */
interface Waiting {
  bytes: Buffer | undefined
}

/** One connection: requests are answered in their order, replies of one read leave in one write. */
export class Connection {
  readonly id: number
  private readonly ended: Promise<void>
  private readonly socket: Socket
  private readonly host: ConnectionHost
  private readonly frames: FrameReader
  private readonly maxUnsentBytes: number
  private readonly outbox = new Outbox()
  private readonly waiting: Waiting[] = []
  private waitingBytes = 0
  private paused = false
  /** Set when nothing more may be answered here. */
  private dead = false

  constructor(id: number, socket: Socket, host: ConnectionHost) {
    this.id = id
    this.socket = socket
    this.host = host
    this.frames = new FrameReader(host.methods)
    // below the socket's own mark there would be no 'drain' to wait for
    this.maxUnsentBytes = Math.max(host.maxUnsentBytes, socket.writableHighWaterMark)
    socket.on('data', (chunk: Buffer) => this.read(chunk))
    socket.on('drain', () => this.run())
    socket.on('error', () => {}) // 'close' follows; a lost connection is an event of its own
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.dead = true
        host.closed(this)
        resolve()
      })
    })
  }

  /** Ends the connection, unread requests and waiting replies included; resolves when the host knows. */
  destroy(): Promise<void> {
    this.dead = true
    this.socket.destroy()
    return this.ended
  }

  /** Reads and answers no more, because the node halts; a connection that says why is left to end by itself. */
  stop(): void {
    if (this.dead) return
    this.dead = true
    this.socket.pause()
  }

  private read(chunk: Buffer): void {
    if (this.dead) return
    this.frames.push(chunk)
    this.run()
  }

  /** Answers what was read as far as it may, writes, and stops or resumes reading. */
  private run(): void {
    if (this.dead) return
    try {
      while (!this.full() && this.frames.next()) this.answer()
    } catch (error) {
      this.fail(error)
      return
    }
    this.write()
    this.flow()
  }

  private full(): boolean {
    return (
      this.dead ||
      this.waiting.length >= this.host.maxWaitingReplies ||
      this.waitingBytes + this.socket.writableLength > this.maxUnsentBytes
    )
  }

  private flow(): void {
    // the buffers may have filled while the last batch was written, or emptied at once
    if (this.full()) this.pause()
    else if (this.frames.unread && !this.dead) setImmediate(() => this.run())
    else if (this.paused) this.resume()
  }

  private pause(): void {
    if (this.paused) return
    this.paused = true
    this.socket.pause()
  }

  private resume(): void {
    this.paused = false
    this.socket.resume()
  }

  private answer(): void {
    const { dispatcher } = this.host
    const { method, buf, start, end } = this.frames
    if (method === undefined) return
    if (method.consensus) this.host.consensus(this)
    const later = dispatcher.handle(this.id, method, buf, start, end)
    if (later !== undefined) {
      this.await(later)
      return
    }
    const large = dispatcher.takeLarge()
    if (this.waiting.length > 0) this.queue(large ?? Buffer.from(dispatcher.writer.view()))
    else if (large !== undefined) this.outbox.pass(large)
    else this.outbox.copy(dispatcher.writer)
    if (this.outbox.size >= BATCH_BYTES) this.write()
  }

  private await(reply: Promise<Buffer>): void {
    const place: Waiting = { bytes: undefined }
    this.waiting.push(place)
    reply.then(
      (bytes) => {
        if (this.dead) return
        place.bytes = bytes
        this.waitingBytes += bytes.length
        this.release()
        this.run()
      },
      (error) => this.fail(error),
    )
  }

  private queue(bytes: Buffer): void {
    this.waiting.push({ bytes })
    this.waitingBytes += bytes.length
  }

  /** Moves the replies that wait for nothing any more to the outbox. */
  private release(): void {
    let ready = 0
    for (const { bytes } of this.waiting) {
      if (bytes === undefined) break
      ready++
      this.waitingBytes -= bytes.length
      this.outbox.pass(bytes)
    }
    this.waiting.splice(0, ready)
  }

  private write(): void {
    if (this.outbox.size === 0) return
    this.host.beforeWrite()
    this.outbox.writeTo(this.socket)
  }

  /** Tells the peer what went wrong, as the last thing on this connection. */
  private fail(error: unknown): void {
    if (this.dead) return
    const method = this.frames.method?.name ?? 'request'
    const text = error instanceof AbciProtocolError ? error.message : `${method} failed: ${describe(error)}`
    this.outbox.pass(this.host.dispatcher.exception(this.id, text))
    this.write()
    this.dead = true
    this.linger()
    if (error instanceof AbciProtocolError) this.host.protocolError(error)
    else this.host.halt(error)
  }

  /** Half-closes, and passes over what the peer still sends, so that it is not reset before it has read why. */
  private linger(): void {
    this.socket.end()
    this.socket.resume()
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS)
    timer.unref()
    this.socket.once('close', () => clearTimeout(timer))
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
