import { inlinePage } from '../query/inline-page.ts'
import { sendJson } from '../query/rest-answer.ts'
import { RestDocument } from '../query/rest-document.ts'
import { REST_LIMITS } from '../query/rest-limits.ts'
import { RestServer } from '../query/rest-server.ts'

/** The URLs of what the page asks; the browser reaches them by itself. */
export interface StatusDoors {
  readonly rpc: string
  readonly websocket: string
  /** Empty where it is off. */
  readonly rest: string
  readonly faucet: string
}

/** What the page's HTTP bears: browsers of one developer. */
const LIMITS = { ...REST_LIMITS, maxConnections: 256, clientTimeoutMs: 10_000 }

/** Serves one page that shows how a chain is doing, from the doors of its node. */
export class StatusPage {
  readonly #server: RestServer

  constructor(doors: StatusDoors) {
    const connect = [doors.websocket, doors.rest, doors.faucet].flatMap((url) =>
      url === '' ? [] : new URL(url).origin,
    )
    const page = new RestDocument('text/html; charset=utf-8', () =>
      inlinePage(new URL('./pages/', import.meta.url), 'status', connect, doors),
    )
    this.#server = new RestServer(
      LIMITS,
      (request, response) => {
        const asked = request.method === 'GET' || request.method === 'HEAD'
        if (asked && request.url?.split('?')[0] === '/') return page.serve(request, response, [])
        sendJson(response, 404, JSON.stringify({ message: 'there is one page here, at /' }), [])
      },
      'status page',
    )
  }

  /** Resolves with the URL. */
  listen(host: string, port: number, onError: (error: unknown) => void): Promise<string> {
    return this.#server.listen(host, port, onError)
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}
