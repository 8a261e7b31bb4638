/** Generated objects to proto3 JSON: one closure for each field, made once for each message. */

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { compareByteStrings, toBase64 } from '#lib/bytes.ts'
import {
  type Duration,
  durationText,
  Misfit,
  type Timestamp,
  timestampText,
  within,
} from '#lib/proto-json-scalars.ts'
import { messageOf, nameOfTypeUrl, propertyOf, ReflectError } from '#lib/reflect.ts'
import { codecOf } from '#lib/reflect-codecs.ts'

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }
export type JsonObject = { [key: string]: JsonValue }

type Write = (value: unknown) => JsonValue
type Fields = Readonly<Record<string, unknown>>

/** Writes the fields of a message into the given object. */
type WriteFields = (value: unknown, into: JsonObject) => JsonObject

interface FieldPlan {
  readonly name: string
  readonly property: string
  readonly write: Write
  /** Stands for a property that is not set; undefined: leave the field out. */
  readonly unset: (() => JsonValue) | undefined
}

const writers = new Map<DescMessage, Write>()
const fieldWriters = new Map<DescMessage, WriteFields>()

/** The writer of a message, made on first use. */
export function writerOf(message: DescMessage): Write {
  let write = writers.get(message)
  if (write === undefined) {
    write = special.get(message.typeName) ?? plainWriter(fieldsWriterOf(message))
    writers.set(message, write)
  }
  return write
}

const plainWriter =
  (write: WriteFields): Write =>
  (value) =>
    write(value, {})

const special: ReadonlyMap<string, Write> = new Map([
  ['google.protobuf.Timestamp', (value) => timestampText(value as Timestamp)],
  ['google.protobuf.Duration', (value) => durationText(value as Duration)],
  ['google.protobuf.Any', writeAny],
] satisfies [string, Write][])

/** Whether a message has a JSON form of its own; inside an Any it then stands under `value`. */
export const hasOwnJson = (typeName: string): boolean => special.has(typeName)

function writeAny(value: unknown): JsonValue {
  const any = value as { readonly typeUrl: string; readonly value: Uint8Array }
  if (any.typeUrl === '' && any.value.length === 0) return {}
  const name = nameOfTypeUrl(any.typeUrl)
  if (name === undefined) throw new Misfit(any.typeUrl, 'a type URL like /cosmos.bank.v1beta1.MsgSend')
  const message = messageOf(name)
  const inner = codecOf(name).decode(any.value)
  if (hasOwnJson(name)) return { '@type': any.typeUrl, value: writerOf(message)(inner) }
  return fieldsWriterOf(message)(inner, { '@type': any.typeUrl })
}

function fieldsWriterOf(message: DescMessage): WriteFields {
  let write = fieldWriters.get(message)
  if (write === undefined) {
    const plans: FieldPlan[] = []
    write = (value, into) => writeFields(plans, value as Fields, into)
    // Known before its fields are looked at: a message may contain itself.
    fieldWriters.set(message, write)
    for (const field of message.fields) plans.push(planOf(field))
  }
  return write
}

function writeFields(plans: readonly FieldPlan[], value: Fields, into: JsonObject): JsonObject {
  let at = 0
  try {
    for (; at < plans.length; at++) {
      const plan = plans[at] as FieldPlan
      const held = value[plan.property]
      if (held !== undefined) into[plan.name] = plan.write(held)
      else if (plan.unset !== undefined) into[plan.name] = plan.unset()
    }
  } catch (error) {
    throw within(error, (plans[at] as FieldPlan).name)
  }
  return into
}

function planOf(field: DescField): FieldPlan {
  return { name: field.name, property: propertyOf(field), write: lazily(field), unset: unsetOf(field) }
}

/** Looks at the type of a field when it is first written, so that recursive messages end. */
function lazily(field: DescField): Write {
  if (field.fieldKind === 'scalar') return fieldWriter(field)
  let write: Write = (value) => {
    write = fieldWriter(field)
    return write(value)
  }
  return (value) => write(value)
}

function fieldWriter(field: DescField): Write {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarWriter(field.scalar, field.oneof === undefined && !field.proto.proto3Optional)
    case 'enum':
      return enumWriter(field.enum)
    case 'message':
      return writerOf(field.message)
    case 'list':
      return listWriter(itemWriter(field))
    case 'map':
      return mapWriter(itemWriter(field))
  }
}

function itemWriter(field: DescField & { fieldKind: 'list' | 'map' }): Write {
  if (field.message !== undefined) return writerOf(field.message)
  return field.enum !== undefined ? enumWriter(field.enum) : scalarWriter(field.scalar as ScalarType, false)
}

function listWriter(write: Write): Write {
  return (value) => {
    const items = value as readonly unknown[]
    const json: JsonValue[] = []
    try {
      for (const item of items) json.push(write(item))
    } catch (error) {
      throw within(error, json.length)
    }
    return json
  }
}

function mapWriter(write: Write): Write {
  return (value) => {
    const json: JsonObject = {}
    for (const [key, item] of Object.entries(value as Fields).toSorted(byKey)) json[key] = write(item)
    return json
  }
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  compareByteStrings(a[0], b[0])

function enumWriter(desc: DescEnum): Write {
  const names = new Map(desc.values.toReversed().map((value) => [value.number, value.name]))
  return (value) => names.get(value as number) ?? (value as number)
}

/** Empty bytes are written as the SDK's gateway writes them: null where they mean not set, as in `"next_key": null`. */
function scalarWriter(type: ScalarType, emptyIsUnset: boolean): Write {
  switch (type) {
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return (value) => (value as bigint).toString()
    case ScalarType.BYTES:
      if (emptyIsUnset)
        return (value) => ((value as Uint8Array).length === 0 ? null : toBase64(value as Uint8Array))
      return (value) => toBase64(value as Uint8Array)
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      throw new ReflectError('floating point fields are not supported')
    default:
      return (value) => value as JsonValue
  }
}

function unsetOf(field: DescField): (() => JsonValue) | undefined {
  if (field.fieldKind === 'list') return () => []
  if (field.fieldKind === 'map') return () => ({})
  if (field.oneof !== undefined) return undefined
  if (field.fieldKind === 'message' || field.proto.proto3Optional) return () => null
  if (field.fieldKind === 'enum') return () => enumWriter(field.enum)(0)
  const zero = zeroOf(field.scalar)
  return () => scalarWriter(field.scalar, true)(zero)
}

/** What a scalar holds when it is not set. */
export function zeroOf(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return ''
    case ScalarType.BYTES:
      return new Uint8Array(0)
    case ScalarType.BOOL:
      return false
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 0n
    default:
      return 0
  }
}
