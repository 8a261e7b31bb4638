import type { IncomingMessage, ServerResponse } from 'node:http'
import { clip } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { hasUnreadBody, readBody } from './body.ts'
import { GRPC, httpStatus, nodeErr, Refusal, refusalOf, refuse } from './errors.ts'
import { HEIGHT_HEADER, wantedHeight } from './height.ts'
import type { Answer, Queries } from './queries.ts'
import { errorJson, METADATA_HEIGHT_HEADER, type RestPage, sendJson, TooLarge } from './rest-answer.ts'
import { Cors } from './rest-cors.ts'
import { connectionsWithin, descriptorLimit, REST_LIMITS, type RestLimits } from './rest-limits.ts'
import { type RestMatch, RestPaths } from './rest-paths.ts'
import { readRestRequest } from './rest-request.ts'
import { RestServer } from './rest-server.ts'

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
  /** Requests that wait for something. */
  #waiting = 0

  constructor(queries: Queries, options: RestOptions, { pages, onBug }: RestDoorOptions) {
    this.#queries = queries
    this.#paths = new RestPaths(queries.routes.values())
    const limits = { ...REST_LIMITS, ...options }
    const maxConnections = connectionsWithin(limits.maxConnections, descriptorLimit())
    this.#options = { ...limits, maxConnections }
    this.#pages = pages
    this.#onBug = onBug
    this.#cors = new Cors(options.cors ?? [])
    this.#server = new RestServer(this.#options, (request, response) => this.#handle(request, response))
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
      this.#refuseTooMany()
      const page = this.#pageOf(request)
      if (page !== undefined) page.serve(request, response, headers)
      else this.#send(request, response, this.#answer(request), headers)
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
      sendAnswer(response, verdict, headers)
      return
    }
    this.#waiting++
    void verdict
      .then((answer) => sendAnswer(response, answer, headers))
      .catch((error: unknown) => this.#refuse(request, response, error, headers))
      .finally(() => {
        this.#waiting--
      })
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

  #refuseTooMany(): void {
    const { maxConcurrent } = this.#options
    if (this.#waiting < maxConcurrent) return
    throw refuse(GRPC.unavailable, nodeErr.busy(`${maxConcurrent} requests are being answered`))
  }

  #answer(request: IncomingMessage): Verdict {
    const { url = '/', method = 'GET' } = request
    const { maxUrlBytes } = this.#options
    if (url.length > maxUrlBytes) throw new TooLarge(414, `the URL is longer than ${maxUrlBytes} bytes`)
    const [path, query] = splitUrl(url)
    const match = this.#find(method, path)
    const { headers } = request
    const height = wantedHeight(headers[HEIGHT_HEADER] ?? headers[METADATA_HEIGHT_HEADER])
    if (match.rule.body === undefined) return this.#call(match, height, query, '')
    return readBody(request, this.#options.maxBodyBytes).then((body) =>
      this.#call(match, height, query, body),
    )
  }

  #call(match: RestMatch, height: number, query: string, body: string): Verdict {
    const message = readRestRequest(match, query, body)
    const type = match.route.response.$type
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

function sendAnswer(
  response: ServerResponse,
  { height, value }: Answer<string>,
  headers: readonly string[],
): void {
  const text = `${height}`
  sendJson(response, 200, value, [HEIGHT_HEADER, text, METADATA_HEIGHT_HEADER, text, ...headers])
}
