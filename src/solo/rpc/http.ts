import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { goJsonError } from '../go-errors.ts'
import {
  CLIENT_TIMEOUT_MS,
  MAX_BATCH,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  MAX_HTTP_BYTES,
} from '../limits.ts'
import { ArgumentError, argumentsOfUrl } from './arguments.ts'
import {
  answerCall,
  answerText,
  errorText,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  perform,
  RequestError,
  type RpcRequest,
  type RpcService,
  readRequest,
  refusalOf,
  SERVER_ERROR,
  TOO_FEW_ARGUMENTS,
  URL_ID,
} from './calls.ts'
import { devRefusal } from './dev-access.ts'
import type { Caller, Method } from './method.ts'
import { listOfEndpoints } from './overview.ts'
import { RpcSockets } from './websocket.ts'

// An import would read all that node:http exports, and with that load Node's web client.
const { createServer } = process.getBuiltinModule('node:http')

export interface RpcAddress {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** CometBFT's RPC over HTTP and WebSocket: `/`, `/<method>?…` and `/websocket`. */
export class RpcServer {
  readonly #service: RpcService
  readonly #server: Server
  readonly #sockets: RpcSockets
  readonly #maxHeld: number
  /** Bytes of bodies that are read or worked on, and of answers that clients have not taken yet. */
  #held = 0

