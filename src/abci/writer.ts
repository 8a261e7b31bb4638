/**
 * Writes protobuf from the end of a buffer to its beginning: when a length is due, what it counts is already written.
 *
 * Positions move when the buffer grows; `size` (bytes written so far) does not, so lengths are differences of `size`.
 */
export class BackWriter {
  private buf: Buffer
  private pos: number

  constructor(capacity: number) {
    this.buf = Buffer.allocUnsafeSlow(capacity)
    this.pos = capacity
  }

  /** Bytes written since the last `take` or `clear`. */
  get size(): number {
    return this.buf.length - this.pos
  }

  /** Makes room for `bytes` more, so that a writer who knows grows once. */
  reserve(bytes: number): void {
    if (this.pos < bytes) this.grow(bytes)
  }

  /** One byte; also any tag of a field below 16. */
  byte(value: number): void {
    if (this.pos === 0) this.grow(1)
    this.buf[--this.pos] = value
  }

  /** An unsigned varint, 0…2^53 − 1. */
  varint(value: number): void {
    if (this.pos < 10) this.grow(10)
    if (value < 0x80 && value >= 0) {
      this.buf[--this.pos] = value
      return
    }
    this.longVarint(value)
  }

  /** The bytes alone; returns how many. */
  bytes(value: Uint8Array): number {
    const length = value.length
    if (this.pos < length) this.grow(length)
    this.pos -= length
    this.buf.set(value, this.pos)
    return length
  }

  /** The string as UTF-8, alone; returns how many bytes. A lone surrogate becomes U+FFFD. */
  string(value: string): number {
    const length = value.length
    if (this.pos < length) this.grow(length)
    if (length > LONG_STRING) return this.longString(value)
    const buf = this.buf
    let p = this.pos
    for (let i = length - 1; i >= 0; i--) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) return this.longString(value)
      buf[--p] = unit
    }
    this.pos = p
    return length
  }

  /** Field `tag` (number * 8 + 2, below 128) holding a string; nothing when it is empty, as proto3 has it. */
  stringField(tag: number, value: string): void {
    if (value.length === 0) return
    this.varint(this.string(value))
    this.byte(tag)
  }

  /** Field `tag` (number * 8 + 2, below 128) holding bytes; nothing when empty. */
  bytesField(tag: number, value: Uint8Array): void {
    if (value.length === 0) return
    this.varint(this.bytes(value))
    this.byte(tag)
  }

  /** Field `tag` (number * 8, below 128) holding an unsigned number; nothing when 0. */
  numberField(tag: number, value: number): void {
    if (value === 0) return
    this.varint(value)
    this.byte(tag)
  }

  /** Puts the length of what was written since `size` was `since`, and a tag below 128, in front of it. */
  close(tag: number, since: number): void {
    this.varint(this.buf.length - this.pos - since)
    this.byte(tag)
  }

  /** What was written, in reading order; a view that the next write spoils. */
  view(): Buffer {
    return this.buf.subarray(this.pos)
  }

  /** Copies what was written to `target` from `at` on; returns how many bytes. */
  copyTo(target: Uint8Array, at: number): number {
    const { buf, pos } = this
    const length = buf.length - pos
    if (length > SHORT_COPY) target.set(buf.subarray(pos), at)
    else for (let i = 0; i < length; i++) target[at + i] = buf[pos + i] as number
    return length
  }

  /** Gives the bytes away and starts on a fresh buffer of `capacity`. */
  take(capacity: number): Buffer {
    const taken = this.buf.subarray(this.pos)
    this.buf = Buffer.allocUnsafeSlow(capacity)
    this.pos = capacity
    return taken
  }

  clear(): void {
    this.pos = this.buf.length
  }

  private longVarint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${value} is not an unsigned safe integer`)
    let length = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
    let p = this.pos - length
    this.pos = p
    for (; value >= 0x80; value = Math.floor(value / 0x80)) this.buf[p++] = (value % 0x80) | 0x80
    this.buf[p] = value
  }

  private longString(value: string): number {
    const length = Buffer.byteLength(value)
    if (this.pos < length) this.grow(length)
    this.pos -= length
    this.buf.write(value, this.pos, length, length === value.length ? 'latin1' : 'utf8')
    return length
  }

  private grow(needed: number): void {
    const used = this.size
    const next = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, used + needed + SLACK))
    this.buf.copy(next, next.length - used, this.pos)
    this.pos = next.length - used
    this.buf = next
  }
}

/** From here on two native calls are cheaper than a loop over the characters. */
const LONG_STRING = 120
const SLACK = 256
/** Up to here a loop is cheaper than making a view. */
const SHORT_COPY = 64
