import { ScalarType } from '@bufbuild/protobuf'
import { clip, ValueError } from '#lib/bytes.ts'
import { fromJson } from '#lib/proto-json.ts'
import { type DescField, type DescMessage, messageOf } from '#lib/reflect.ts'
import type { RestMatch } from './rest-paths.ts'

/** A request that cannot be read. */
export class RequestError extends ValueError {
  override readonly name = 'RequestError'
}

type Json = Record<string, unknown>

/**
 * The request message of a REST call: the body, the query parameters, the fields in the path, by grpc-gateway's rules.
 * Parameters are named as `pagination.limit`, in snake_case or camelCase, and lists are repeated parameters. One that
 * the message does not have is ignored, and so are one that stands in the path or the body already, and every value of
 * a single field but the first. A body is read strictly. Throws ValueError.
 */
export function readRestRequest(match: RestMatch, query: string, body: string): unknown {
  const { rule, fields } = match
  const type = messageOf(match.route.request.$type)
  const json = readBody(match, body)
  if (query !== '' && rule.body !== '*') {
    const elsewhere = fields.map(([name]) => name)
    if (rule.body !== undefined) elsewhere.push(rule.body)
    const taken = new Set<string>()
    for (const [name, text] of new URLSearchParams(query)) {
      if (!elsewhere.some((other) => name === other || name.startsWith(`${other}.`)))
        place(json, type, name, text, taken)
    }
  }
  for (const [name, text] of fields) place(json, type, name, text, undefined)
  return fromJson(type, json)
}

function readBody({ rule }: RestMatch, body: string): Json {
  if (rule.body === undefined || body.trim() === '') return {}
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    throw new RequestError(`the body is not JSON: ${(error as Error).message}`)
  }
  if (rule.body !== '*') return { [rule.body]: json }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new RequestError('the body is not a JSON object')
  }
  return { ...json }
}

/**
 * Puts the text of a parameter where its dotted name says. Does nothing if the message has no such field, or if the
 * field is among those `taken` already.
 */
function place(
  into: Json,
  type: DescMessage,
  name: string,
  text: string,
  taken: Set<string> | undefined,
): void {
  const parts = name.split('.')
  let message = type
  let at = into
  for (let i = 0; ; i++) {
    const field = fieldOf(message, parts[i] as string)
    if (field === undefined || field.fieldKind === 'map') return
    if (i === parts.length - 1) {
      put(at, field, parts, text, taken)
      return
    }
    if (field.fieldKind !== 'message')
      throw new RequestError(`${clip(name)}: ${field.name} has no field inside it`)
    const inner = at[field.name]
    at[field.name] = typeof inner === 'object' && inner !== null ? inner : {}
    at = at[field.name] as Json
    parts[i] = field.name
    message = field.message
  }
}

const fieldOf = (message: DescMessage, name: string): DescField | undefined =>
  message.fields.find((each) => each.name === name || each.jsonName === name)

function put(
  at: Json,
  field: DescField,
  parts: string[],
  text: string,
  taken: Set<string> | undefined,
): void {
  const value = valueOf(field, text)
  if (field.fieldKind === 'list') {
    const list = at[field.name]
    if (Array.isArray(list)) list.push(value)
    else at[field.name] = [value]
    return
  }
  if (taken !== undefined) {
    // Both spellings of a name are one field.
    parts[parts.length - 1] = field.name
    const path = parts.join('.')
    if (taken.has(path)) return
    taken.add(path)
  }
  at[field.name] = value
}

const TRUE = new Set(['true', '1', 't', 'T', 'TRUE', 'True'])
const FALSE = new Set(['false', '0', 'f', 'F', 'FALSE', 'False'])

/** The JSON value that a text in a URL stands for. */
function valueOf(field: DescField, text: string): unknown {
  if (field.enum !== undefined) return /^-?\d{1,9}$/.test(text) ? Number(text) : text
  if (field.scalar === ScalarType.BOOL) {
    if (TRUE.has(text)) return true
    if (FALSE.has(text)) return false
    throw new RequestError(`${field.name}: ${clip(text)} is not true or false`)
  }
  // A plus sign of base64 that was not escaped has become a blank.
  return field.scalar === ScalarType.BYTES ? text.replaceAll(' ', '+') : text
}
