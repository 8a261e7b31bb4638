/** JSON to generated objects: one closure for each field, made once for each message and dialect. */

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import {
  INT32,
  INT64,
  type IntRange,
  Misfit,
  readBytes,
  readInteger,
  readSmallInteger,
  readText,
  UINT32,
  UINT64,
  within,
} from '#lib/proto-json-scalars.ts'
import { zeroOf } from '#lib/proto-json-write.ts'
import { propertyOf, ReflectError } from '#lib/reflect.ts'

/** Messages inside one another in one document, Anys counted. */
const MAX_DEPTH = 64

/** Reads one JSON value; `depth` counts the messages around it. */
export type Read = (json: unknown, depth: number) => unknown

/** What differs between proto3 JSON and amino JSON. */
export interface Dialect {
  /** The keys that a field may stand under; the first is the usual one. */
  keysOf(field: DescField): readonly string[]
  /** The reader of a message with a form of its own. */
  specialOf(message: DescMessage): Read | undefined
  /** The reader of a scalar field with a form of its own. */
  scalarOf?(field: DescField): Read | undefined
}

type Fields = Record<string, unknown>

interface FieldPlan {
  readonly property: string
  readonly keys: readonly string[]
  readonly read: Read
  /** The other members of the field's oneof. */
  readonly rivals: readonly string[]
}

interface MessagePlan {
  readonly typeName: string
  readonly byKey: Map<string, FieldPlan>
  /** A message with nothing set, without its lists and maps. */
  empty: Fields
  readonly lists: string[]
  readonly maps: string[]
}

/** The readers of one dialect. */
export interface Readers {
  /** Reads a message in its usual or own form. */
  readerOf(message: DescMessage): Read
  /** Reads the fields of a message; the key `skip`, if any, is not taken for a field. */
  fieldsReaderOf(message: DescMessage): (json: unknown, depth: number, skip?: string) => Fields
}

/** Makes the readers of a dialect; each compiles a message when it first meets it. */
export function createReaders(dialect: Dialect): Readers {
  const readers = new Map<DescMessage, Read>()
  const plans = new Map<DescMessage, MessagePlan>()

  function planOf(message: DescMessage): MessagePlan {
    let plan = plans.get(message)
    if (plan === undefined) {
      plan = { typeName: message.typeName, byKey: new Map(), empty: {}, lists: [], maps: [] }
      plans.set(message, plan)
      for (const field of message.fields) addField(plan, field)
    }
    return plan
  }

  function addField(plan: MessagePlan, field: DescField): void {
    const property = propertyOf(field)
    const keys = dialect.keysOf(field)
    const rivals = field.oneof?.fields.filter((other) => other !== field).map(propertyOf) ?? []
    const entry = { property, keys, read: lazily(field), rivals }
    for (const key of keys) plan.byKey.set(key, entry)
    plan.empty[property] = initialOf(field)
    if (field.fieldKind === 'list') plan.lists.push(property)
    if (field.fieldKind === 'map') plan.maps.push(property)
  }

  /** Looks at the type of a field when it is first read, so that recursive messages end. */
  function lazily(field: DescField): Read {
    if (field.fieldKind === 'scalar') return itemReader(field)
    let read: Read = (json, depth) => {
      read = fieldReader(field)
      return read(json, depth)
    }
    return (json, depth) => read(json, depth)
  }

  function fieldReader(field: DescField): Read {
    const read = itemReader(field)
    return field.fieldKind === 'list'
      ? listReader(read)
      : field.fieldKind === 'map'
        ? mapReader(field, read)
        : read
  }

  function itemReader(field: DescField): Read {
    if (field.message !== undefined) return readerOf(field.message)
    if (field.enum !== undefined) return enumReader(field.enum)
    return dialect.scalarOf?.(field) ?? scalarReader(field.scalar as ScalarType)
  }

  function readerOf(message: DescMessage): Read {
    let read = readers.get(message)
    if (read === undefined) {
      read = dialect.specialOf(message) ?? fieldsReaderOf(message)
      readers.set(message, read)
    }
    return read
  }

  function fieldsReaderOf(message: DescMessage): (json: unknown, depth: number, skip?: string) => Fields {
    const plan = planOf(message)
    return (json, depth, skip) => readFields(plan, json, depth, skip)
  }

  return { readerOf, fieldsReaderOf: (message) => fieldsReaderOf(message) }
}

