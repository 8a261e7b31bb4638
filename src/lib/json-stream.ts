/**
 * Walks a JSON document of any size by its bytes. Only what {@link JsonScanner.value} is asked for becomes a
 * JavaScript value, so a genesis file of hundreds of megabytes is read row by row, in one pass.
 *
 * What is skipped is checked for matching brackets and strings only; what is read is checked fully.
 */

import { clip, toByteString, utf8Text } from '#lib/bytes.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  CLOSES,
  COLON,
  COMMA,
  inScalar,
  type JsonKind,
  kindOf,
  OPEN_ARRAY,
  OPEN_OBJECT,
  OPENS,
  QUOTE,
  QUOTES,
  roles,
  scalarForm,
} from '#lib/json-stream-bytes.ts'
import { JsonSyntaxError } from '#lib/json-stream-error.ts'
import { JsonShapes } from '#lib/json-stream-shape.ts'

export { type JsonKind, JsonSyntaxError }

/** Where a value stands: bytes `start` up to, not including, `end`; `path` is for messages. */
export interface JsonSpan {
  readonly start: number
  readonly end: number
  readonly path: string
}

export interface JsonScannerOptions {
  /** The part to read; the whole array when absent. */
  readonly span?: JsonSpan
  /** Objects and arrays inside one another, the outermost counted as 1. */
  readonly maxDepth?: number
  /** The longest text that {@link JsonScanner.value} turns into a value. */
  readonly maxValueBytes?: number
}

const MAX_DEPTH = 64
const MAX_VALUE_BYTES = 16 * 1024 * 1024
const MAX_KEY_BYTES = 1024
const MAX_SCALAR_BYTES = 400

/**
 * A cursor over one JSON text. It stands before a value; every method that takes the value leaves it behind:
 * `scanner.elements(() => put(scanner.value()))` reads a list row by row.
 */
export class JsonScanner {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #maxValueBytes: number
  readonly #open: Uint8Array
  readonly #root: string
  readonly #segments: (string | number)[] = []
  readonly #shapes = new JsonShapes()
  #at: number
  /** All bytes of the value last skipped, or-ed: below 0x80 it is ASCII. */
  #seen = 0

  constructor(bytes: Uint8Array, options: JsonScannerOptions = {}) {
    this.#bytes = bytes
    this.#at = options.span?.start ?? 0
    this.#end = options.span?.end ?? bytes.length
    this.#root = options.span?.path ?? ''
    this.#maxValueBytes = options.maxValueBytes ?? MAX_VALUE_BYTES
    this.#open = new Uint8Array(options.maxDepth ?? MAX_DEPTH)
  }

  /** Where the cursor stands, as in `app_state.bank.balances[3]`. */
  get path(): string {
    let path = this.#root
    for (const part of this.#segments) {
      if (typeof part === 'number') path += `[${part}]`
      else path += path === '' ? part : `.${part}`
    }
    return path
  }

  /** The byte the cursor stands at. */
  get offset(): number {
    return this.#at
  }

