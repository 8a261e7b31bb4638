import { fromBase64, toHex } from '#lib/bytes.ts'
import { type JsonObject, type JsonValue, toJson } from '#lib/proto-json.ts'
import { type DescMessage, messageOf } from '#lib/reflect.ts'
import type { CliContext } from './context.ts'
import { shortName } from './flags/values.ts'
import { type OutputFormat, print } from './output.ts'

/** Writes a message: proto3 JSON for programs; for people with bytes in hex and enumerations in short. */
export async function printMessage(
  context: CliContext,
  format: OutputFormat,
  type: string,
  value: object,
): Promise<void> {
  const json = toJson(type, value)
  await print(context, format, format === 'json' ? json : readable(messageOf(type), json))
}

/** The JSON of a message as people read it: bytes in hex, enumerations without what all their names have in common. */
export function readable(message: DescMessage, json: JsonValue): JsonValue {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json
  const given = json as JsonObject
  const result: JsonObject = {}
  for (const [key, value] of Object.entries(given)) {
    const field = message.fields.find(({ name }) => name === key)
    if (field === undefined || field.fieldKind === 'map') result[key] = value as JsonValue
    else if (Array.isArray(value)) result[key] = value.map((item) => readableValue(field, item))
    else result[key] = readableValue(field, value as JsonValue)
  }
  return result
}

const BYTES = 12

/** It is copied into --page-key, and stands in base64 wherever else the page is shown. */
const PAGE = 'cosmos.base.query.v1beta1.PageResponse'

function readableValue(field: DescMessage['fields'][number], value: JsonValue): JsonValue {
  if (field.fieldKind === 'map') return value
  if (field.message !== undefined) return readable(field.message, value)
  if (typeof value !== 'string' || value === '') return value
  if (field.enum !== undefined) return shortName(field.enum, value)
  return field.scalar === BYTES && field.parent.typeName !== PAGE ? toHex(fromBase64(value)) : value
}
