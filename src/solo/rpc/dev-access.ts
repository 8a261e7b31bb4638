import type { IncomingMessage } from 'node:http'

/** Pages that this machine serves itself. */
const LOOPBACK_ORIGIN = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

/** Origins are short; what is none is not repeated at length. */
const SHOWN_CHARACTERS = 100

/**
 * Why a caller may not use the methods that change the chain at will; undefined where it may. Every page that a
 * browser opens can reach a port of its machine, and a GET needs not even a script. A browser names the page in
 * `Origin` with every WebSocket, and with every request but GET and HEAD
 * (https://fetch.spec.whatwg.org/#append-a-request-origin-header); programs send none.
 *
 * @param byUrl the call is the URL itself, or comes with another method than POST
 */
export function devRefusal({ headers: { origin } }: IncomingMessage, byUrl: boolean): string | undefined {
  if (byUrl)
    return `dev_* methods are called by POST of JSON-RPC or over a WebSocket only, as: curl -d '${EXAMPLE}' ADDRESS`
  if (origin === undefined || LOOPBACK_ORIGIN.test(origin)) return undefined
  return (
    `dev_* methods are refused to web pages of ${JSON.stringify(origin.slice(0, SHOWN_CHARACTERS))}: ` +
    'serve the page from http://localhost, http://127.0.0.1 or http://[::1] (any port), or call from a program'
  )
}

const EXAMPLE = '{"jsonrpc":"2.0","id":1,"method":"dev_mine","params":{}}'
