/** Generated objects to legacy amino JSON, by the rules of x/tx `aminojson`, one closure for each field. */

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { compareByteStrings, toBase64 } from '#lib/bytes.ts'
import { Decimal } from '#lib/decimal.ts'
import {
  type Duration,
  INT64,
  Misfit,
  type Timestamp,
  timestampText,
  within,
} from '#lib/proto-json-scalars.ts'
import type { JsonObject, JsonValue } from '#lib/proto-json-write.ts'
import {
  aminoField,
  aminoMessageEncoding,
  aminoName,
  messageOf,
  nameOfTypeUrl,
  propertyOf,
  ReflectError,
  scalarOf,
} from '#lib/reflect.ts'
import { codecOf } from '#lib/reflect-codecs.ts'

type Write = (value: unknown) => JsonValue
type Fields = Readonly<Record<string, unknown>>

interface FieldPlan {
  readonly name: string
  readonly property: string
  /** Gives what is written when the field holds its default; undefined: nothing is. */
  readonly empty: (() => JsonValue) | undefined
  readonly isEmpty: (value: unknown) => boolean
  readonly write: Write
}

const writers = new Map<DescMessage, Write>()

/** The writer of a message without its `{type, value}` envelope, made on first use. */
export function aminoWriterOf(message: DescMessage): Write {
  let write = writers.get(message)
  if (write === undefined) {
    write = specialWriter(message) ?? fieldsWriter(message)
    writers.set(message, write)
  }
  return write
}

const names = new Map<DescMessage, string>()

/** The name of a message in amino JSON; throws {@link ReflectError} for one that has none. */
export function aminoTypeOf(message: DescMessage): string {
  // An option is decoded each time it is read.
  let name = names.get(message)
  if (name === undefined) {
    name = aminoName(message)
    if (name === undefined)
      throw new ReflectError(`${message.typeName} has no amino.name: amino JSON cannot hold it`)
    names.set(message, name)
  }
  return name
}

function specialWriter(message: DescMessage): Write | undefined {
  if (message.typeName === 'google.protobuf.Any') return writeAny
  if (message.typeName === 'google.protobuf.Timestamp') return writeTimestamp
  if (message.typeName === 'google.protobuf.Duration') return writeDuration
  const encoding = aminoMessageEncoding(message)
  if (encoding === undefined) return undefined
  if (encoding === 'key_field') return writeKey
  if (encoding === 'threshold_string') return thresholdWriter(message)
  throw new ReflectError(`${message.typeName}: the amino encoding ${encoding} is not known`)
}

function writeAny(value: unknown): JsonValue {
  const any = value as { readonly typeUrl: string; readonly value: Uint8Array }
  const name = nameOfTypeUrl(any.typeUrl)
  if (name === undefined) throw new Misfit(any.typeUrl, 'a type URL like /cosmos.bank.v1beta1.MsgSend')
  const message = messageOf(name)
  return { type: aminoTypeOf(message), value: aminoWriterOf(message)(codecOf(name).decode(any.value)) }
}

/** RFC 3339 with as many digits of the second as are needed: `2026-11-20T12:00:00.5Z`. */
function writeTimestamp(value: unknown): string {
  return timestampText(value as Timestamp).replace(/(\.\d+?)0+Z$/, '$1Z')
}

/** A public key is its bytes alone. */
function writeKey(value: unknown): JsonValue {
  const { key } = value as { readonly key: Uint8Array }
  return key.length === 0 ? null : toBase64(key)
}

/** Nanoseconds in a string. */
function writeDuration(value: unknown): JsonValue {
  const { seconds, nanos } = value as Duration
  const total = seconds * 1_000_000_000n + BigInt(nanos)
  if (total < INT64.min || total > INT64.max)
    throw new Misfit(`${seconds}s`, 'a duration of at most 292 years')
  return total.toString()
}