  /** What stands here, without taking it. */
  kind(): JsonKind {
    const kind = kindOf(this.#peek())
    if (kind === undefined) throw this.#fault('a value is due')
    return kind
  }

  /** Takes an object; `visit` may take the member's value, otherwise it is skipped. A repeated key is refused. */
  members(visit: (key: string) => void): void {
    this.#enter(OPEN_OBJECT, 'an object is due')
    const keys = new Set<string>()
    for (let first = true; !this.#leave(CLOSE_OBJECT, first); first = false) {
      const key = this.#key()
      if (keys.has(key)) throw this.#fault(`the key ${clip(key)} stands twice`)
      keys.add(key)
      this.#segments.push(key)
      this.#take(COLON, 'a colon is due')
      this.#visit(visit, key)
      this.#segments.pop()
    }
  }

  /** Takes an array; `visit` may take the element, otherwise it is skipped. */
  elements(visit: (index: number) => void): void {
    this.#enter(OPEN_ARRAY, 'an array is due')
    const depth = this.#segments.length
    for (let index = 0; !this.#leave(CLOSE_ARRAY, index === 0); index++) {
      this.#segments[depth] = index
      this.#visit(visit, index)
      this.#segments.length = depth
    }
  }

  /** Takes the value as `JSON.parse` gives it. */
  value(): unknown {
    this.#peek()
    const start = this.#at
    const depth = this.#segments.length
    const limit = Math.min(this.#end, start + this.#maxValueBytes)
    const known = this.#shapes.read(this.#bytes, start, limit, depth)
    if (known !== undefined) {
      this.#at = this.#shapes.end
      return known
    }
    this.skip()
    const length = this.#at - start
    if (length > this.#maxValueBytes) {
      throw this.#fault(`a value of ${length} bytes is above the limit of ${this.#maxValueBytes}`, start)
    }
    const value = this.#parse(start, this.#at)
    this.#shapes.learn(this.#bytes, start, this.#at, depth)
    return value
  }

  /** Takes the value without reading it and tells where it stood; a scanner given that span reads it later. */
  span(): JsonSpan {
    this.#peek()
    const start = this.#at
    this.skip()
    return { start, end: this.#at, path: this.path }
  }

  /** Takes the value without reading it. */
  skip(): void {
    const byte = this.#peek()
    this.#seen = 0
    if (byte === QUOTE) this.#at = this.#skipString(this.#at)
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#skipNested()
    else this.#skipScalar()
  }

  /** Nothing but white space may follow. */
  end(): void {
    this.#space()
    if (this.#at < this.#end) throw this.#fault('the document goes on after its end')
  }

  #visit<T>(visit: (place: T) => void, place: T): void {
    this.#peek()
    const before = this.#at
    visit(place)
    if (this.#at === before) this.skip()
  }

  #parse(start: number, end: number): unknown {
    const part = this.#bytes.subarray(start, end)
    try {
      return JSON.parse(this.#seen < 0x80 ? toByteString(part) : utf8Text(part))
    } catch (cause) {
      throw this.#fault(cause instanceof Error ? cause.message : String(cause), start)
    }
  }

  #key(): string {
    if (this.#peek() !== QUOTE) throw this.#fault('a key in double quotes is due')
    const start = this.#at
    this.#seen = 0
    this.#at = this.#skipString(start)
    if (this.#at - start > MAX_KEY_BYTES)
      throw this.#fault(`a key is longer than ${MAX_KEY_BYTES} bytes`, start)
    return this.#parse(start, this.#at) as string
  }

  #enter(bracket: number, problem: string): void {
    if (this.#segments.length >= this.#open.length)
      throw this.#fault(`deeper than ${this.#open.length} levels`)
    this.#take(bracket, problem)
  }

  /** Whether the list ends here; takes the bracket, or the comma before the next item. */
  #leave(bracket: number, first: boolean): boolean {
    const byte = this.#peek()
    if (byte === bracket) {
      this.#at++
      return true
    }
    if (first) return false
    if (byte !== COMMA) throw this.#fault(`a comma or ${String.fromCharCode(bracket)} is due`)
    this.#at++
    if (this.#peek() === bracket) throw this.#fault('a comma stands before the end of the list')
    return false
  }

  #take(byte: number, problem: string): void {
    if (this.#peek() !== byte) throw this.#fault(problem)
    this.#at++
  }

  #space(): void {
    const bytes = this.#bytes
    let at = this.#at
    for (; at < this.#end; at++) {
      const byte = bytes[at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    }
    this.#at = at
  }

  /** The next byte that is not white space. */
  #peek(): number {
    this.#space()
    if (this.#at >= this.#end) throw this.#fault('the document ends too early')
    return this.#bytes[this.#at] as number
  }

  /** From the opening quote to behind the closing one. */
  #skipString(start: number): number {
    const bytes = this.#bytes
    const end = this.#end
    let seen = this.#seen
    for (let at = start + 1; at < end; at++) {
      const byte = bytes[at] as number
      seen |= byte
      if (byte === QUOTE) {
        this.#seen = seen
        return at + 1
      }
      if (byte === BACKSLASH) at++
    }
    throw this.#fault('a string does not end', start)
  }

  #skipNested(): void {
    const bytes = this.#bytes
    const end = this.#end
    const open = this.#open
    const outer = this.#segments.length
    let depth = outer
    let at = this.#at
    while (at < end) {
      const byte = bytes[at] as number
      const role = roles[byte]
      if (role === QUOTES) {
        at = this.#skipString(at)
        continue
      }
      at++
      if (role === OPENS) {
        if (depth >= open.length) throw this.#fault(`deeper than ${open.length} levels`, at - 1)
        open[depth++] = byte + 2 // the closing brackets stand two behind the opening ones in ASCII
      } else if (role === CLOSES) {
        if (open[--depth] !== byte) throw this.#fault('a bracket does not match', at - 1)
        if (depth === outer) {
          this.#at = at
          return
        }
      }
    }
    throw this.#fault('the document ends inside brackets', end)
  }

  #skipScalar(): void {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    while (at < this.#end && inScalar[bytes[at] as number] === 1) at++
    const text = at - start > MAX_SCALAR_BYTES ? '' : toByteString(bytes.subarray(start, at))
    if (!scalarForm.test(text)) throw this.#fault('what stands here is no JSON value', start)
    this.#at = at
  }

  #fault(problem: string, offset = this.#at): JsonSyntaxError {
    return new JsonSyntaxError(this.path, offset, problem)
  }
}
