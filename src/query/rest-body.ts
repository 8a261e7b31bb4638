import type { IncomingMessage } from 'node:http'
import { sdk } from '../kernel/sdk-errors.ts'
import { Arriving, type ArrivingRequest } from './arriving.ts'
import { GRPC, type Refusal, refuse } from './errors.ts'
import { grown } from './grow.ts'
import { TooLarge } from './rest-answer.ts'

export interface BodyLimits {
  /** Bytes of a body; beyond, 413. */
  readonly maxBodyBytes: number
  /** Bytes of all bodies that still arrive; beyond, the largest of them gets 503. */
  readonly maxReceivingBytes: number
}

/** Reads bodies of requests. On a connection one arrives at a time, so the connections bound how many there are. */
export class RestBodies {
  readonly #maxBytes: number
  readonly #arriving: Arriving

  constructor({ maxBodyBytes, maxReceivingBytes }: BodyLimits) {
    this.#maxBytes = maxBodyBytes
    // One that is allowed has to have room, also while its memory grows.
    this.#arriving = new Arriving(Math.max(maxReceivingBytes, 2 * maxBodyBytes))
  }

  /** Resolves with the body when it is whole; rejects with a refusal if it will not be. */
  read(request: IncomingMessage): Promise<Buffer> {
    if (Number(request.headers['content-length'] ?? 0) > this.#maxBytes) throw this.#tooLarge()
    return new Promise((resolve, reject) => {
      let body: Body | undefined = new Body()
      const end = () => {
        body = undefined
        this.#arriving.drop(entry)
      }
      const fail = (error: Refusal) => {
        end()
        reject(error)
      }
      const entry: ArrivingRequest = { bytes: 0, refuse: (error) => fail(refuse(GRPC.unavailable, error)) }
      request.on('data', (chunk: Buffer) => {
        // What comes after a refusal is let go until the connection is closed.
        if (body === undefined) return
        if (body.size + chunk.length > this.#maxBytes) {
          fail(this.#tooLarge())
          return
        }
        this.#arriving.keep(entry, body.add(chunk))
      })
      request.once('end', () => {
        if (body !== undefined) resolve(body.bytes)
        end()
      })
      request.on('error', () => {})
      request.once('close', () => {
        const reason = sdk.invalidRequest('the connection was closed within the body')
        if (body !== undefined) fail(refuse(GRPC.invalidArgument, reason))
      })
    })
  }

  #tooLarge(): Refusal {
    return new TooLarge(413, `the body is larger than ${this.#maxBytes} bytes`)
  }
}

/** Joins the chunks as they come: each for itself would take far more memory than its bytes. */
class Body {
  #buffer: Buffer = Buffer.alloc(0)
  size = 0

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.size)
  }

  /** Adds a chunk and tells how much memory is taken now. */
  add(chunk: Buffer): number {
    if (this.size === 0) {
      this.#buffer = chunk
    } else {
      if (this.size + chunk.length > this.#buffer.length) this.#buffer = grown(this.bytes, chunk.length)
      chunk.copy(this.#buffer, this.size)
    }
    this.size += chunk.length
    return this.#buffer.length
  }
}