function readFields(plan: MessagePlan, json: unknown, depth: number, skip: string | undefined): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Misfit(json, `an object, ${plan.typeName}`)
  }
  checkDepth(json, depth)
  const message = { ...plan.empty }
  for (const property of plan.lists) message[property] = []
  for (const property of plan.maps) message[property] = {}
  const given = json as Readonly<Fields>
  for (const key of Object.keys(given)) {
    if (key === skip) continue
    const field = plan.byKey.get(key)
    if (field === undefined) throw within(unknownField(plan, given[key]), key)
    const value = given[key]
    if (field.keys.length > 1) refuseSecondSpelling(field, given, key)
    if (value === null || value === undefined) continue
    try {
      message[field.property] = field.read(value, depth + 1)
      for (const rival of field.rivals) {
        if (message[rival] !== undefined)
          throw new Misfit(value, `only one of the oneof: ${rival} is set already`)
      }
    } catch (error) {
      throw within(error, key)
    }
  }
  return message
}

/** Every reader that leads on to other messages calls this. */
export function checkDepth(json: unknown, depth: number): void {
  if (depth >= MAX_DEPTH) throw new Misfit(json, `at most ${MAX_DEPTH} messages inside one another`)
}

function unknownField(plan: MessagePlan, value: unknown): Misfit {
  const names = new Set([...plan.byKey.values()].map((field) => field.keys[0]))
  const known = names.size === 0 ? 'it has no fields' : `it has ${[...names].join(', ')}`
  return new Misfit(value, `a field of ${plan.typeName} (${known})`)
}

function refuseSecondSpelling(field: FieldPlan, given: Readonly<Fields>, key: string): void {
  if (key === field.keys[0]) return
  for (const other of field.keys) {
    if (other !== key && Object.hasOwn(given, other)) {
      throw within(new Misfit(given[key], `one spelling of the field: ${other} stands here too`), key)
    }
  }
}

function initialOf(field: DescField): unknown {
  if (field.fieldKind === 'list' || field.fieldKind === 'map' || field.fieldKind === 'message')
    return undefined
  if (field.oneof !== undefined || field.proto.proto3Optional) return undefined
  return field.fieldKind === 'enum' ? 0 : zeroOf(field.scalar)
}

function listReader(read: Read): Read {
  return (json, depth) => {
    if (!Array.isArray(json)) throw new Misfit(json, 'an array')
    const items: unknown[] = []
    try {
      for (const item of json as readonly unknown[]) {
        if (item === null) throw new Misfit(item, 'a value: null cannot stand in a list')
        items.push(read(item, depth))
      }
    } catch (error) {
      throw within(error, items.length)
    }
    return items
  }
}

function mapReader(field: DescField & { fieldKind: 'map' }, read: Read): Read {
  if (field.mapKey !== ScalarType.STRING) {
    throw new ReflectError(`${field.parent.typeName}.${field.name}: only maps from string are supported`)
  }
  return (json, depth) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Misfit(json, 'an object')
    const items: [string, unknown][] = []
    for (const [key, item] of Object.entries(json)) {
      try {
        items.push([readText(key), read(item, depth)])
      } catch (error) {
        throw within(error, key)
      }
    }
    return Object.fromEntries(items)
  }
}

function enumReader(desc: DescEnum): Read {
  const byName = new Map(desc.values.map((value) => [value.name, value.number]))
  const numbers = new Set(byName.values())
  const expected = `one of ${[...byName.keys()].join(', ')}`
  return (json) => {
    const number = typeof json === 'string' ? byName.get(json) : (json as number)
    if (number === undefined || !numbers.has(number)) throw new Misfit(json, expected)
    return number
  }
}

const readBool: Read = (json) => {
  if (typeof json !== 'boolean') throw new Misfit(json, 'true or false')
  return json
}

const big =
  (bounds: IntRange): Read =>
  (json) =>
    readInteger(json, bounds)
const small =
  (bounds: IntRange): Read =>
  (json) =>
    readSmallInteger(json, bounds)

function scalarReader(type: ScalarType): Read {
  switch (type) {
    case ScalarType.STRING:
      return readText
    case ScalarType.BYTES:
      return readBytes
    case ScalarType.BOOL:
      return readBool
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return big(UINT64)
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return big(INT64)
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return small(UINT32)
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return small(INT32)
    default:
      throw new ReflectError('floating point fields are not supported')
  }
}
