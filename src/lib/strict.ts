/**
 * Strict decoding of protobuf: whatever two programs could read differently is refused before anything is decoded.
 *
 * Refused are unknown fields, wrong wire types, truncated, overlong and overflowing varints, groups, text that is not
 * UTF-8, undefined enum values, booleans other than 0 and 1, a singular field (or oneof) that stands twice, messages
 * nested too deep, and an Any whose type the caller does not allow. The order of fields and padded varints are left
 * free; TxRaw has rules of its own for them (ADR-027).
 */

import { clip, toByteString, ValueError } from '#lib/bytes.ts'
import type { TypeRef } from '#lib/reflect.ts'
import {
  AnyTypes,
  BYTES,
  DENSE,
  FIXED32,
  FIXED64,
  type FieldRule,
  KIND_ANY,
  KIND_BOOL,
  KIND_BYTES,
  KIND_ENUM,
  KIND_INT32,
  KIND_MESSAGE,
  KIND_STRING,
  KIND_UINT32,
  type MessageTable,
  PACKABLE_END,
  tableOf,
  VARINT,
} from '#lib/strict-tables.ts'
import { invalidUtf8At } from '#lib/strict-utf8.ts'

export { AnyTypes }

/** Messages inside one another: the outermost counts as 1, an Any and the message in it as one each. */
export const MAX_NESTING = 10

/** In a field number, the bit which says that who does not know the field may ignore it (ADR-020). */
const NON_CRITICAL = 1 << 10

/** Bytes that are not a strict encoding of the message. Names message, field number, wire type and place. */
export class StrictError extends ValueError {
  override readonly name = 'StrictError'
  /** Full name of the message in which it was found. */
  readonly typeName: string
  /** Number of the field, 0 where there is none. */
  readonly field: number
  readonly wireType: number
  /** Bytes from the start of the input. */
  readonly offset: number

  constructor(typeName: string, field: number, wireType: number, offset: number, problem: string) {
    super(
      `${typeName}: {TagNum: ${field}, WireType:"${wireTypeName(wireType)}"}: ${problem} at byte ${offset}`,
    )
    this.typeName = typeName
    this.field = field
    this.wireType = wireType
    this.offset = offset
  }
}

const wireTypeNames = ['varint', 'fixed64', 'bytes', 'start_group', 'end_group', 'fixed32']
const wireTypeName = (type: number): string => wireTypeNames[type] ?? `unknown type: ${type}`

export interface StrictOptions {
  /** What an Any may hold; nothing when absent. */
  readonly any?: AnyTypes
  /** Tolerate unknown fields of the outermost message that are marked as non-critical; for TxBody alone. */
  readonly nonCriticalAllowed?: boolean
}

const nothing = new AnyTypes([])

// The state of the one check that is running: it is synchronous and calls nobody, so there is never a second.
let data: Uint8Array = new Uint8Array(0)
let at = 0
let types: AnyTypes = nothing
/** The tag last read, for errors. */
let tagAt = 0
let tag = 0
let inside = ''
/** The varint last read, in two halves. */
let low = 0
let high = 0

/**
 * Checks that `bytes` are a strict encoding of the message; throws {@link StrictError} otherwise. Returns whether
 * tolerated unknown fields were met. The caller bounds the length of `bytes`.
 */
export function checkStrict(type: TypeRef, bytes: Uint8Array, options: StrictOptions = {}): boolean {
  const table = tableOf(type)
  data = bytes
  at = 0
  tag = 0
  tagAt = 0
  types = options.any ?? nothing
  return walk(table, bytes.length, 1, options.nonCriticalAllowed === true)
}

function walk(table: MessageTable, end: number, depth: number, tolerant: boolean): boolean {
  let tolerated = false
  let seen = 0
  let seenToo = 0
  while (at < end) {
    inside = table.name
    readTag(end)
    const number = tag >>> 3
    const rule = number < DENSE ? table.fields[number] : table.far.get(number)
    if (rule === undefined) {
      if (!tolerant || (number & NON_CRITICAL) === 0) throw fault('unknown protobuf field')
      skip(tag & 7, end)
      tolerated = true
      continue
    }
    if ((rule.second ? seenToo : seen) & rule.mark)
      throw fault('a field or oneof that may stand once stands twice')
    if (rule.second) seenToo |= rule.mark
    else seen |= rule.mark
    checkField(rule, end, depth)
  }
  return tolerated
}

function checkField(rule: FieldRule, end: number, depth: number): void {
  const wireType = tag & 7
  if (wireType === rule.wireType) {
    checkValue(rule, end, depth)
    return
  }
  if (wireType !== BYTES || !rule.repeated || rule.kind >= PACKABLE_END) {
    throw fault(`wire type "${wireTypeName(rule.wireType)}" is due for ${rule.name}`)
  }
  const packedEnd = readLength(end)
  while (at < packedEnd) checkValue(rule, packedEnd, depth)
}