/** `LegacyAminoPubKey`: the threshold in quotes; neither field is ever left out. */
function thresholdWriter(message: DescMessage): Write {
  const keys = message.fields.find((field) => field.name === 'public_keys')
  if (keys === undefined) throw new ReflectError(`${message.typeName} has no field public_keys`)
  const { name } = aminoField(keys)
  return (value) => {
    const { threshold, publicKeys } = value as { threshold: number; publicKeys: readonly unknown[] }
    return { [name]: publicKeys.map(writeAny), threshold: threshold.toString() }
  }
}

function fieldsWriter(message: DescMessage): Write {
  let plans: readonly FieldPlan[] | undefined
  return (value) => {
    // Made here, so that a message may contain itself.
    plans ??= message.fields.map(planOf).toSorted((a, b) => compareByteStrings(a.name, b.name))
    return writeFields(plans, value as Fields)
  }
}

function writeFields(plans: readonly FieldPlan[], value: Fields): JsonValue {
  const json: JsonObject = {}
  for (const plan of plans) {
    const held = value[plan.property]
    try {
      if (!plan.isEmpty(held)) json[plan.name] = plan.write(held)
      else if (plan.empty !== undefined) json[plan.name] = plan.empty()
    } catch (error) {
      throw within(error, plan.name)
    }
  }
  return json
}

function planOf(field: DescField): FieldPlan {
  const { name, keepEmpty, encoding, oneofName } = aminoField(field)
  if (encoding !== undefined && encoding !== 'legacy_coins') {
    throw new ReflectError(
      `${field.parent.typeName}.${field.name}: the amino encoding ${encoding} is not known`,
    )
  }
  if (field.oneof !== undefined || oneofName !== undefined) {
    throw new ReflectError(`${field.parent.typeName}.${field.name}: amino JSON of a oneof is not supported`)
  }
  const explicit = field.proto.proto3Optional
  return {
    name,
    property: propertyOf(field),
    empty: keepEmpty ? () => emptyOf(field, encoding) : undefined,
    isEmpty: explicit ? (value) => value === undefined : isEmpty,
    write: fieldWriter(field),
  }
}

/** Whether a field holds its default and is left out unless `amino.dont_omitempty` keeps it. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === 0n || value === false) return true
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0
}

/** What is kept of an empty field. A list is null in Go, unless its encoding is `legacy_coins`. */
function emptyOf(field: DescField, encoding: string | undefined): JsonValue {
  if (field.fieldKind === 'list') return encoding === 'legacy_coins' ? [] : null
  if (field.fieldKind === 'enum') return 0
  // Go refuses to sign such a message too.
  if (field.fieldKind !== 'scalar') throw new Misfit(undefined, 'set, as its amino JSON needs it')
  const scalar = scalarOf(field)
  if (scalar === 'cosmos.Int' || scalar === 'cosmos.Dec') return '0'
  if (field.scalar === ScalarType.BOOL) return false
  if (field.scalar === ScalarType.STRING) return ''
  // Go writes a byte slice that is nil as null.
  return field.scalar === ScalarType.BYTES ? null : isLong(field.scalar) ? '0' : 0
}

const longs = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
])
const isLong = (type: ScalarType): boolean => longs.has(type)

function fieldWriter(field: DescField): Write {
  if (field.fieldKind === 'map') {
    throw new ReflectError(`${field.parent.typeName}.${field.name}: amino JSON has no maps`)
  }
  const write = itemWriter(field)
  if (field.fieldKind !== 'list') return write
  return (value) => (value as readonly unknown[]).map((item) => write(item))
}

function itemWriter(field: DescField): Write {
  const message = field.message
  if (message !== undefined) return (value) => aminoWriterOf(message)(value)
  if (field.enum !== undefined) return (value) => value as number
  if (scalarOf(field) === 'cosmos.Dec') return (value) => Decimal.fromProto(value as string).toString()
  if (isLong(field.scalar as ScalarType)) return (value) => (value as bigint).toString()
  if (field.scalar === ScalarType.BYTES) return (value) => toBase64(value as Uint8Array)
  return (value) => value as JsonValue
}
