import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { scalarOf } from '#lib/reflect.ts'

export type Json = Record<string, unknown>

/** What the definitions say of a full name: a message, a field, a method, a service, an enum value. */
export type Explain = (name: string) => string | undefined

/** The property `description`, where there is something to say. */
export const described = (text: string | undefined): Json => (text === undefined ? {} : { description: text })

// OpenAPI 3.1 schemas are JSON Schema 2020-12; `format` only explains.
const INT64: Json = { type: 'string', format: 'int64', pattern: '^-?[0-9]{1,19}$' }
const UINT64: Json = { type: 'string', format: 'uint64', pattern: '^[0-9]{1,20}$' }
const INT32: Json = { type: 'integer', format: 'int32', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }
const UINT32: Json = { type: 'integer', format: 'uint32', minimum: 0, maximum: 2 ** 32 - 1 }
const BYTES: Json = { type: 'string', contentEncoding: 'base64' }

/** Messages with a form of their own. */
const SPECIAL: Readonly<Record<string, Json>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time', description: 'Time, as in RFC 3339.' },
  'google.protobuf.Duration': {
    type: 'string',
    pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$',
    description: 'Span of time in seconds, as `3.5s`.',
  },
  'google.protobuf.Any': {
    type: 'object',
    description: 'A message of the type that `@type` names, with its fields beside it.',
    properties: {
      '@type': { type: 'string', description: 'Its type URL.', examples: ['/cosmos.bank.v1beta1.MsgSend'] },
    },
    additionalProperties: true,
  },
}

/** Whether a message has a JSON form of its own, and so no fields that a parameter could name. */
export const isSpecial = (message: DescMessage): boolean => SPECIAL[message.typeName] !== undefined

/** The schema of a single value that is no message. */
export function scalarSchema(type: ScalarType): Json {
  switch (type) {
    case ScalarType.BOOL:
      return { type: 'boolean' }
    case ScalarType.BYTES:
      return { ...BYTES }
    case ScalarType.STRING:
      return { type: 'string' }
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { ...INT64 }
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { ...UINT64 }
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { ...UINT32 }
    default:
      return { ...INT32 }
  }
}

/** Collects the schemas of all messages and enums that are referred to, each under its full name. */
export class Schemas {
  readonly #explain: Explain
  readonly #made = new Map<string, Json>()

  constructor(explain: Explain) {
    this.#explain = explain
  }

  /** By name, sorted. */
  get components(): Json {
    return Object.fromEntries([...this.#made].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  message(message: DescMessage): Json {
    const name = message.typeName
    if (!this.#made.has(name)) {
      const schema: Json = {}
      // Known before its fields are looked at: a message may contain itself.
      this.#made.set(name, schema)
      Object.assign(schema, SPECIAL[name] ?? this.#object(message))
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  enumeration(desc: DescEnum): Json {
    const name = desc.typeName
    if (!this.#made.has(name)) {
      const values = desc.values.map((value) => {
        const text = this.#explain(`${name}.${value.name}`)
        return `- \`${value.name}\` (${value.number})${text === undefined ? '' : `: ${text}`}`
      })
      const description = [this.#explain(name) ?? '', values.join('\n')].join('\n\n').trim()
      // The first that says something, and is not one of older releases.
      const usual =
        desc.values.find(({ number, deprecated }) => number !== 0 && !deprecated) ?? desc.values[0]
      const names = desc.values.map((value) => value.name)
      this.#made.set(name, { type: 'string', enum: names, examples: [usual?.name], description })
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  /** A field with its comment. A message that is not set is written as null, and so are bytes that are empty. */
  field(field: DescField): Json {
    const notes = [this.#explain(`${field.parent.typeName}.${field.name}`)]
    if (field.oneof !== undefined) notes.push(`At most one of \`${field.oneof.name}\` is set.`)
    const text = notes.filter((note) => note !== undefined).join(' ')
    const deprecated = field.deprecated ? { deprecated: true } : {}
    return { ...this.#typeOf(field), ...deprecated, ...described(text === '' ? undefined : text) }
  }

  /** A value of a field, or of its list. */
  item(field: DescField): Json {
    if (field.message !== undefined) return this.message(field.message)
    if (field.enum !== undefined) return this.enumeration(field.enum)
    const meaning = scalarOf(field)
    const schema = scalarSchema(field.scalar as ScalarType)
    return meaning === undefined || schema['format'] !== undefined ? schema : { ...schema, format: meaning }
  }

  #object(message: DescMessage): Json {
    const properties = Object.fromEntries(message.fields.map((field) => [field.name, this.field(field)]))
    return { type: 'object', ...described(this.#explain(message.typeName)), properties }
  }

  #typeOf(field: DescField): Json {
    if (field.fieldKind === 'list') return { type: 'array', items: this.item(field) }
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: this.item(field) }
    const schema = this.item(field)
    // A member of a oneof that is not set is left out.
    if (field.oneof !== undefined) return schema
    if (field.fieldKind === 'message') return { anyOf: [schema, { type: 'null' }] }
    return field.scalar === ScalarType.BYTES ? { ...schema, type: ['string', 'null'] } : schema
  }
}
