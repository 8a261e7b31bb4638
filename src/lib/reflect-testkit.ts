/** What the tests of this folder share: every generated codec, and arbitrary messages made from the definitions. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { messageOf, messages, propertyOf } from '#lib/reflect.ts'

/** A codec as ts-proto writes it. */
export interface GeneratedCodec {
  readonly $type: string
  encode(message: unknown): { finish(): Uint8Array }
  decode(bytes: Uint8Array): Record<string, unknown>
  fromPartial(object: unknown): Record<string, unknown>
}

/** The codecs of src/gen by full name. */
export async function generatedCodecs(): Promise<Map<string, GeneratedCodec>> {
  const folder = join(import.meta.dirname, '../gen')
  const codecs = new Map<string, GeneratedCodec>()
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue
    const module: Record<string, unknown> = await import(
      /* @vite-ignore */ pathToFileURL(join(folder, path)).href
    )
    for (const value of Object.values(module)) {
      const codec = value as Partial<GeneratedCodec> | undefined
      if (typeof codec?.$type === 'string') codecs.set(codec.$type, codec as GeneratedCodec)
    }
  }
  return codecs
}

/** What an arbitrary Any may hold: keys, an account that holds an Any itself, and messages with a JSON of their own. */
const packed = [
  'cosmos.auth.v1beta1.BaseAccount',
  'cosmos.bank.v1beta1.MsgSend',
  'cosmos.crypto.secp256k1.PubKey',
  'google.protobuf.Duration',
  'google.protobuf.Timestamp',
]

const MAX_LEVELS = 5

/** Arbitrary generated objects of a message: oneofs have at most one member, enums defined values. */
export function arbitraryOf(
  message: DescMessage,
  codecs: ReadonlyMap<string, GeneratedCodec>,
  level = 0,
): fc.Arbitrary<Record<string, unknown>> {
  const special = arbitrarySpecial(message.typeName, codecs, level)
  if (special !== undefined) return special
  const plain: Record<string, fc.Arbitrary<unknown>> = {}
  for (const field of message.fields)
    if (field.oneof === undefined) plain[propertyOf(field)] = arbitraryField(field, codecs, level)
  const parts: fc.Arbitrary<Record<string, unknown>>[] = [fc.record(plain)]
  for (const oneof of message.oneofs) {
    const members = oneof.fields.filter((field) => level < MAX_LEVELS || field.message === undefined)
    const none = Object.fromEntries(oneof.fields.map((field) => [propertyOf(field), undefined]))
    const choices = members.map((field) =>
      arbitraryValue(field, codecs, level).map((value) => ({ ...none, [propertyOf(field)]: value })),
    )
    parts.push(fc.oneof(fc.constant(none), ...choices))
  }
  return fc.tuple(...parts).map((made) => Object.assign({}, ...made))
}

function arbitrarySpecial(
  typeName: string,
  codecs: ReadonlyMap<string, GeneratedCodec>,
  level: number,
): fc.Arbitrary<Record<string, unknown>> | undefined {
  const nanos = fc.oneof(
    fc.constant(0),
    fc.constantFrom(1, 500_000_000, 1_000_000, 1000),
    fc.nat(999_999_999),
  )
  if (typeName === 'google.protobuf.Timestamp') {
    return fc.record({ seconds: fc.bigInt(-62_135_596_800n, 253_402_300_799n), nanos })
  }
  if (typeName === 'google.protobuf.Duration') {
    const sign = fc.constantFrom(1, -1)
    return fc
      .tuple(fc.bigInt(0n, 315_575_999_999n), nanos, sign)
      .map(([seconds, n, s]) => ({ seconds: BigInt(s) * seconds, nanos: s * n || 0 }))
  }
  if (typeName !== 'google.protobuf.Any') return undefined
  const names = level < MAX_LEVELS ? packed : packed.slice(2)
  return fc.constantFrom(...names).chain((name) =>
    arbitraryOf(messageOf(name), codecs, level + 1).map((value) => ({
      typeUrl: `/${name}`,
      value: (codecs.get(name) as GeneratedCodec).encode(value).finish(),
    })),
  )
}

function arbitraryField(
  field: DescField,
  codecs: ReadonlyMap<string, GeneratedCodec>,
  level: number,
): fc.Arbitrary<unknown> {
  const deep = field.message !== undefined && level >= MAX_LEVELS
  if (field.fieldKind === 'list') {
    return deep ? fc.constant([]) : fc.array(arbitraryValue(field, codecs, level), { maxLength: 3 })
  }
  if (field.fieldKind !== 'message' && !field.proto.proto3Optional)
    return arbitraryValue(field, codecs, level)
  return deep ? fc.constant(undefined) : fc.option(arbitraryValue(field, codecs, level), { nil: undefined })
}

function arbitraryValue(
  field: DescField,
  codecs: ReadonlyMap<string, GeneratedCodec>,
  level: number,
): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return arbitraryOf(field.message, codecs, level + 1)
  if (field.enum !== undefined) return fc.constantFrom(...field.enum.values.map((value) => value.number))
  return arbitraryScalar(field.scalar as ScalarType)
}

function arbitraryScalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: 'binary', maxLength: 12 })
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 12 }).map((bytes) => Uint8Array.from(bytes))
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.oneof(fc.constant(0n), fc.bigInt(0n, 2n ** 64n - 1n))
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.oneof(fc.constant(0n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.nat(0xffff_ffff)
    default:
      return fc.integer()
  }
}

/** Messages that carry data, all of them proto3; what describes options has no place in state or on the wire. */
export function dataMessages(codecs: ReadonlyMap<string, GeneratedCodec>): DescMessage[] {
  return [...messages()].filter(
    ({ typeName, file }) => codecs.has(typeName) && file.name !== 'google/protobuf/descriptor',
  )
}
