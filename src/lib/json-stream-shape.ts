import { type ByteString, byteStringOf } from '#lib/bytes.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '#lib/json-stream-bytes.ts'

/** Shapes that a list may have side by side. */
const MAX_SHAPES = 4
/** After so many values that fit no shape, the shapes are forgotten and learnt anew. */
const PATIENCE = 1_000
/** A longer value is not worth the trouble. */
const MAX_BYTES = 4_096

/** Bytes that stand for themselves in a string. */
const plain = new Uint8Array(256).fill(1, 0x20, 0x80)
plain[QUOTE] = plain[BACKSLASH] = 0

/** Makes a value of what stands in the gaps. */
type Make = (gaps: readonly ByteString[]) => unknown

interface Shape {
  /** The bytes around the gaps. */
  readonly parts: readonly Uint8Array[]
  readonly make: Make
  /** Objects and arrays around the value. */
  readonly depth: number
}

/**
 * Reads values that look like one before but for the contents of strings: the rows of a list. What differs from the
 * shape by a single byte outside of a string, or holds an escape or a character beyond ASCII, is not read here; the
 * result is what `JSON.parse` gives, which has read the first of the shape.
 */
export class JsonShapes {
  /** Where the value last read ends. */
  end = 0
  #shapes: Shape[] = []
  #misses = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  /** What the gaps last held: types, denominations and amounts repeat. */
  readonly #gaps: ByteString[] = []

  /** The value that begins at `start`; undefined if it is of no known shape. */
  read(bytes: Uint8Array, start: number, limit: number, depth: number): unknown {
    for (const shape of this.#shapes) {
      if (shape.depth !== depth || !this.#fits(shape.parts, bytes, start, limit)) continue
      for (let i = 0; i < shape.parts.length - 1; i++) this.#fill(i, bytes)
      return shape.make(this.#gaps)
    }
    return undefined
  }

  /** Learns from a value that is JSON and that {@link read} did not know. */
  learn(bytes: Uint8Array, start: number, end: number, depth: number): void {
    if (this.#shapes.length === MAX_SHAPES) {
      if (++this.#misses < PATIENCE) return
      this.#misses = 0
      this.#shapes = []
    }
    const first = bytes[start]
    if (end - start > MAX_BYTES || (first !== OPEN_OBJECT && first !== OPEN_ARRAY)) return
    const learner = new Learner(bytes, start)
    const make = learner.value()
    if (make === undefined) return
    this.#shapes.push({ parts: learner.finish(end), make, depth })
  }

  #fits(parts: readonly Uint8Array[], bytes: Uint8Array, start: number, limit: number): boolean {
    const last = parts.length - 1
    let at = start
    for (let gap = 0; ; gap++) {
      const part = parts[gap] as Uint8Array
      if (at + part.length > limit) return false
      for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false
      at += part.length
      if (gap === last) break
      this.#starts[gap] = at
      while (at < limit && plain[bytes[at] as number] === 1) at++
      this.#ends[gap] = at
    }
    this.end = at
    return true
  }

  #fill(gap: number, bytes: Uint8Array): void {
    const start = this.#starts[gap] as number
    const end = this.#ends[gap] as number
    const before = this.#gaps[gap]
    let same = before !== undefined && before.length === end - start
    for (let i = start; same && i < end; i++) same = bytes[i] === (before as string).charCodeAt(i - start)
    if (!same) this.#gaps[gap] = byteStringOf(bytes, start, end)
  }
}

/** Takes a JSON value apart into what its shape is and what may differ. */
class Learner {
  readonly #bytes: Uint8Array
  readonly #parts: Uint8Array[] = []
  #from: number
  #at: number

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#from = start
    this.#at = start
  }

  /** How to make the value that stands here; undefined if it has no shape. */
  value(): Make | undefined {
    const byte = this.#peek()
    if (byte === OPEN_OBJECT) return this.#object()
    if (byte === OPEN_ARRAY) return this.#array()
    if (byte === QUOTE) return this.#string()
    const start = this.#at
    while (![COMMA, CLOSE_OBJECT, CLOSE_ARRAY].includes(this.#peek())) this.#at++
    const constant = JSON.parse(byteStringOf(this.#bytes, start, this.#at)) as unknown
    return () => constant
  }

  finish(end: number): Uint8Array[] {
    this.#cut(end)
    return this.#parts
  }

  #string(): Make | undefined {
    const start = this.#at + 1
    const end = this.#plainEnd()
    if (this.#bytes[end] !== QUOTE) return undefined
    this.#cut(start)
    this.#from = end
    this.#at = end + 1
    const gap = this.#parts.length - 1
    return (gaps) => gaps[gap]
  }

  #object(): Make | undefined {
    const members: [string, Make][] = []
    this.#at++
    while (this.#peek() !== CLOSE_OBJECT) {
      if (this.#peek() === COMMA) this.#at++
      this.#peek()
      const start = this.#at + 1
      const end = this.#plainEnd()
      const key = byteStringOf(this.#bytes, start, end)
      const unfit =
        this.#bytes[end] !== QUOTE || key === '__proto__' || members.some(([known]) => known === key)
      if (unfit) return undefined
      this.#at = end + 1
      if (this.#peek() === COLON) this.#at++
      const make = this.value()
      if (make === undefined) return undefined
      members.push([key, make])
    }
    this.#at++
    return (gaps) => {
      const object: Record<string, unknown> = {}
      for (const [key, make] of members) object[key] = make(gaps)
      return object
    }
  }

  #array(): Make | undefined {
    const items: Make[] = []
    this.#at++
    while (this.#peek() !== CLOSE_ARRAY) {
      if (this.#peek() === COMMA) this.#at++
      const make = this.value()
      if (make === undefined) return undefined
      items.push(make)
    }
    this.#at++
    return (gaps) => items.map((make) => make(gaps))
  }

  /** From the quote here to the first byte that is not plain. */
  #plainEnd(): number {
    let at = this.#at + 1
    while (plain[this.#bytes[at] as number] === 1) at++
    return at
  }

  #peek(): number {
    while ((this.#bytes[this.#at] as number) <= 0x20) this.#at++
    return this.#bytes[this.#at] as number
  }

  #cut(at: number): void {
    this.#parts.push(new Uint8Array(this.#bytes.subarray(this.#from, at)))
  }
}