  /** @param maxHeldBytes of bodies and answers of all connections together */
  constructor(service: RpcService, maxHeldBytes = MAX_HTTP_BYTES) {
    this.#service = service
    this.#maxHeld = maxHeldBytes
    this.#sockets = new RpcSockets(service)
    this.#server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: CLIENT_TIMEOUT_MS,
      requestTimeout: CLIENT_TIMEOUT_MS,
      connectionsCheckingInterval: CLIENT_TIMEOUT_MS / 2,
      keepAliveTimeout: 15_000,
      noDelay: true,
    })
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.timeout = 60_000
    this.#server.on('request', (request, response) => void this.#handle(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#sockets.upgrade(request, socket, head))
  }

  /** Resolves with the address, as `http://127.0.0.1:26657`. */
  listen({ host, port }: RpcAddress): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        // An error from here on is one of accepting, and passes.
        this.#server.on('error', this.#service.onBug)
        const bound = this.#server.address() as AddressInfo
        resolve(`http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`)
      })
    })
  }

  close(): Promise<void> {
    this.#sockets.close()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-server-time', Math.floor(Date.now() / 1000))
    if (request.headers.origin !== undefined) allowEverybody(response)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    let held = 0
    const hold = (bytes: number) => {
      held += bytes
      this.#held += bytes
      return this.#held <= this.#maxHeld
    }
    response.once('close', () => {
      this.#held -= held
    })
    try {
      let answer = await this.#answerSafely(request, hold)
      if (!hold(answer.text.length)) answer = TOO_BUSY
      if (!request.complete) response.setHeader('connection', 'close')
      response
        .writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' })
        .end(answer.text)
    } catch (error) {
      // A client that went away while it sent is nobody to answer.
      if (request.complete) this.#service.onBug(error)
      response.destroy()
    }
  }

  /** An error that nobody expected is an answer, too; that of a client which went away meanwhile is nobody's. */
  async #answerSafely(request: IncomingMessage, hold: Hold): Promise<HttpAnswer> {
    try {
      return await this.#answer(request, hold)
    } catch (error) {
      if (!request.complete) throw error
      return { status: 500, text: answerText(URL_ID, refusalOf(this.#service, error)) }
    }
  }

  async #answer(request: IncomingMessage, hold: Hold): Promise<HttpAnswer> {
    const body = await readBody(request, hold)
    if (body === 'busy') return TOO_BUSY
    if (body === 'too large') {
      const data = 'error reading request body: http: request body too large'
      return { status: 400, text: errorText(undefined, INVALID_REQUEST, data) }
    }
    const { url = '/', headers } = request
    const at = url.indexOf('?')
    const path = at < 0 ? url : url.slice(0, at)
    const byUrl = path !== '/' || request.method !== 'POST'
    const caller = { client: request.socket, devRefusal: devRefusal(request, byUrl) }
    if (path === '/') {
      if (body.text !== '') return this.#answerJson(body.text, caller)
      const text = listOfEndpoints(this.#service.methods, headers.host ?? '')
      return { status: 200, text, type: 'text/html' }
    }
    const method = this.#service.methods.get(path.slice(1))
    if (method === undefined)
      return { status: 404, text: '404 page not found\n', type: 'text/plain; charset=utf-8' }
    const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? body.text : ''
    const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
    // As Go: what the form has counts where the URL has nothing.
    for (const [name, value] of new URLSearchParams(form)) if (!query.has(name)) query.append(name, value)
    return this.#answerUrl(method, query, caller)
  }

  async #answerJson(body: string, caller: Caller): Promise<HttpAnswer> {
    let parsed: unknown
    let requests: (RpcRequest | undefined)[]
    try {
      parsed = JSON.parse(body)
      if (Array.isArray(parsed) && parsed.length > MAX_BATCH) {
        const data = `batch request exceeds maximum (${MAX_BATCH}) allowed number of requests`
        return { status: 200, text: errorText(undefined, INVALID_REQUEST, data) }
      }
      requests = readAll(parsed)
    } catch (error) {
      const problem = error instanceof RequestError ? error.message : goJsonError(body)
      return {
        status: 500,
        text: errorText(undefined, PARSE_ERROR, `error unmarshaling request: ${problem}`),
      }
    }
    const answers: string[] = []
    for (const request of requests) {
      if (request === undefined) continue
      const answer = await answerCall(this.#service, request, caller)
      if (answer === TOO_FEW_ARGUMENTS) return { status: 500, text: answer }
      answers.push(answer)
    }
    const text =
      answers.length === 1 ? (answers[0] as string) : answers.length === 0 ? '' : `[${answers.join(',')}]`
    return { status: 200, text }
  }

  async #answerUrl(method: Method, query: URLSearchParams, caller: Caller): Promise<HttpAnswer> {
    if (method.websocket) return { status: 404, text: errorText(URL_ID, METHOD_NOT_FOUND) }
    if (method.development && caller.devRefusal !== undefined)
      return { status: 405, text: errorText(URL_ID, INVALID_REQUEST, caller.devRefusal) }
    let args: Record<string, unknown>
    try {
      args = argumentsOfUrl(method.signature, query)
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error
      const data = `error converting http params to arguments: ${error.message}`
      return { status: 500, text: errorText(URL_ID, INVALID_PARAMS, data) }
    }
    const outcome = await perform(this.#service, method, args, caller)
    return { status: 'refusal' in outcome ? 500 : 200, text: answerText(URL_ID, outcome) }
  }
}

interface HttpAnswer {
  readonly status: number
  readonly text: string
  readonly type?: string
}

/** A batch in which one request cannot be read is read as one request, which an array is not. */
function readAll(parsed: unknown): (RpcRequest | undefined)[] {
  if (!Array.isArray(parsed)) return [readRequest(parsed)]
  try {
    return parsed.map(readRequest)
  } catch {
    return [readRequest(parsed)]
  }
}

function allowEverybody(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-methods', 'HEAD, GET, POST')
  response.setHeader(
    'access-control-allow-headers',
    'Origin, Accept, Content-Type, X-Requested-With, X-Server-Time',
  )
}

/** Counts bytes that are held from here on; false where all together are too many. */
type Hold = (bytes: number) => boolean

const TOO_BUSY: HttpAnswer = {
  status: 503,
  text: errorText(undefined, SERVER_ERROR, 'too many requests and answers are under way; try again'),
}

/** The body as text, unless it is too large or the server holds too much. */
async function readBody(
  request: IncomingMessage,
  hold: Hold,
): Promise<{ readonly text: string } | 'too large' | 'busy'> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too large'
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return 'too large'
    if (!hold(chunk.length)) return 'busy'
    chunks.push(chunk)
  }
  return { text: Buffer.concat(chunks).toString('utf8') }
}
