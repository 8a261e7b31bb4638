import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { HEIGHT_HEADER } from '../height.ts'
import { frame } from './frames.ts'
import { encodeMessage } from './headers.ts'

/** Called when the client has taken a message, or is gone. */
export type OnTaken = () => void

const { constants } = process.getBuiltinModule('node:http2')

const OK: OutgoingHttpHeaders = { 'grpc-status': '0' }
const TYPE = 'application/grpc'

/** Our side of one call: messages, then a status. After that, or when the client has left, nothing is sent any more. */
export class Call {
  readonly stream: ServerHttp2Stream
  /** When it is given up, in milliseconds of `performance.now()`. */
  deadline: number
  #trailers: OutgoingHttpHeaders | undefined

  constructor(stream: ServerHttp2Stream, deadline: number) {
    this.stream = stream
    this.deadline = deadline
  }

  /** True once it has its status, or nobody is there to take one. */
  get ended(): boolean {
    return this.#trailers !== undefined || this.stream.destroyed || this.stream.closed
  }

  /** The one message of a unary call, at the height it holds for, and OK. */
  answer(message: Uint8Array, height: number, onTaken?: OnTaken): void {
    if (this.ended) return
    this.#trailers = OK
    this.#respond({ [HEIGHT_HEADER]: height })
    this.stream.end(frame(message), onTaken)
  }

  /** One of several messages. While `full` is true the client has yet to take what it got. */
  send(message: Uint8Array, onTaken?: OnTaken): void {
    if (this.ended) return
    if (!this.stream.headersSent) this.#respond({})
    this.stream.write(frame(message), onTaken)
  }

  get full(): boolean {
    return this.stream.writableNeedDrain
  }

  /** Ends it with a status; 0 is OK. */
  end(code = 0, message = ''): void {
    if (this.ended) return
    const status = { 'grpc-status': `${code}` }
    this.#trailers = message === '' ? status : { ...status, 'grpc-message': encodeMessage(message) }
    if (this.stream.headersSent) {
      this.stream.end()
      return
    }
    this.stream.respond({ ':status': 200, 'content-type': TYPE, ...this.#trailers }, { endStream: true })
    // What the client still sends is not read.
    if (!this.stream.readableEnded) this.stream.close(constants.NGHTTP2_NO_ERROR)
  }

  /** Drops a client that does not take its answer. */
  drop(): void {
    this.stream.close(constants.NGHTTP2_CANCEL)
  }

  #respond(headers: OutgoingHttpHeaders): void {
    const { stream } = this
    stream.respond({ ':status': 200, 'content-type': TYPE, ...headers }, { waitForTrailers: true })
    stream.once('wantTrailers', () => {
      if (!stream.destroyed && !stream.closed) stream.sendTrailers(this.#trailers ?? OK)
    })
  }
}
