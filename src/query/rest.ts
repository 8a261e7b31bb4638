import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { clip, utf8Text } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { hasUnreadBody } from './body.ts'
import { GRPC, httpStatus, nodeErr, Refusal, refusalOf, refuse } from './errors.ts'
import { HEIGHT_HEADER, wantedHeight } from './height.ts'
import { Places } from './places.ts'
import type { Answer, Queries } from './queries.ts'
import { errorJson, METADATA_HEIGHT_HEADER, type RestPage, sendJson, TooLarge } from './rest-answer.ts'
import { RestBodies } from './rest-body.ts'
import { Cors } from './rest-cors.ts'
import {
  connectionsWithin,
  descriptorLimit,
  REST_LIMITS,
  type RestLimits,
  WAITING_PER_CONNECTION,
} from './rest-limits.ts'
import { type RestMatch, RestPaths } from './rest-paths.ts'
import { readRestRequest } from './rest-request.ts'
import { RestServer } from './rest-server.ts'
import { Unsent } from './unsent.ts'

/** Where REST listens, who may call from a page, and what it bears. */
export interface RestOptions extends Partial<RestLimits> {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Origins whose pages may read answers, as `https://wallet.example`; `*` for every one. None when absent. */
  readonly cors?: readonly string[]
}

export interface RestDoorOptions {
  /** By their path, as `/openapi.json`. */
  readonly pages: ReadonlyMap<string, RestPage>
  readonly onBug: (error: unknown) => void
}

type Verdict = Answer<string> | Promise<Answer<string>>

/** The REST door: what the `google.api.http` options of the served methods say, with grpc-gateway's manners. */
export class RestDoor {
  readonly #queries: Queries
  readonly #paths: RestPaths
  readonly #options: RestOptions & RestLimits
  readonly #pages: RestDoorOptions['pages']
  readonly #onBug: (error: unknown) => void
  readonly #cors: Cors
  readonly #server: RestServer
  readonly #waiting: Places<Socket>
  readonly #bodies: RestBodies
  readonly #unsent: Unsent<Socket>

  constructor(queries: Queries, options: RestOptions, { pages, onBug }: RestDoorOptions) {
    this.#queries = queries
    this.#paths = new RestPaths(queries.routes.values())
    const limits = { ...REST_LIMITS, ...options }
    const maxConnections = connectionsWithin(limits.maxConnections, descriptorLimit())
    this.#options = { ...limits, maxConnections }
    this.#pages = pages
    this.#onBug = onBug
    this.#cors = new Cors(options.cors ?? [])
    const { maxConcurrent, maxBodyBytes, maxReceivingBytes, maxUnsentBytes, clientTimeoutMs } = limits
    this.#waiting = new Places(maxConcurrent, WAITING_PER_CONNECTION)
    this.#bodies = new RestBodies({ maxBodyBytes, maxReceivingBytes })
    this.#unsent = new Unsent({ bytes: maxUnsentBytes, staleMs: clientTimeoutMs })
    this.#server = new RestServer(
      this.#options,
      (request, response) => this.#handle(request, response),
      'REST',
      (socket) => this.#unsent.forget(socket),
    )
  }

  /** Resolves with the address, as `http://127.0.0.1:1317`. */
  listen(): Promise<string> {
    return this.#server.listen(this.#options.host, this.#options.port, this.#onBug)
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, [...this.#cors.preflight(request)]).end()
      return
    }
    const headers = this.#cors.headers(request)
    try {
      const page = this.#pageOf(request)
      if (page !== undefined) page.serve(request, response, headers)
      else this.#answer(request, response, headers)
    } catch (error) {
      this.#refuse(request, response, error, headers)
    }
  }

  /** Most answers are there at once: a turn of promises would cost a part of their time. */
  #send(
    request: IncomingMessage,
    response: ServerResponse,
    verdict: Verdict,
    headers: readonly string[],
  ): void {
    if (!(verdict instanceof Promise)) {
      this.#sendAnswer(request, response, verdict, headers)
      return
    }
    const { socket } = request
    this.#waiting.take(socket)
    void verdict
      .then((answer) => this.#sendAnswer(request, response, answer, headers))
      .catch((error: unknown) => this.#refuse(request, response, error, headers))
      .finally(() => this.#waiting.free(socket))
  }

  #sendAnswer(
    request: IncomingMessage,
    response: ServerResponse,
    { height, value }: Answer<string>,
    headers: readonly string[],
  ): void {
    const { socket } = request
    const problem = this.#unsent.problem(socket, value.length)
    if (problem !== undefined) throw refuse(GRPC.unavailable, nodeErr.busy(problem))
    const text = `${height}`
    sendJson(response, 200, value, [HEIGHT_HEADER, text, METADATA_HEIGHT_HEADER, text, ...headers])
    // Nearly every answer is with the system at once.
    if (response.writableLength === 0 || socket.destroyed) return
    response.once('finish', this.#unsent.hold(socket, Buffer.byteLength(value)))
  }

  #pageOf({ url = '/', method }: IncomingMessage): RestPage | undefined {
    return method === 'GET' || method === 'HEAD' ? this.#pages.get(splitUrl(url)[0]) : undefined
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    headers: readonly string[],
  ): void {
    const { grpc, message } = refusalOf(error, this.#onBug)
    const status = error instanceof TooLarge ? error.status : httpStatus(grpc)
    const last = hasUnreadBody(request) ? [...headers, 'connection', 'close'] : headers
    sendJson(response, status, errorJson(grpc, message), last)
  }

  #answer(request: IncomingMessage, response: ServerResponse, headers: readonly string[]): void {
    const { url = '/', method = 'GET' } = request
    const { maxUrlBytes } = this.#options
    if (url.length > maxUrlBytes) throw new TooLarge(414, `the URL is longer than ${maxUrlBytes} bytes`)
    const [path, query] = splitUrl(url)
    const match = this.#find(method, path)
    const asked = request.headers
    const height = wantedHeight(asked[HEIGHT_HEADER] ?? asked[METADATA_HEIGHT_HEADER])
    if (match.rule.body === undefined) {
      this.#send(request, response, this.#call(match, height, query, '', request.socket), headers)
      return
    }
    void this.#bodies
      .read(request)
      .then((body) => {
        this.#send(
          request,
          response,
          this.#call(match, height, query, utf8Text(body), request.socket),
          headers,
        )
      })
      .catch((error: unknown) => this.#refuse(request, response, error, headers))
  }

  #call(match: RestMatch, height: number, query: string, body: string, socket: Socket): Verdict {
    const message = readRestRequest(match, query, body)
    const { answer, response } = match.route
    if (answer.kind === 'node' && answer.waits) {
      const problem = this.#waiting.problem(socket)
      if (problem !== undefined) throw refuse(GRPC.unavailable, nodeErr.busy(problem))
    }
    const type = response.$type
    return this.#queries.call(match.route, message, height, (value) => JSON.stringify(toJson(type, value)))
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
}

function splitUrl(url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
