import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { GRPC } from './errors.ts'
import { listen } from './listen.ts'
import { errorJson, sendJson } from './rest-answer.ts'
import type { RestLimits } from './rest-limits.ts'

// An import would read all that node:http exports, and with that load Node's web client: as long as Node's own start.
const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')

/** Connections beyond the limit that are told so at the same time; still more are closed without a word. */
const TURNED_AWAY = 512
/** How long one that is turned away may take to ask. */
const TURNED_AWAY_MS = 5_000

/** What the server itself bounds. */
export type ServerLimits = Pick<RestLimits, 'maxConnections' | 'clientTimeoutMs'>

export type OnRequest = (request: IncomingMessage, response: ServerResponse) => void

/** The HTTP server of a door: bounds connections and the time that clients take. */
export class RestServer {
  readonly #server: Server
  readonly #limits: ServerLimits
  readonly #name: string
  readonly #turnedAway = new WeakSet<Socket>()
  #open = 0

  /** `name` is what the door is called where it cannot listen. */
  constructor(limits: ServerLimits, onRequest: OnRequest, name = 'REST') {
    const { clientTimeoutMs, maxConnections } = limits
    this.#limits = limits
    this.#name = name
    this.#server = createServer({
      headersTimeout: clientTimeoutMs,
      requestTimeout: clientTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, clientTimeoutMs),
      keepAliveTimeout: 15_000,
      // Most requests have no body, and so no stream to end.
      optimizeEmptyRequests: true,
    })
    this.#server.timeout = clientTimeoutMs * 2
    this.#server.maxConnections = maxConnections + TURNED_AWAY
    this.#server.on('connection', (socket) => this.#accept(socket))
    this.#server.on('clientError', refuseGarbage)
    this.#server.on('timeout', (socket) => {
      if (this.#turnedAway.has(socket)) answerRaw(socket, 503, this.#busy())
      else socket.destroy()
    })
    this.#server.on('request', (request, response) => {
      if (!this.#turnedAway.has(request.socket)) return onRequest(request, response)
      sendJson(response, 503, this.#busy(), ['connection', 'close'])
    })
  }

  /** Resolves with the address, as `http://127.0.0.1:1317`. */
  async listen(host: string, port: number, onError: (error: unknown) => void): Promise<string> {
    return `http://${await listen(this.#server, { host, port, name: this.#name, onError })}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  #accept(socket: Socket): void {
    this.#open++
    socket.once('close', () => {
      this.#open--
    })
    if (this.#open <= this.#limits.maxConnections) return
    // Most ask at once, and get the answer to what they ask: closing under a request would lose it.
    this.#turnedAway.add(socket)
    socket.setTimeout(TURNED_AWAY_MS)
  }

  #busy(): string {
    const { maxConnections } = this.#limits
    return errorJson(
      GRPC.unavailable,
      `${maxConnections} connections are open, which is the limit: try again`,
    )
  }
}

const GARBAGE: Readonly<Record<string, readonly [status: number, text: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers are larger than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
}

/** Answers what is no request that could be handled. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  const [status, text] = GARBAGE[error.code ?? ''] ?? [400, 'this is not HTTP/1.1']
  answerRaw(socket, status, errorJson(GRPC.invalidArgument, text))
}

function answerRaw(socket: Socket, status: number, json: string): void {
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy()
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(json)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${json}`, () => socket.destroy())
}
