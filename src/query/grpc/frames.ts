import { sdk } from '../../kernel/sdk-errors.ts'
import { GRPC, type Refusal, refuse } from '../errors.ts'
import { grown } from '../grow.ts'

/** What stands before every message: whether it is compressed (one byte), and its length (four, big endian). */
const HEAD_BYTES = 5

/** A message as it travels. */
export function frame(message: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + message.length)
  bytes[0] = 0
  bytes.writeUInt32BE(message.length, 1)
  bytes.set(message, HEAD_BYTES)
  return bytes
}

const NOTHING = Buffer.alloc(0)

/** Takes the bytes of a call as they come and gives its messages. Holds at most twice what one message may have. */
export class FrameReader {
  readonly #limit: number
  #buffer: Buffer = NOTHING
  #from = 0
  #to = 0

  /** `limit` is the most bytes that one message may have. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of memory that wait for the rest of a message. */
  get held(): number {
    return this.empty ? 0 : this.#buffer.length
  }

  /** True when no byte of another message is there. */
  get empty(): boolean {
    return this.#from === this.#to
  }

  /** Adds bytes; throws if they begin a message that is too large or compressed. */
  push(chunk: Buffer): void {
    // What came whole, as most requests do, is not copied.
    if (this.empty) {
      this.#buffer = chunk
      this.#from = 0
      this.#to = chunk.length
    } else {
      this.#append(chunk)
    }
    this.#checkHead()
  }

  /** The next message, valid until the next `push`; undefined until it is there whole. */
  next(): Uint8Array | undefined {
    const length = this.#checkHead()
    if (length === undefined || this.#to - this.#from < HEAD_BYTES + length) return undefined
    const start = this.#from + HEAD_BYTES
    this.#from = start + length
    return this.#buffer.subarray(start, this.#from)
  }

  /** Doubles what it has when it must: a message that comes byte by byte costs hardly more than one that does not. */
  #append(chunk: Buffer): void {
    const size = this.#to - this.#from
    if (this.#to + chunk.length > this.#buffer.length || this.#from > 0) {
      this.#buffer = grown(this.#buffer.subarray(this.#from, this.#to), chunk.length)
      this.#from = 0
      this.#to = size
    }
    chunk.copy(this.#buffer, this.#to)
    this.#to += chunk.length
  }

  /** The length of the message that comes next, once it is known. */
  #checkHead(): number | undefined {
    if (this.#to - this.#from < HEAD_BYTES) return undefined
    if (this.#buffer[this.#from] !== 0) throw compressed()
    const length = this.#buffer.readUInt32BE(this.#from + 1)
    if (length <= this.#limit) return length
    const text = `a message of ${length} bytes; this node reads at most ${this.#limit}`
    throw refuse(GRPC.resourceExhausted, sdk.invalidRequest(text))
  }
}

function compressed(): Refusal {
  const text = 'the message is compressed; this node reads grpc-encoding identity only'
  return refuse(GRPC.unimplemented, sdk.notSupported(text))
}
