import type { DescField, DescMessage, DescMethod } from '@bufbuild/protobuf'
import { type HttpRule, httpRules, serviceOf } from '#lib/reflect.ts'
import { PAGE } from '../kernel/pagination.ts'
import { HEIGHT_HEADER } from './height.ts'
import { described, type Explain, isSpecial, type Json, Schemas } from './openapi-schemas.ts'
import { partsOf } from './rest-paths.ts'

export interface OpenApiOptions {
  /** Name of the chain. */
  readonly name: string
  /** Version of this program. */
  readonly version: string
  /** Full names of the services that are served, in their order. */
  readonly services: Iterable<string>
  /** Those among them that do not read the state of a height. */
  readonly nodeServices: readonly string[]
  readonly explain: Explain
}

const ERRORS: readonly (readonly [status: string, name: string, text: string])[] = [
  ['400', 'BadRequest', 'The request cannot be read, or asks for what cannot be (gRPC codes 3 and 11).'],
  ['404', 'NotFound', 'What is asked for does not exist (gRPC code 5).'],
  ['429', 'TooMuch', 'The answer would take more work than one request may (gRPC code 8).'],
  ['500', 'Failed', 'A simulation failed (gRPC code 2), or there is a bug in the node (13).'],
  ['501', 'NotServed', 'This node does not serve it (gRPC code 12).'],
  ['503', 'Busy', 'Too many requests at once, or CometBFT does not answer (gRPC code 14): try again.'],
  ['default', 'Refused', 'Any other refusal.'],
]

const INTRODUCTION = `Every query of the chain as JSON over HTTP, by the rules of grpc-gateway.

- Names are in snake_case, 64-bit integers stand in strings, bytes in base64, enums are written by name, and fields
  that are not set as their defaults.
- Errors are \`{"code", "message", "details"}\` with a gRPC code.
- \`${HEIGHT_HEADER}\` asks for the state at an older height, and says in the answer for which height it holds.
- A list goes on with \`pagination.key\`, which takes the \`next_key\` of the page before.
- A page has ${PAGE.defaultLimit} entries unless \`pagination.limit\` says otherwise, and at most ${PAGE.maxLimit}; of
  what CometBFT keeps, transactions found and validators, at most 100.`

/** One method under one verb and path. */
interface Binding {
  readonly method: DescMethod
  readonly rule: HttpRule
}

