/** What strict decoding checks, compiled from the definitions into small tables. */

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { utf8 } from '#lib/bytes.ts'
import { messageOf, ReflectError, type TypeRef } from '#lib/reflect.ts'

// Wire types.
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

// What a field holds. Those below PACKABLE_END may stand packed in one length-delimited field when repeated.
export const KIND_BOOL = 0
export const KIND_UINT32 = 1
export const KIND_INT32 = 2
export const KIND_VARINT64 = 3
export const KIND_ENUM = 4
export const KIND_FIXED32 = 5
export const KIND_FIXED64 = 6
export const PACKABLE_END = 7
export const KIND_STRING = 7
export const KIND_BYTES = 8
export const KIND_MESSAGE = 9
export const KIND_ANY = 10

/** One field of a message. */
export interface FieldRule {
  readonly name: string
  readonly number: number
  readonly kind: number
  readonly wireType: number
  readonly repeated: boolean
  /** A singular field's mark in `seen`, shared by the members of a oneof; 0 when repeated. */
  readonly mark: number
  /** Whether the mark belongs to the second word of marks. */
  readonly second: boolean
  /** The defined numbers of an enum. */
  readonly numbers: ReadonlySet<number> | undefined
  /** The message that the field holds. */
  readonly table: MessageTable | undefined
}

/** One message. */
export interface MessageTable {
  readonly name: string
  /** Fields by their number. */
  readonly fields: (FieldRule | undefined)[]
  /** Fields whose number is {@link DENSE} or above. */
  readonly far: Map<number, FieldRule>
}

/** Field numbers below this stand in an array, the rest in a map. */
export const DENSE = 128
const MARKS = 31

const tables = new Map<DescMessage, MessageTable>()

/** The table of a message, made on first use. */
export function tableOf(type: TypeRef): MessageTable {
  const message = messageOf(type)
  let table = tables.get(message)
  if (table === undefined) {
    table = { name: message.typeName, fields: [], far: new Map() }
    // Known before its fields are looked at: a message may contain itself.
    tables.set(message, table)
    fill(table, message)
  }
  return table
}

function fill(table: MessageTable, message: DescMessage): void {
  let marks = 0
  const ofOneof = new Map<unknown, number>()
  for (const field of message.fields) {
    const repeated = field.fieldKind === 'list' || field.fieldKind === 'map'
    const mark = repeated ? -1 : (ofOneof.get(field.oneof) ?? marks++)
    if (!repeated && field.oneof !== undefined) ofOneof.set(field.oneof, mark)
    add(table, ruleOf(field, mark))
  }
  // Two words of marks reach every message there is; a wider one would lose its check for repetition.
  if (marks > 2 * MARKS)
    throw new ReflectError(`${message.typeName} has more than ${2 * MARKS} singular fields`)
}

function add(table: MessageTable, rule: FieldRule): void {
  if (rule.number >= DENSE) table.far.set(rule.number, rule)
  else {
    // No holes: an array without them is read faster.
    while (table.fields.length <= rule.number) table.fields.push(undefined)
    table.fields[rule.number] = rule
  }
}

function ruleOf(field: DescField, mark: number): FieldRule {
  const kind = kindOf(field)
  return {
    name: field.name,
    number: field.number,
    kind,
    wireType: wireTypeOf(field, kind),
    repeated: mark < 0,
    mark: mark < 0 ? 0 : 1 << (mark % MARKS),
    second: mark >= MARKS,
    numbers: field.enum !== undefined && field.fieldKind !== 'map' ? numbersOf(field.enum) : undefined,
    table: messageTableOf(field),
  }
}

const numbersOf = (desc: DescEnum): ReadonlySet<number> => new Set(desc.values.map((value) => value.number))

function messageTableOf(field: DescField): MessageTable | undefined {
  if (field.fieldKind === 'map') {
    throw new ReflectError(
      `${field.parent.typeName}.${field.name}: maps have no place in what is decoded strictly`,
    )
  }
  if (field.message === undefined || field.message.typeName === 'google.protobuf.Any') return undefined
  return tableOf(field.message)
}

function kindOf(field: DescField): number {
  if (field.message !== undefined)
    return field.message.typeName === 'google.protobuf.Any' ? KIND_ANY : KIND_MESSAGE
  return field.enum !== undefined ? KIND_ENUM : scalarKind(field.scalar as ScalarType)
}

function scalarKind(type: ScalarType): number {
  switch (type) {
    case ScalarType.BOOL:
      return KIND_BOOL
    case ScalarType.UINT32:
    case ScalarType.SINT32:
      return KIND_UINT32
    case ScalarType.INT32:
      return KIND_INT32
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
      return KIND_VARINT64
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return KIND_FIXED32
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.DOUBLE:
      return KIND_FIXED64
    case ScalarType.STRING:
      return KIND_STRING
    case ScalarType.BYTES:
      return KIND_BYTES
  }
}

function wireTypeOf(field: DescField, kind: number): number {
  const group =
    field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message !== undefined : false
  if (group && (field as { delimitedEncoding?: boolean }).delimitedEncoding === true) {
    throw new ReflectError(
      `${field.parent.typeName}.${field.name}: groups have no place in what is decoded strictly`,
    )
  }
  if (kind === KIND_FIXED32) return FIXED32
  if (kind === KIND_FIXED64) return FIXED64
  return kind < PACKABLE_END ? VARINT : BYTES
}

/** The messages that an Any may hold, ready to be looked up by the bytes of a type URL. */
export class AnyTypes {
  readonly #byHash = new Map<number, { readonly url: Uint8Array; readonly table: MessageTable }[]>()

  constructor(types: Iterable<TypeRef>) {
    for (const type of types) {
      const table = tableOf(type)
      const url = utf8(`/${table.name}`)
      const hash = hashOf(url, 0, url.length)
      const bucket = this.#byHash.get(hash)
      if (bucket === undefined) this.#byHash.set(hash, [{ url, table }])
      else bucket.push({ url, table })
    }
  }

  /** The message whose type URL stands in `bytes` from `start` to `end`. */
  find(bytes: Uint8Array, start: number, end: number): MessageTable | undefined {
    const bucket = this.#byHash.get(hashOf(bytes, start, end))
    if (bucket === undefined) return undefined
    for (const { url, table } of bucket) if (standsAt(url, bytes, start, end)) return table
    return undefined
  }
}

function standsAt(url: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (url.length !== end - start) return false
  for (let i = 0; i < url.length; i++) if (url[i] !== bytes[start + i]) return false
  return true
}

// FNV-1a over the last 24 bytes, which tell type URLs apart; cut to what V8 keeps as a small integer.
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = end - start > 24 ? end - 24 : start; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  }
  return hash & 0x3fffffff
}