function checkValue(rule: FieldRule, end: number, depth: number): void {
  const kind = rule.kind
  if (kind >= PACKABLE_END) {
    const partEnd = readLength(end)
    if (kind === KIND_STRING) checkText(rule.name, partEnd)
    else if (kind === KIND_BYTES) at = partEnd
    else if (depth >= MAX_NESTING) throw fault(`messages nested deeper than ${MAX_NESTING}`)
    else if (kind === KIND_MESSAGE) walk(rule.table as MessageTable, partEnd, depth + 1, false)
    else if (kind === KIND_ANY) walkAny(partEnd, depth + 1)
  } else if (rule.wireType === VARINT) {
    readVarint(end)
    if (!fits(rule)) throw fault(`${rule.name} holds a value outside its range`)
  } else {
    skip(rule.wireType, end)
  }
}

/** Whether the varint last read is a value of the field. */
function fits(rule: FieldRule): boolean {
  // Negative int32 and enum values are sign-extended to 64 bits.
  const narrow = (high === 0 && low >= 0) || (high === -1 && low < 0)
  switch (rule.kind) {
    case KIND_BOOL:
      return high === 0 && low >>> 0 <= 1
    case KIND_UINT32:
      return high === 0
    case KIND_INT32:
      return narrow
    case KIND_ENUM:
      return narrow && (rule.numbers as ReadonlySet<number>).has(low)
    default:
      return true
  }
}

function walkAny(end: number, depth: number): void {
  let urlStart = -1
  let urlEnd = -1
  let valueStart = -1
  let valueEnd = -1
  while (at < end) {
    inside = 'google.protobuf.Any'
    readTag(end)
    if (tag !== 10 && tag !== 18) {
      throw fault(tag >>> 3 === 1 || tag >>> 3 === 2 ? 'wire type "bytes" is due' : 'unknown protobuf field')
    }
    const partEnd = readLength(end)
    if ((tag === 10 ? urlStart : valueStart) >= 0) throw fault('a field that may stand once stands twice')
    if (tag === 10) {
      urlStart = at
      urlEnd = partEnd
    } else {
      valueStart = at
      valueEnd = partEnd
    }
    at = partEnd
  }
  const table = urlStart < 0 ? undefined : types.find(data, urlStart, urlEnd)
  if (table === undefined) {
    const url = urlStart < 0 ? '""' : clip(toByteString(data.subarray(urlStart, urlEnd)))
    throw fault(`the type URL ${url} is not one that may stand here`)
  }
  if (depth >= MAX_NESTING) throw fault(`messages nested deeper than ${MAX_NESTING}`)
  if (valueStart < 0) return
  at = valueStart
  walk(table, valueEnd, depth + 1, false)
  at = end
}

function checkText(name: string, end: number): void {
  // ASCII is the common case and needs no call.
  while (at < end && (data[at] as number) < 0x80) at++
  if (at === end) return
  const wrong = invalidUtf8At(data, at, end)
  if (wrong >= 0) throw fault(`string field ${name} contains invalid UTF-8`, wrong)
  at = end
}

function readTag(end: number): void {
  tagAt = at
  const byte = data[at] as number
  if (byte < 0x80) {
    at++
    tag = byte
  } else {
    tag = 0
    readVarint(end)
    tag = low
    // 29 bits of field number and 3 of wire type: 32 in all.
    if (high !== 0) throw fault('the field number is out of range')
  }
  if (tag >>> 3 === 0) throw fault('invalid field number')
  const wireType = tag & 7
  if (wireType === 3 || wireType === 4) throw fault('groups are not allowed')
  if (wireType > 5) throw fault('no such wire type')
}

/** Reads a length and returns where that many bytes end. */
function readLength(end: number): number {
  const byte = data[at] as number
  let length = byte
  if (at < end && byte < 0x80) at++
  else {
    readVarint(end)
    if (high !== 0) throw fault('invalid length')
    length = low >>> 0
  }
  if (length > end - at) throw fault('unexpected EOF')
  return at + length
}

/** Reads a varint of at most 64 bits into {@link low} and {@link high}. */
function readVarint(end: number): void {
  low = 0
  high = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) throw fault('unexpected EOF')
    const byte = data[at++] as number
    const bits = byte & 0x7f
    if (shift < 28) low |= bits << shift
    else if (shift === 28) {
      low |= bits << 28
      high = bits >>> 4
    } else if (shift < 63) high |= bits << (shift - 32)
    else if (bits > 1) throw fault('a varint overflows 64 bits')
    else high |= bits << 31
    if (byte < 0x80) return
  }
  throw fault('a varint is longer than 10 bytes')
}

/** Passes over a value of a plain wire type. */
function skip(wireType: number, end: number): void {
  if (wireType === VARINT) readVarint(end)
  else if (wireType === BYTES) at = readLength(end)
  else {
    const length = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : 0
    if (length > end - at) throw fault('unexpected EOF')
    at += length
  }
}

function fault(problem: string, offset = tagAt): StrictError {
  return new StrictError(inside, tag >>> 3, tag & 7, offset, problem)
}
