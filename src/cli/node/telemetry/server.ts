import type { IncomingMessage, ServerResponse } from 'node:http'
import { PROMETHEUS_TEXT } from '#lib/metrics.ts'
import { sendJson } from '../../../query/rest-answer.ts'
import { RestServer } from '../../../query/rest-server.ts'

/** Scrapers and load balancers, a few of each. */
const MAX_CONNECTIONS = 64
const CLIENT_TIMEOUT_MS = 5_000

export interface Health {
  readonly healthy: boolean
  readonly height: number
  /** Why it is not healthy. */
  readonly reasons: readonly string[]
}

export interface TelemetryPages {
  /** In Prometheus' text format. */
  readonly metrics: () => string
  readonly health: () => Health
}

/** Serves `/metrics` and `/health`, and nothing else. */
export class TelemetryServer {
  readonly #pages: TelemetryPages
  readonly #server: RestServer

  constructor(pages: TelemetryPages, maxConnections = MAX_CONNECTIONS) {
    this.#pages = pages
    const limits = { maxConnections, clientTimeoutMs: CLIENT_TIMEOUT_MS }
    this.#server = new RestServer(limits, (request, response) => this.#answer(request, response), 'telemetry')
  }

  /** Resolves with `http://host:port`; rejects if the port is taken. `onError` hears of connections that fail. */
  listen(host: string, port: number, onError: (error: unknown) => void): Promise<string> {
    return this.#server.listen(host, port, onError)
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/' } = request
    if (method !== 'GET' && method !== 'HEAD') {
      // Its body is not read, so nothing after it could be.
      sendJson(response, 405, JSON.stringify({ error: `${method} is not served: GET` }), [
        ...['allow', 'GET, HEAD', 'connection', 'close'],
      ])
      return
    }
    const path = url.split('?', 1)[0]
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': PROMETHEUS_TEXT }).end(this.#pages.metrics())
    } else if (path === '/health') {
      const { healthy, height, reasons } = this.#pages.health()
      const status = healthy ? 'ok' : 'unhealthy'
      const json = JSON.stringify({ status, height, reasons })
      sendJson(response, healthy ? 200 : 503, json, ['cache-control', 'no-store'])
    } else {
      sendJson(response, 404, JSON.stringify({ error: 'served here: /metrics, /health' }), [])
    }
  }
}
