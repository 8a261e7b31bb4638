/**
 * Proto3 JSON as the Cosmos REST gateway speaks it, straight between generated objects and JSON values: proto field
 * names, defaults written, 64-bit integers in strings, bytes in base64, enums by name, `@type` in an Any. On the way
 * in, camelCase names, plain numbers and enum numbers are understood too; an unknown field is an error.
 *
 * What stands inside an Any is read and written with the codecs of `reflect-codecs.ts`.
 */

import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { clip, compareByteStrings, ValueError } from '#lib/bytes.ts'
import { checkDepth, createReaders, type Read } from '#lib/proto-json-read.ts'
import { Misfit, readDuration, readTimestamp, within } from '#lib/proto-json-scalars.ts'
import { hasOwnJson, type JsonObject, type JsonValue, writerOf } from '#lib/proto-json-write.ts'
import { messageOf, nameOfTypeUrl, registry, type TypeRef } from '#lib/reflect.ts'
import { codecOf } from '#lib/reflect-codecs.ts'

export type { JsonObject, JsonValue }

/** A JSON value that does not fit its definition. The message says where, what stands there and what is due. */
export class JsonError extends ValueError {
  override readonly name = 'JsonError'
  /** For example `app_state.bank.balances[3].coins[0].amount`. */
  readonly path: string
  readonly value: unknown
  readonly expected: string

  constructor(path: string, value: unknown, expected: string) {
    super(`${path === '' ? 'the document' : path}: ${show(value)} is not ${expected}`)
    this.path = path
    this.value = value
    this.expected = expected
  }
}

/** A value for an error message, never longer than a line. */
function show(value: unknown): string {
  if (typeof value === 'string') return clip(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

/**
 * The JSON value of a generated object. A property that is not set is written as its default, as null for a message,
 * and not at all in a oneof. Throws {@link JsonError} where a value has no JSON form.
 */
export function toJson(type: TypeRef, value: object): JsonValue {
  return complete('', () => writerOf(messageOf(type))(value))
}

/**
 * The generated object of a JSON value; what is absent or null gets its default. `path` says where the value stands in
 * its document and begins every error's path. Throws {@link JsonError}.
 */
export function fromJson<T = unknown>(type: TypeRef, json: unknown, path: Place = ''): T {
  return complete(path, () => readers.readerOf(messageOf(type))(json, 0) as T)
}

/** What stands in an Any: the type as it is written, and the message, or undefined in an empty Any. */
export interface Unpacked {
  readonly typeUrl: string
  readonly message: object | undefined
}

/** Like {@link fromJson} for a google.protobuf.Any whose content is wanted as an object and not as bytes. */
export function unpackedFromJson(json: unknown, path: Place = ''): Unpacked {
  return complete(path, () => openAny(json, 0))
}

/** Where a value stands in its document; as a function where making the text is too much for a value without fault. */
export type Place = string | (() => string)

/** Runs `work` and makes one full error of a misfit inside it. */
export function complete<T>(path: Place, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    const place = typeof path === 'string' ? path : path()
    const whole = place === '' && error.path.startsWith('.') ? error.path.slice(1) : place + error.path
    throw new JsonError(whole, error.value, error.expected)
  }
}

/**
 * The attributes of a typed event as the SDK writes them: `key, value, key, value …`, keys sorted, each value the
 * JSON text of the field (a string stands in quotes).
 */
export function eventAttributes(type: TypeRef, value: object): string[] {
  const json = toJson(type, value) as JsonObject
  const attributes: string[] = []
  for (const key of Object.keys(json).toSorted(compareByteStrings))
    attributes.push(key, goJson(json[key] as JsonValue))
  return attributes
}

const escapes = /[<>&\u2028\u2029]/g

/** JSON text as Go's encoding/json writes it: these five characters are escaped, everything else as in JavaScript. */
export function goJson(json: JsonValue): string {
  return JSON.stringify(json).replace(escapes, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const readers = createReaders({
  keysOf: (field: DescField) => (field.jsonName === field.name ? [field.name] : [field.name, field.jsonName]),
  specialOf: (message: DescMessage): Read | undefined => {
    if (message.typeName === 'google.protobuf.Timestamp') return readTimestamp
    if (message.typeName === 'google.protobuf.Duration') return readDuration
    return message.typeName === 'google.protobuf.Any' ? readAny : undefined
  },
})

const anyForm = 'an object with "@type" like /cosmos.bank.v1beta1.MsgSend'

function readAny(json: unknown, depth: number): unknown {
  const { typeUrl, message } = openAny(json, depth)
  if (message === undefined) return { typeUrl, value: new Uint8Array(0) }
  const codec = codecOf(nameOfTypeUrl(typeUrl) as string)
  return { typeUrl, value: codec.encode(message as never).finish() }
}

function openAny(json: unknown, depth: number): Unpacked {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Misfit(json, anyForm)
  checkDepth(json, depth)
  const given = json as Readonly<Record<string, unknown>>
  const typeUrl = given['@type']
  if (typeUrl === undefined && Object.keys(given).length === 0) return { typeUrl: '', message: undefined }
  const name = typeof typeUrl === 'string' ? nameOfTypeUrl(typeUrl) : undefined
  if (name === undefined)
    throw within(new Misfit(typeUrl, 'a type URL like /cosmos.bank.v1beta1.MsgSend'), '@type')
  const message = registry().getMessage(name)
  if (message === undefined)
    throw within(new Misfit(typeUrl, 'a message type that this chain knows'), '@type')
  const inner = hasOwnJson(name) ? readWrapped(message, given, depth) : readInner(message, given, depth)
  return { typeUrl: typeUrl as string, message: inner as object }
}

const readInner = (message: DescMessage, json: unknown, depth: number): unknown =>
  readers.fieldsReaderOf(message)(json, depth + 1, '@type')

/** A message with a form of its own stands under the key `value`. */
function readWrapped(message: DescMessage, json: Readonly<Record<string, unknown>>, depth: number): unknown {
  for (const key of Object.keys(json)) {
    if (key !== '@type' && key !== 'value') throw within(new Misfit(json[key], 'one of @type, value'), key)
  }
  try {
    return readers.readerOf(message)(json['value'], depth + 1)
  } catch (error) {
    throw within(error, 'value')
  }
}
