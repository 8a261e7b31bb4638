import { ValueError } from '#lib/bytes.ts'
import { recentText } from '#lib/recent-text.ts'
import { type AppError, fail } from '../kernel/errors.ts'
import { sdk } from '../kernel/sdk-errors.ts'

/** Wire types of protobuf that are read; groups are refused. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

/**
 * Reads one protobuf message within a larger array, strictly: everything wrong is a `tx parse error` that names the
 * message and the place. Fields are asked for by tag, `field × 8 + wire type`.
 */
export class WireReader {
  readonly bytes: Uint8Array
  readonly where: string
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, where: string, start = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.where = where
    this.at = start
    this.end = end
  }

  more(): boolean {
    return this.at < this.end
  }

  /** The next tag. Its field number is 1 to 2^29 - 1 and its wire type one of the four that are read. */
  tag(): number {
    const tag = this.#uint32()
    const wireType = tag & 7
    if (tag < 8) throw this.error('field number 0')
    if (wireType > BYTES && wireType !== FIXED32)
      throw this.error(`field ${tag >>> 3} has wire type ${wireType}`)
    return tag
  }

  /** What follows a tag of wire type {@link BYTES}, as a view. */
  bytesField(): Uint8Array {
    const length = this.#length()
    const start = this.at
    this.at = start + length
    return this.bytes.subarray(start, this.at)
  }

  /** A string field: UTF-8 without exception. */
  text(): string {
    const length = this.#length()
    const start = this.at
    const end = start + length
    this.at = end
    try {
      return recentText(this.bytes, start, end)
    } catch (error) {
      return fail(this.error(error instanceof ValueError ? error.message : 'not UTF-8'))
    }
  }

  uint64(): bigint {
    const low = this.#group(4)
    if (low < 0x1000_0000) return BigInt(low)
    const high = this.#group(4)
    const value = BigInt(low & 0x0fff_ffff) + (BigInt(high & 0x0fff_ffff) << 28n)
    if (high < 0x1000_0000) return value
    const top = this.#group(2)
    if (top > 0xff) throw this.error('a varint passes 64 bits')
    return value + (BigInt(top) << 56n)
  }

  /** A varint that is 0 or 1. */
  bool(): boolean {
    const value = this.#uint32()
    if (value > 1) throw this.error(`a bool is ${value}`)
    return value === 1
  }

  /** A varint of at most 32 bits. */
  uint32(): number {
    return this.#uint32()
  }

  /** A reader of the message in the field that was announced. */
  message(where: string): WireReader {
    const length = this.#length()
    const start = this.at
    this.at = start + length
    return new WireReader(this.bytes, where, start, this.at)
  }

  /** Passes over a field of any of the four wire types. */
  skip(tag: number): void {
    const wireType = tag & 7
    if (wireType === VARINT) this.uint64()
    else if (wireType === BYTES) this.#pass(this.#length())
    else this.#pass(wireType === FIXED64 ? 8 : 4)
  }

  /** Throws for a tag that the message does not have, or that came before though it may come once. */
  refuse(tag: number): never {
    throw this.error(`{TagNum: ${tag >>> 3}, WireType: ${tag & 7}}: unknown or repeated protobuf field`)
  }

  error(detail: string): AppError {
    return sdk.txDecode(`${this.where}: ${detail} (byte ${this.at})`)
  }

  #pass(count: number): void {
    if (count > this.end - this.at) throw this.error('a field is cut off')
    this.at += count
  }

  #length(): number {
    const length = this.#uint32()
    if (length > this.end - this.at) {
      throw this.error(`a field of ${length} bytes, but only ${this.end - this.at} are left`)
    }
    return length
  }

  /** At most five bytes, below 2^32. */
  #uint32(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    let scale = 0x80
    for (let i = 1; i < 5; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value <= 0xffff_ffff ? value : fail(this.error('a varint passes 32 bits'))
      scale *= 0x80
    }
    throw this.error('a varint passes 32 bits')
  }

  /** Up to `count` bytes of a varint, seven bits each; 2^(7 count) is added if another byte must follow. */
  #group(count: number): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < count; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    return value + scale
  }

  #byte(): number {
    if (this.at >= this.end) throw this.error('cut off')
    return this.bytes[this.at++] as number
  }
}
