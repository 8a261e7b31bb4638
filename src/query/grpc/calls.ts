import type { Http2Session, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { clip } from '#lib/bytes.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { Arriving, type ArrivingRequest } from '../arriving.ts'
import { nodeErr, refusalOf } from '../errors.ts'
import { HEIGHT_HEADER, wantedHeight } from '../height.ts'
import { SMALL_ANSWER_BYTES, Unsent } from '../unsent.ts'
import { Call, type OnTaken } from './call.ts'
import { FrameReader } from './frames.ts'
import { httpRefusal, readTimeout } from './headers.ts'
import type { GrpcLimits } from './limits.ts'
import type { GrpcMethods, StreamMethod, UnaryMethod } from './methods.ts'

/** How long a call that was refused or given up has to take its status. */
const GRACE_MS = 5_000

const { constants } = process.getBuiltinModule('node:http2')

export interface CallsOptions {
  readonly methods: GrpcMethods
  readonly limits: GrpcLimits
  readonly onBug: (error: unknown) => void
}

/** All calls under way: reads their requests, answers them, holds them to the limits. */
export class Calls {
  readonly #methods: GrpcMethods
  readonly #limits: GrpcLimits
  readonly #onBug: (error: unknown) => void
  readonly #open = new Set<Call>()
  readonly #arriving: Arriving
  readonly #unsent: Unsent<Http2Session>
  /** Calls that were not refused at once, until their streams close. */
  #active = 0

  constructor({ methods, limits, onBug }: CallsOptions) {
    this.#methods = methods
    this.#limits = limits
    this.#onBug = onBug
    this.#arriving = new Arriving(limits.receivingBytes)
    this.#unsent = new Unsent({ bytes: limits.unsentBytes, staleMs: limits.callMs })
  }

  /** To be called when a connection is closed. */
  closed(session: Http2Session): void {
    this.#unsent.forget(session)
  }

  /** True while the connection has a call. */
  on(session: ServerHttp2Session): boolean {
    for (const { stream } of this.#open) if (stream.session === session) return true
    return false
  }

  /** Gives up what took too long; to be called every now and then. */
  expire(): void {
    const now = performance.now()
    for (const call of this.#open) {
      if (now < call.deadline) continue
      if (call.ended) call.drop()
      else this.#refuse(call, nodeErr.timeout('the call was given up'))
    }
  }

  accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A client that leaves is no error of ours; 'close' follows.
    stream.on('error', () => {})
    if (stream.destroyed || stream.closed) return
    const status = httpRefusal(headers)
    if (status !== undefined) {
      stream.respond({ ':status': status }, { endStream: true })
      stream.close(constants.NGHTTP2_NO_ERROR)
      return
    }
    const call = new Call(stream, performance.now() + this.#limits.callMs)
    this.#open.add(call)
    stream.once('close', () => this.#open.delete(call))
    this.#guard(call, () => {
      const { calls } = this.#limits
      if (this.#active >= calls) throw nodeErr.busy(`${calls} calls are being answered`)
      const path = String(headers[':path'])
      const method = this.#methods.get(path)
      if (method === undefined) throw sdk.unknownRequest(`no method is called ${clip(path)}`)
      const end = performance.now() + readTimeout(headers['grpc-timeout'])
      const height = wantedHeight(headers[HEIGHT_HEADER])
      call.deadline = Math.min(call.deadline, end)
      this.#active++
      stream.once('close', () => void this.#active--)
      if (method.kind === 'unary') this.#unary(call, method, height)
      else this.#stream(call, method, end)
    })
  }

  #unary(call: Call, method: UnaryMethod, height: number): void {
    let request: Uint8Array | undefined
    this.#receive(call, {
      take: (frames) => {
        request ??= frames.next()
        if (request === undefined) return frames.held
        if (!frames.empty) throw sdk.invalidRequest('the call has more than one request')
        return request.length
      },
      done: () => {
        if (request === undefined) throw sdk.invalidRequest('the call has no whole request')
        this.#answer(call, method, request, height)
      },
    })
  }

  #answer(call: Call, method: UnaryMethod, request: Uint8Array, height: number): void {
    const left = call.deadline - performance.now()
    if (left <= 0) throw nodeErr.timeout('the deadline had passed when the request was whole')
    const answer = method.answer(request, height)
    if (!(answer instanceof Promise)) {
      this.#send(call, answer.value, answer.height)
      return
    }
    const late = setTimeout(
      () => this.#refuse(call, nodeErr.timeout('the deadline has passed')),
      left,
    ).unref()
    void answer
      .then(
        (done) => this.#guard(call, () => this.#send(call, done.value, done.height)),
        (error: unknown) => this.#refuse(call, error),
      )
      .finally(() => clearTimeout(late))
  }

  #send(call: Call, message: Uint8Array, height: number): void {
    call.answer(message, height, this.#untilTaken(call, message))
  }

  /** Counts an answer until the client takes it; throws if it has to wait with too many. Calls bound small ones. */
  #untilTaken({ ended, stream: { session } }: Call, { length }: Uint8Array): OnTaken | undefined {
    if (ended || session === undefined || length <= SMALL_ANSWER_BYTES) return undefined
    const problem = this.#unsent.problem(session, length)
    if (problem !== undefined) throw nodeErr.busy(problem)
    return this.#unsent.hold(session, length)
  }

  #stream(call: Call, method: StreamMethod, end: number): void {
    const { stream } = call
    const { callMs } = this.#limits
    const side = method.open({
      send: (response) => call.send(response, this.#untilTaken(call, response)),
      end: () => call.end(),
    })
    stream.once('close', () => side.closed())
    let over = false
    const step = (frames: FrameReader): number => {
      // A client that does not take its responses is not asked for more requests.
      while (!call.full && !call.ended) {
        const request = frames.next()
        if (request === undefined) break
        call.deadline = Math.min(end, method.silent ? end : performance.now() + callMs)
        side.request(request)
      }
      if (call.full) stream.pause()
      else if (over && !call.ended) {
        if (!frames.empty) throw sdk.invalidRequest('the call ended within a request')
        side.done()
      }
      return frames.held
    }
    const frames = this.#receive(call, {
      take: step,
      done: (rest) => {
        over = true
        step(rest)
      },
    })
    stream.on('drain', () => {
      this.#guard(call, () => void step(frames))
      if (!call.full) stream.resume()
    })
  }

  /** Reads the requests of a call: `take` is given all that came so far, and tells how many bytes of it stay. */
  #receive(
    call: Call,
    to: { readonly take: (frames: FrameReader) => number; readonly done: (frames: FrameReader) => void },
  ): FrameReader {
    const frames = new FrameReader(this.#limits.messageBytes)
    const arriving: ArrivingRequest = { bytes: 0, refuse: (error) => this.#refuse(call, error) }
    call.stream.on('data', (chunk: Buffer) => {
      if (call.ended) return
      this.#guard(call, () => {
        frames.push(chunk)
        this.#arriving.keep(arriving, to.take(frames))
      })
    })
    call.stream.once('end', () => {
      if (!call.ended) this.#guard(call, () => to.done(frames))
    })
    call.stream.once('close', () => this.#arriving.drop(arriving))
    return frames
  }

  /** Ends the call with what the work throws. */
  #guard(call: Call, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#refuse(call, error)
    }
  }

  #refuse(call: Call, error: unknown): void {
    const { grpc, message } = refusalOf(error, this.#onBug)
    call.deadline = performance.now() + GRACE_MS
    call.end(grpc, message)
  }
}