/** The OpenAPI 3.1 document of everything REST serves, made of the proto definitions and their comments. */
export function openApiDocument({ name, version, services, nodeServices, explain }: OpenApiOptions): Json {
  const builder = new Builder(explain, nodeServices)
  const found = [...services].map(serviceOf).filter((service) => service.methods.some(isServed))
  const paths = builder.paths(found.flatMap((service) => service.methods.flatMap(bindingsOf)))
  return {
    openapi: '3.1.0',
    info: {
      title: `${name} REST API`,
      version,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: found.map(({ typeName }) => ({ name: typeName, ...described(explain(typeName)) })),
    paths,
    components: builder.components,
  }
}

const isServed = (method: DescMethod): boolean => httpRules(method).length > 0

const bindingsOf = (method: DescMethod): Binding[] => httpRules(method).map((rule) => ({ method, rule }))

/** `/denoms_metadata/{denom=**}` → `/denoms_metadata/{denom}`; `shape` has no names in it. */
function templateOf({ path }: HttpRule): { readonly template: string; readonly shape: string } {
  const parts = partsOf(path)
  return {
    template: `/${parts.map((part) => (part.kind === 'text' ? part.text : `{${part.name}}`)).join('/')}`,
    shape: parts.map((part) => (part.kind === 'text' ? part.text : '{}')).join('/'),
  }
}

class Builder {
  readonly #explain: Explain
  readonly #nodeServices: readonly string[]
  readonly #schemas: Schemas
  readonly #ids = new Map<string, number>()

  constructor(explain: Explain, nodeServices: readonly string[]) {
    this.#explain = explain
    this.#nodeServices = nodeServices
    this.#schemas = new Schemas(explain)
  }

  get components(): Json {
    const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
    const responses = ERRORS.map(([, name, description]) => [name, { description, content }])
    return {
      schemas: { Error: ERROR, ...this.#schemas.components },
      parameters: { height: HEIGHT_PARAMETER },
      headers: { height: { description: 'Height for which the answer holds.', schema: HEIGHT } },
      responses: Object.fromEntries(responses),
    }
  }

  /** Two bindings whose paths differ in the names of their fields alone are one path for OpenAPI. */
  paths(bindings: readonly Binding[]): Json {
    const shapes = new Map<string, { template: string; verbs: Map<string, Binding[]> }>()
    for (const binding of bindings) {
      const { template, shape } = templateOf(binding.rule)
      const entry = shapes.get(shape) ?? { template, verbs: new Map() }
      shapes.set(shape, entry)
      entry.verbs.set(binding.rule.verb, [...(entry.verbs.get(binding.rule.verb) ?? []), binding])
    }
    const items = [...shapes.values()].map(({ template, verbs }) => {
      const operations = [...verbs].map(([verb, same]) => [verb, this.#operation(template, same)])
      return [template, Object.fromEntries(operations)]
    })
    return Object.fromEntries(items)
  }

  #operation(template: string, same: readonly Binding[]): Json {
    const { method, rule } = same[0] as Binding
    const texts = same.map(({ method: each }) => this.#comment(each) ?? each.name)
    const answers = same.map(({ method: each }) => this.#schemas.message(each.output))
    const schema = answers.length === 1 ? answers[0] : { anyOf: answers }
    const errors = ERRORS.map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }])
    return {
      tags: [method.parent.typeName],
      operationId: this.#id(method),
      ...summaryOf(texts),
      ...(method.deprecated ? { deprecated: true } : {}),
      parameters: this.#parameters(template, same),
      ...(rule.body === undefined ? {} : { requestBody: this.#body(method, rule.body) }),
      responses: {
        200: {
          description: 'The answer.',
          headers: { [HEIGHT_HEADER]: { $ref: '#/components/headers/height' } },
          content: { 'application/json': { schema } },
        },
        ...Object.fromEntries(errors),
      },
    }
  }

  #comment(method: DescMethod): string | undefined {
    return this.#explain(`${method.parent.typeName}.${method.name}`)
  }

  /** `cosmos.bank.v1beta1.Query/Balance` → `cosmos_bank_v1beta1_Query_Balance`; a second binding ends in `_2`. */
  #id(method: DescMethod): string {
    const id = `${method.parent.typeName}.${method.name}`.replaceAll('.', '_')
    const nth = (this.#ids.get(id) ?? 0) + 1
    this.#ids.set(id, nth)
    return nth === 1 ? id : `${id}_${nth}`
  }

  #parameters(template: string, same: readonly Binding[]): Json[] {
    const { method, rule } = same[0] as Binding
    const inPath = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name)
    const path = inPath.map((name, place) => this.#pathParameter(name, place, same))
    const query = rule.body === undefined ? this.#query(method.input, '', inPath, [], false) : []
    const height = { $ref: '#/components/parameters/height' }
    return [...path, ...query, ...(this.#nodeServices.includes(method.parent.typeName) ? [] : [height])]
  }

  #pathParameter(name: string, place: number, same: readonly Binding[]): Json {
    const fields = same.flatMap(({ method, rule }) => {
      const given = partsOf(rule.path).filter((part) => part.kind === 'field')[place]
      return method.input.fields.filter((field) => field.name === given?.name)
    })
    const texts = fields.map((field) => this.#schemas.field(field)['description'])
    const schemas = fields.map((field) => this.#schemas.item(field))
    const schema = schemas.length === 1 ? schemas[0] : { anyOf: schemas }
    return { name, in: 'path', required: true, ...described(texts.join(' Or: ')), schema }
  }

  #query(
    message: DescMessage,
    prefix: string,
    elsewhere: readonly string[],
    around: readonly string[],
    deprecated: boolean,
  ): Json[] {
    // A message inside itself has no end of parameters.
    if (around.includes(message.typeName)) return []
    const inner = [...around, message.typeName]
    return message.fields.flatMap((field) => {
      const name = `${prefix}${field.name}`
      const old = deprecated || field.deprecated
      if (elsewhere.includes(name) || field.fieldKind === 'map') return []
      if (field.fieldKind === 'message' && !isSpecial(field.message))
        return this.#query(field.message, `${name}.`, elsewhere, inner, old)
      if (field.message?.typeName === 'google.protobuf.Any') return []
      if (field.fieldKind === 'list' && field.message !== undefined) return []
      return [this.#queryParameter(field, name, old)]
    })
  }

  #queryParameter(field: DescField, name: string, deprecated: boolean): Json {
    const item = this.#schemas.item(field)
    const schema = field.fieldKind === 'list' ? { type: 'array', items: item } : item
    const text = this.#explain(`${field.parent.typeName}.${field.name}`)
    return {
      name,
      in: 'query',
      ...described(text),
      ...(deprecated ? { deprecated: true } : {}),
      schema,
    }
  }

  #body(method: DescMethod, body: string): Json {
    const field = method.input.fields.find((each) => each.name === body)
    const schema = field === undefined ? this.#schemas.message(method.input) : this.#schemas.item(field)
    return { required: true, content: { 'application/json': { schema } } }
  }
}

const HEIGHT: Json = { type: 'string', format: 'int64', pattern: '^[0-9]{1,15}$' }

const HEIGHT_PARAMETER: Json = {
  name: HEIGHT_HEADER,
  in: 'header',
  description: 'Height of the state to answer from; the newest when it is absent.',
  schema: HEIGHT,
}

const ERROR: Json = {
  type: 'object',
  description: 'Why there is no answer.',
  required: ['code', 'message', 'details'],
  properties: {
    code: {
      type: 'integer',
      format: 'int32',
      description: 'gRPC code (https://grpc.io/docs/guides/status-codes).',
    },
    message: { type: 'string', description: 'For people.' },
    details: { type: 'array', description: 'Empty.', items: { type: 'object' } },
  },
}

/** The first sentence as a title, and all of it where there is more. */
function summaryOf(texts: readonly string[]): Json {
  const first = texts.map((text) => (/^[\s\S]*?\.(?=\s|$)/.exec(text)?.[0] ?? text).replace(/\.$/, ''))
  const summary = first.join('. Or: ').replaceAll('\n', ' ')
  const description = texts.join('\n\n')
  return description === `${summary}.` ? { summary } : { summary, description }
}
