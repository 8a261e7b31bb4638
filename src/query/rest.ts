import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { clip, utf8Text } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { GRPC, httpStatus, nodeErr, Refusal, refusalOf, refuse } from './errors.ts'
import { HEIGHT_HEADER as HEIGHT, wantedHeight } from './height.ts'
import { listen } from './listen.ts'
import type { Answer, Queries } from './queries.ts'
import { type RestMatch, RestPaths } from './rest-paths.ts'
import { readRestRequest } from './rest-request.ts'

/** Where REST listens and what it bears. */
export interface RestOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Pages of every origin may call (default), or none may. */
  readonly cors?: boolean
  /** Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Default 8,192. */
  readonly maxUrlBytes?: number
  /** Requests answered at once (default 256); beyond, 503. */
  readonly maxConcurrent?: number
  /** How long a client may take to send a request or to take an answer (default 30 s). */
  readonly clientTimeoutMs?: number
}

// An import would read all that node:http exports, and with that load Node's web client: as long as Node's own start.
const { createServer } = process.getBuiltinModule('node:http')

/** The REST door: what the `google.api.http` options of the served methods say, with grpc-gateway's manners. */
export class RestDoor {
  readonly #queries: Queries
  readonly #paths: RestPaths
  readonly #options: Required<RestOptions>
  readonly #onBug: (error: unknown) => void
  readonly #server: Server
  #running = 0

  constructor(queries: Queries, options: RestOptions, onBug: (error: unknown) => void) {
    this.#queries = queries
    this.#paths = new RestPaths(queries.routes.values())
    this.#options = {
      cors: true,
      maxBodyBytes: 1_048_576,
      maxUrlBytes: 8_192,
      maxConcurrent: 256,
      clientTimeoutMs: 30_000,
      ...options,
    }
    this.#onBug = onBug
    this.#server = this.#createServer()
  }

  /** Resolves with the address, as `http://127.0.0.1:1317`. */
  async listen(): Promise<string> {
    const { host, port } = this.#options
    return `http://${await listen(this.#server, { host, port, name: 'REST', onError: this.#onBug })}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  #createServer(): Server {
    const { clientTimeoutMs } = this.#options
    const server = createServer({
      headersTimeout: clientTimeoutMs,
      requestTimeout: clientTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, clientTimeoutMs),
      keepAliveTimeout: 15_000,
    })
    server.timeout = clientTimeoutMs * 2
    server.maxConnections = 1_000
    server.on('request', (request, response) => void this.#handle(request, response))
    return server
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#options.cors) allowEverybody(response)
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    this.#running++
    try {
      const { height, value } = await this.#answer(request)
      response.setHeader(HEIGHT, height)
      // The name under which the Cosmos SDK's gateway sends it.
      response.setHeader(`grpc-metadata-${HEIGHT}`, height)
      send(response, 200, value)
    } catch (error) {
      const { grpc, message } = refusalOf(error, this.#onBug)
      // What is left of a body that was not read is not another request.
      if (!request.complete) response.setHeader('connection', 'close')
      const status = error instanceof TooLarge ? error.status : httpStatus(grpc)
      send(response, status, JSON.stringify({ code: grpc, message, details: [] }))
    } finally {
      this.#running--
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer<string>> {
    const { maxConcurrent } = this.#options
    if (this.#running > maxConcurrent) {
      throw refuse(GRPC.unavailable, nodeErr.busy(`${maxConcurrent} requests are being answered`))
    }
    const { url = '/', method = 'GET' } = request
    const { maxUrlBytes } = this.#options
    if (url.length > maxUrlBytes) throw new TooLarge(414, `the URL is longer than ${maxUrlBytes} bytes`)
    const at = url.indexOf('?')
    const match = this.#find(method, at < 0 ? url : url.slice(0, at))
    const height = wantedHeight(request.headers[HEIGHT])
    const body = match.rule.body === undefined ? '' : await this.#body(request)
    const message = readRestRequest(match, at < 0 ? '' : url.slice(at + 1), body)
    const write = (value: object) => JSON.stringify(toJson(match.route.response.$type, value))
    return this.#queries.call(match.route, message, height, write)
  }

  #find(method: string, path: string): RestMatch {
    let match: RestMatch | undefined
    try {
      match = this.#paths.find(method, path)
    } catch (error) {
      if (!(error instanceof URIError)) throw error
      throw sdk.invalidRequest(`the path ${clip(path)} is not percent-encoded UTF-8`)
    }
    if (match === undefined) throw new Refusal(GRPC.unimplemented, 'sdk', 6, 'Not Implemented')
    return match
  }

  async #body(request: IncomingMessage): Promise<string> {
    const { maxBodyBytes } = this.#options
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of request) {
        size += (chunk as Buffer).length
        if (size > maxBodyBytes) throw new TooLarge(413, `the body is larger than ${maxBodyBytes} bytes`)
        chunks.push(chunk as Buffer)
      }
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw sdk.invalidRequest('the connection was closed within the body')
    }
    return utf8Text(Buffer.concat(chunks))
  }
}

/** A request beyond a limit of size, for which HTTP has a status of its own. */
class TooLarge extends Refusal {
  readonly status: number

  constructor(status: number, message: string) {
    super(GRPC.invalidArgument, 'sdk', 18, message)
    this.status = status
  }
}

function allowEverybody(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS')
  response.setHeader('access-control-allow-headers', `Accept, Content-Type, ${HEIGHT}`)
  response.setHeader('access-control-expose-headers', `${HEIGHT}, grpc-metadata-${HEIGHT}`)
  response.setHeader('access-control-max-age', '600')
}

function send(response: ServerResponse, status: number, json: string): void {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(json)
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', body.length)
  response.writeHead(status).end(body)
}
