import { AbciProtocolError } from './errors.ts'
import { MAX_FRAME_BYTES, type Method, methodTable } from './methods.ts'

/** Longest varint of a frame's length: 2^31 − 1 needs five bytes. */
const LENGTH_BYTES = 5
/** Methods have field numbers up to 20, so a tag has at most two bytes. */
const HEAD_BYTES = LENGTH_BYTES + 2

/**
 * Cuts a stream of bytes into frames. `push` what was read, then call `next` until it says false.
 *
 * A frame inside one chunk is described where it lies. Any other is received into one buffer of exactly its size, made
 * only after its method is known and its length is within that method's limit.
 */
export class FrameReader {
  /** Of the current frame: its method, and where the method's own message lies. */
  method: Method | undefined
  buf: Buffer = EMPTY
  start = 0
  end = 0

  private readonly methods: readonly (Method | undefined)[]
  private readonly chunks: Buffer[] = []
  private pos = 0
  /** The first bytes of a frame whose head is not complete. */
  private readonly head = Buffer.alloc(HEAD_BYTES)
  private headLength = 0
  /** A frame being received: its buffer and how much is there. */
  private partial: Buffer | undefined
  private filled = 0
  /** Results of `readHead`. */
  private frameLength = 0
  private frameStart = 0

  constructor(methods: readonly (Method | undefined)[] = methodTable()) {
    this.methods = methods
  }

  push(chunk: Buffer): void {
    if (chunk.length > 0) this.chunks.push(chunk)
  }

  /** Whether bytes wait that `next` has not looked at. */
  get unread(): boolean {
    return this.chunks.length > 0
  }

  /** Moves to the next complete frame; false when more bytes are needed. Throws on what is not a frame. */
  next(): boolean {
    this.buf = EMPTY // a genesis must not stay in memory until the next frame
    while (this.chunks.length > 0) {
      const chunk = this.chunks[0] as Buffer
      if (this.step(chunk)) return true
    }
    return false
  }

  /** Takes from `chunk` until a frame is complete or the chunk is used up. */
  private step(chunk: Buffer): boolean {
    if (this.partial !== undefined) return this.fill(chunk, this.partial)
    if (this.headLength > 0) {
      this.joinHead(chunk)
      return false
    }
    if (!this.readHead(chunk, this.pos, chunk.length)) {
      chunk.copy(this.head, 0, this.pos)
      this.headLength = chunk.length - this.pos
      this.dropChunk()
      return false
    }
    const from = this.frameStart
    const to = from + this.frameLength
    if (to > chunk.length) {
      this.receive()
      this.pos = from
      return false
    }
    if (to === chunk.length) this.dropChunk()
    else this.pos = to
    this.open(chunk, from, to)
    return true
  }

  /** Moves bytes from the chunk to a head that an earlier chunk began. */
  private joinHead(chunk: Buffer): void {
    while (this.pos < chunk.length) {
      this.head[this.headLength++] = chunk[this.pos++] as number
      if (!this.readHead(this.head, 0, this.headLength)) continue
      const frame = this.receive()
      this.filled = this.head.copy(frame, 0, this.frameStart, this.headLength)
      this.headLength = 0
      break
    }
    // a chunk at its end stays for `fill`, which completes a frame of a head alone
    if (this.pos === chunk.length && this.partial === undefined) this.dropChunk()
  }

  private receive(): Buffer {
    // memory is committed page by page as bytes arrive, not here
    const frame = Buffer.allocUnsafeSlow(this.frameLength)
    this.partial = frame
    this.filled = 0
    return frame
  }

  private fill(chunk: Buffer, frame: Buffer): boolean {
    const copied = chunk.copy(frame, this.filled, this.pos)
    this.filled += copied
    this.pos += copied
    if (this.pos === chunk.length) this.dropChunk()
    if (this.filled < frame.length) return false
    this.partial = undefined
    this.open(frame, 0, frame.length)
    return true
  }

  private dropChunk(): void {
    this.chunks.shift()
    this.pos = 0
  }

  /** Reads length and tag at `buf[from, to)`; false when they are not all there. */
  private readHead(buf: Buffer, from: number, to: number): boolean {
    let length = 0
    let factor = 1
    let p = from
    for (;;) {
      if (p === to) return false
      const byte = buf[p++] as number
      length += (byte & 0x7f) * factor
      if (byte < 0x80) break
      if (p - from === LENGTH_BYTES)
        throw new AbciProtocolError('the length of a frame is longer than 5 bytes')
      factor *= 128
    }
    if (length > MAX_FRAME_BYTES)
      throw new AbciProtocolError(`a frame of ${length} bytes: the limit is 2^31 - 1`)
    if (length === 0) throw new AbciProtocolError('a frame without a request')
    if (p === to) return false
    let tag = buf[p] as number
    if (tag >= 0x80) {
      if (length === 1) throw new AbciProtocolError('a frame ends inside its tag')
      if (p + 1 === to) return false
      const high = buf[p + 1] as number
      if (high >= 0x80) throw new AbciProtocolError('unknown request: its field number is above 2047')
      tag = (tag & 0x7f) | (high << 7)
    }
    this.check(tag, length)
    this.frameStart = p
    this.frameLength = length
    return true
  }

  private check(tag: number, length: number): void {
    const method = this.methods[tag >>> 3]
    if (method === undefined) {
      throw new AbciProtocolError(
        `unknown request: field ${tag >>> 3} of tendermint.abci.Request (CometBFT 0.38)`,
      )
    }
    if ((tag & 7) !== 2) throw new AbciProtocolError(`${method.name}: wire type ${tag & 7}, not a message`)
    if (length > method.maxBytes) {
      throw new AbciProtocolError(
        `${method.name}: a frame of ${length} bytes, the limit is ${method.maxBytes}`,
      )
    }
    this.method = method
  }

  /** Opens the oneof: the method's message must fill the frame. */
  private open(buf: Buffer, from: number, to: number): void {
    const name = this.method?.name
    let p = from + ((buf[from] as number) >= 0x80 ? 2 : 1)
    let length = 0
    let factor = 1
    for (;;) {
      if (p === to || factor > 2 ** 28)
        throw new AbciProtocolError(`${name}: the length of the message is damaged`)
      const byte = buf[p++] as number
      length += (byte & 0x7f) * factor
      if (byte < 0x80) break
      factor *= 128
    }
    if (p + length !== to) {
      throw new AbciProtocolError(`${name}: a message of ${length} bytes in a frame that holds ${to - p}`)
    }
    this.buf = buf
    this.start = p
    this.end = to
  }
}

const EMPTY = Buffer.alloc(0)
