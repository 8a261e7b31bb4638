import type { IncomingMessage, ServerResponse } from 'node:http'
import { GRPC, Refusal } from './errors.ts'
import { HEIGHT_HEADER } from './height.ts'

/** The name under which the Cosmos SDK's gateway knows the height's header, too. */
export const METADATA_HEIGHT_HEADER = `grpc-metadata-${HEIGHT_HEADER}`

/** Something else than a method that REST serves: a page, a document. */
export interface RestPage {
  /** Answers a GET or HEAD of its path; `headers` are those of CORS. */
  serve(request: IncomingMessage, response: ServerResponse, headers: readonly string[]): void
}

/** A request beyond a limit of size, for which HTTP has a status of its own. */
export class TooLarge extends Refusal {
  readonly status: number

  constructor(status: number, message: string) {
    super(GRPC.invalidArgument, 'sdk', 18, message)
    this.status = status
  }
}

/** The body of every error, google.rpc.Status as JSON. */
export const errorJson = (code: number, message: string): string =>
  JSON.stringify({ code, message, details: [] })

/** Sends JSON with these headers, `name, value, name, value, …`; nothing to a client that is gone. */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  headers: readonly string[],
): void {
  if (response.destroyed || response.headersSent) return
  // A body in text leaves in one write together with its head.
  const head = [
    'content-type',
    'application/json',
    'content-length',
    `${Buffer.byteLength(json)}`,
    ...headers,
  ]
  response.writeHead(status, head).end(json)
}
