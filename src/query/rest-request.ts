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
 * The request message of a REST call: the body, over it the query parameters (`pagination.limit=5`, lists as repeated
 * parameters), over them the fields in the path. Parameters that the message does not have are ignored, as
 * grpc-gateway does; a body is read strictly. Throws ValueError.
 */
export function readRestRequest(match: RestMatch, query: string, body: string): unknown {
  const type = messageOf(match.route.request.$type)
  const json = readBody(match, body)
  const named = new Set(match.fields.map(([name]) => name))
  const parameters = new Map<string, string[]>()
  if (match.rule.body !== '*') {
    for (const [name, text] of new URLSearchParams(query)) {
      const list = parameters.get(name)
      if (list === undefined) parameters.set(name, [text])
      else list.push(text)
    }
  }
  for (const [name, texts] of parameters) if (!named.has(name)) place(json, type, name, texts)
  for (const [name, text] of match.fields) place(json, type, name, [text])
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

/** Puts the texts of a parameter where its dotted name says; does nothing if the message has no such field. */
function place(into: Json, type: DescMessage, name: string, texts: readonly string[]): void {
  const steps: DescField[] = []
  let message: DescMessage | undefined = type
  for (const part of name.split('.')) {
    const field: DescField | undefined = message?.fields.find(
      (each) => each.name === part || each.jsonName === part,
    )
    if (field === undefined || field.fieldKind === 'map') return
    steps.push(field)
    message = field.fieldKind === 'message' ? field.message : undefined
  }
  const leaf = steps.at(-1)
  if (leaf === undefined) return
  let at = into
  for (const { name: key } of steps.slice(0, -1)) {
    const inner = at[key]
    at[key] = typeof inner === 'object' && inner !== null ? inner : {}
    at = at[key] as Json
  }
  if (leaf.fieldKind === 'list') {
    at[leaf.name] = texts.map((text) => valueOf(leaf, text))
    return
  }
  if (texts.length > 1) throw new RequestError(`${name} stands ${texts.length} times, it can have one value`)
  at[leaf.name] = valueOf(leaf, texts[0] ?? '')
}

const TRUE = new Set(['true', '1', 't', 'T', 'TRUE', 'True'])
const FALSE = new Set(['false', '0', 'f', 'F', 'FALSE', 'False'])

/** The JSON value that a text in a URL stands for. */
function valueOf(field: DescField, text: string): unknown {
  if (field.enum !== undefined) return /^\d{1,9}$/.test(text) ? Number(text) : text
  if (field.scalar === ScalarType.BOOL) {
    if (TRUE.has(text)) return true
    if (FALSE.has(text)) return false
    throw new RequestError(`${field.name}: ${clip(text)} is not true or false`)
  }
  // A plus sign of base64 that was not escaped has become a blank.
  return field.scalar === ScalarType.BYTES ? text.replaceAll(' ', '+') : text
}
