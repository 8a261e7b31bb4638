import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { RestPage } from './rest-answer.ts'

interface Made {
  readonly plain: Buffer
  readonly gzip: Buffer
  readonly tag: string
}

/** A text that stays the same while the program runs: made when it is first asked for, and sent packed. */
export class RestDocument implements RestPage {
  readonly #type: string
  readonly #make: () => { readonly text: string; readonly headers?: readonly string[] }
  #headers: readonly string[] = []
  #made: Made | undefined

  /** @param type its content type */
  constructor(type: string, make: () => { readonly text: string; readonly headers?: readonly string[] }) {
    this.#type = type
    this.#make = make
  }

  serve({ headers, method }: IncomingMessage, response: ServerResponse, cors: readonly string[]): void {
    const { plain, gzip, tag } = this.#document()
    const head = [
      'etag',
      tag,
      'cache-control',
      'no-cache',
      'vary',
      'Accept-Encoding',
      ...this.#headers,
      ...cors,
    ]
    if (headers['if-none-match'] === tag) {
      response.writeHead(304, head).end()
      return
    }
    const packed = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
    const body = packed ? gzip : plain
    if (packed) head.push('content-encoding', 'gzip')
    head.push('content-type', this.#type, 'content-length', `${body.length}`)
    response.writeHead(200, head).end(method === 'HEAD' ? undefined : body)
  }

  #document(): Made {
    if (this.#made !== undefined) return this.#made
    const { text, headers = [] } = this.#make()
    const plain = Buffer.from(text)
    const tag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    this.#headers = headers
    this.#made = { plain, gzip: gzipSync(plain, { level: 9 }), tag }
    return this.#made
  }
}
