import { AbciProtocolError } from './errors.ts'

/** Reads protobuf fields from `buf[pos, end)`; every error is an {@link AbciProtocolError}. */
export class ProtoReader {
  buf: Buffer
  pos: number
  end: number

  constructor(buf: Buffer, pos: number, end: number) {
    this.buf = buf
    this.pos = pos
    this.end = end
  }

  more(): boolean {
    return this.pos < this.end
  }

  /** A field's number and wire type: `number * 8 + type`. */
  tag(): number {
    const tag = this.varint()
    if (tag < 8 || tag > 0xffffffff) throw new AbciProtocolError(`field tag ${tag} does not exist`)
    return tag
  }

  /** An unsigned varint up to 2^53 − 1. */
  varint(): number {
    const { buf, end } = this
    let value = 0
    let factor = 1
    for (let p = this.pos; p < end; p++) {
      const byte = buf[p] as number
      value += (byte & 0x7f) * factor
      if (byte < 0x80) {
        this.pos = p + 1
        if (value > Number.MAX_SAFE_INTEGER) throw new AbciProtocolError('a number is negative or above 2^53')
        return value
      }
      factor *= 128
      if (p - this.pos >= 9) throw new AbciProtocolError('a varint is longer than 10 bytes')
    }
    throw new AbciProtocolError('message ends inside a number')
  }

  /** An int64 of any value, rounded beyond 2^53. */
  int64(): number {
    const start = this.pos
    this.skipVarint()
    let value = 0n
    for (let p = this.pos - 1; p >= start; p--) value = (value << 7n) | BigInt((this.buf[p] as number) & 0x7f)
    return Number(BigInt.asIntN(64, value))
  }

  /** A view of a length-delimited field. */
  bytes(): Buffer {
    const length = this.varint()
    const start = this.pos
    if (length > this.end - start) {
      throw new AbciProtocolError(
        `a field of ${length} bytes stands where ${this.end - start} bytes are left`,
      )
    }
    this.pos = start + length
    return this.buf.subarray(start, start + length)
  }

  string(): string {
    const length = this.varint()
    const start = this.pos
    if (length > this.end - start) {
      throw new AbciProtocolError(
        `a string of ${length} bytes stands where ${this.end - start} bytes are left`,
      )
    }
    this.pos = start + length
    return this.buf.toString('utf8', start, start + length)
  }

  /** Passes over the field whose tag was just read: newer peers may send fields we do not know. */
  skip(tag: number): void {
    const type = tag & 7
    if (type === 0) this.skipVarint()
    else if (type === 1) this.advance(8)
    else if (type === 2) this.advance(this.varint())
    else if (type === 5) this.advance(4)
    else throw new AbciProtocolError(`field ${tag >>> 3} has wire type ${type}, which proto3 does not use`)
  }

  private skipVarint(): void {
    for (let p = this.pos; p < this.end && p < this.pos + 10; p++) {
      if ((this.buf[p] as number) >= 0x80) continue
      this.pos = p + 1
      return
    }
    throw new AbciProtocolError('message ends inside a number, or the number is longer than 10 bytes')
  }

  private advance(length: number): void {
    if (length > this.end - this.pos) throw new AbciProtocolError('message ends inside a field')
    this.pos += length
  }
}
