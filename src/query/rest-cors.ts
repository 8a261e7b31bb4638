import type { IncomingMessage } from 'node:http'
import { HEIGHT_HEADER } from './height.ts'
import { METADATA_HEIGHT_HEADER } from './rest-answer.ts'
import { EVERY_ORIGIN } from './rest-limits.ts'

/** Seconds for which a browser need not ask again. */
const MAX_AGE = '600'

/**
 * Which pages may read answers (https://fetch.spec.whatwg.org/#http-cors-protocol). Requests themselves are not
 * refused: that they come from a page says nothing about who sends them. Headers are `name, value, name, value, …`.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>
  readonly #every: boolean

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins)
    this.#every = this.#origins.has(EVERY_ORIGIN)
  }

  /** For the answer to any request. */
  headers(request: IncomingMessage): readonly string[] {
    if (this.#every) return OPEN
    if (this.#origins.size === 0) return []
    const { origin } = request.headers
    // The answer depends on who asks: a cache between must not give it to another.
    if (origin === undefined || !this.#origins.has(origin)) return ['vary', 'Origin']
    return ['access-control-allow-origin', origin, ...EXPOSED, 'vary', 'Origin']
  }

  /** For the answer to OPTIONS, in which a browser asks what a page may do. */
  preflight(request: IncomingMessage): readonly string[] {
    const own = this.headers(request)
    if (!own.includes('access-control-allow-origin')) return own
    // A public page that calls a node on the user's own machine is asked for this, too.
    const near = request.headers['access-control-request-private-network'] === 'true'
    return near ? [...own, ...ALLOWED, 'access-control-allow-private-network', 'true'] : [...own, ...ALLOWED]
  }
}

const EXPOSED = ['access-control-expose-headers', `${HEIGHT_HEADER}, ${METADATA_HEIGHT_HEADER}`]
const OPEN = ['access-control-allow-origin', EVERY_ORIGIN, ...EXPOSED]
const ALLOWED = [
  ...['access-control-allow-methods', 'GET, POST, OPTIONS'],
  ...['access-control-allow-headers', `Accept, Content-Type, ${HEIGHT_HEADER}`],
  ...['access-control-max-age', MAX_AGE],
]
