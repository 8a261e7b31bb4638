/** As much of JSON Schema 2020-12 as our OpenAPI document uses; anything else in a schema is an error of its own. */

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly contentEncoding?: string
  readonly description?: string
}

const KNOWN = new Set([
  ...['$ref', 'type', 'properties', 'additionalProperties', 'required', 'items', 'anyOf', 'enum', 'pattern'],
  ...['format', 'minimum', 'maximum', 'contentEncoding', 'description', 'deprecated', 'examples'],
])

/**
 * What of a value its schema does not allow, one line each. Stricter than JSON Schema: an object has no property that
 * is not documented, and every documented one unless its comment says that it belongs to a oneof.
 */
export function misfits(document: object, schema: Schema, value: unknown, path = 'answer'): string[] {
  const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key))
  if (unknown.length > 0) return [`${path}: this checker does not know ${unknown.join(', ')}`]
  if (schema.$ref !== undefined) return misfits(document, resolve(document, schema.$ref), value, path)
  if (schema.anyOf !== undefined) {
    const each = schema.anyOf.map((option) => misfits(document, option, value, path))
    return each.some((found) => found.length === 0) ? [] : (each[0] as string[])
  }
  const types = [schema.type ?? []].flat()
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) {
    return [`${path}: ${JSON.stringify(value)?.slice(0, 80)} is not ${types.join(' or ')}`]
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => misfits(document, schema.items ?? {}, item, `${path}[${i}]`))
  }
  if (typeof value === 'object' && value !== null)
    return objectMisfits(document, schema, value as Record<string, unknown>, path)
  return scalarMisfits(schema, value, path)
}

export function resolve(document: object, reference: string): Schema {
  let at: unknown = document
  for (const part of reference.replace(/^#\//, '').split('/')) at = (at as Record<string, unknown>)[part]
  if (at === undefined) throw new Error(`${reference} leads nowhere`)
  return at as Schema
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function objectMisfits(
  document: object,
  { properties = {}, additionalProperties, required = [] }: Schema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): string[] {
  const open = additionalProperties === true
  const missing = Object.entries(properties).filter(([key, property]) => {
    const optional = open || property.description?.includes('At most one of') === true
    return (!optional || required.includes(key)) && !Object.hasOwn(value, key)
  })
  return [
    ...missing.map(([key]) => `${path}.${key}: is missing`),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const property = properties[key]
      if (property !== undefined) return misfits(document, property, inner, `${path}.${key}`)
      if (typeof additionalProperties === 'object')
        return misfits(document, additionalProperties, inner, `${path}.${key}`)
      return open ? [] : [`${path}.${key}: is not documented`]
    }),
  ]
}

function scalarMisfits(schema: Schema, value: unknown, path: string): string[] {
  const found: string[] = []
  const add = (text: string) => found.push(`${path}: ${JSON.stringify(value)} ${text}`)
  if (schema.enum !== undefined && !schema.enum.includes(value)) add('is none of the enum')
  if (typeof value === 'string') {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
      add(`does not match ${schema.pattern}`)
    if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) add('is no time')
    const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
    if (schema.contentEncoding === 'base64' && !base64.test(value)) add('is no base64')
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) add(`is below ${schema.minimum}`)
    if (schema.maximum !== undefined && value > schema.maximum) add(`is above ${schema.maximum}`)
  }
  return found
}
