import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { commentsOf } from '#lib/comments.ts'
import { httpRules, services } from '#lib/reflect.ts'
import { openApiDocument } from './openapi.ts'

const comments = commentsOf(readFileSync(new URL('../gen/image.binpb', import.meta.url)))
// Every service with REST paths, also of modules that a chain may leave out.
const names = [...services()].map(({ typeName }) => typeName)
const document = openApiDocument({
  name: 'Test',
  version: '1.2.3',
  services: names,
  nodeServices: ['cosmos.tx.v1beta1.Service'],
  explain: (name) => comments.get(name),
})

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly content?: object; readonly headers?: object }>>
}

const paths = document['paths'] as Record<string, Record<string, Operation>>
const schemas = (document['components'] as { schemas: Record<string, Record<string, unknown>> }).schemas
const operations = Object.values(paths).flatMap((item) => Object.values(item))
const get = (path: string): Operation => paths[path]?.['get'] ?? expect.fail(`no ${path}`)
const parameter = (operation: Operation, name: string) =>
  operation.parameters.find((each) => each.name === name) ?? expect.fail(`no ${name}`)

test('the document is valid OpenAPI 3.1 by the schema of its makers', async () => {
  const validator = new Validator()
  const result = await validator.validate(structuredClone(document))
  expect(result).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('every method with a REST path is there once, under its own id and the name of its service', () => {
  const rules = [...services()].flatMap(({ methods }) => methods.flatMap(httpRules))
  // The two bech32 paths differ in the name of a field alone, which OpenAPI does not tell apart.
  expect(operations).toHaveLength(rules.length - 1)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  expect(get('/cosmos/bank/v1beta1/balances/{address}')).toMatchObject({
    operationId: 'cosmos_bank_v1beta1_Query_AllBalances',
    tags: ['cosmos.bank.v1beta1.Query'],
  })
  const tags = (document['tags'] as { name: string }[]).map(({ name }) => name)
  for (const { tags: own } of operations) expect(tags).toContain(own[0])
})

test('every method, field and enum value is explained by its comment', () => {
  for (const { operationId, summary } of operations) expect(summary, operationId).toMatch(/^[A-Z].{5,}[^.]$/)
  for (const [name, { properties = {} }] of Object.entries(schemas)) {
    for (const [field, schema] of Object.entries(properties as Record<string, { description?: string }>))
      expect(schema.description, `${name}.${field}`).toMatch(/\S/)
  }
  expect(schemas['cosmos.tx.v1beta1.OrderBy']).toMatchObject({
    enum: ['ORDER_BY_UNSPECIFIED', 'ORDER_BY_ASC', 'ORDER_BY_DESC'],
    examples: ['ORDER_BY_ASC'],
    description: expect.stringContaining('- `ORDER_BY_DESC` (2): Highest height first.'),
  })
  // Its first value that is set is one of older releases.
  expect(schemas['cosmos.tx.v1beta1.BroadcastMode']).toMatchObject({ examples: ['BROADCAST_MODE_SYNC'] })
})

test('values have the form that the gateway gives them', () => {
  const properties = (name: string) =>
    schemas[name]?.['properties'] as Record<string, Record<string, unknown>>
  const page = properties('cosmos.base.query.v1beta1.PageResponse')
  expect(page['next_key']).toMatchObject({ type: ['string', 'null'], contentEncoding: 'base64' })
  expect(page['total']).toMatchObject({ type: 'string', format: 'uint64' })
  expect(properties('cosmos.tx.v1beta1.SimulateRequest')['tx']).toMatchObject({
    anyOf: [{ $ref: '#/components/schemas/cosmos.tx.v1beta1.Tx' }, { type: 'null' }],
    deprecated: true,
  })
  expect(properties('cosmos.base.abci.v1beta1.TxResponse')['code']).toMatchObject({
    type: 'integer',
    minimum: 0,
  })
  expect(properties('tendermint.types.Header')['time']).toMatchObject({
    anyOf: [{ $ref: '#/components/schemas/google.protobuf.Timestamp' }, { type: 'null' }],
  })
  expect(schemas['google.protobuf.Timestamp']).toMatchObject({ type: 'string', format: 'date-time' })
  expect(schemas['google.protobuf.Any']).toMatchObject({ properties: { '@type': { type: 'string' } } })
  // One of a oneof is left out when it is not set, and never null.
  expect(properties('cosmos.tx.v1beta1.ModeInfo')['single']).toMatchObject({
    $ref: '#/components/schemas/cosmos.tx.v1beta1.ModeInfo.Single',
    description: expect.stringContaining('At most one of `sum` is set.'),
  })
})

test('parameters stand in the path, or in the query under dotted names', () => {
  const balances = get('/cosmos/bank/v1beta1/balances/{address}')
  expect(balances.parameters.map((each) => each.name ?? each.$ref)).toEqual([
    'address',
    'pagination.key',
    'pagination.offset',
    'pagination.limit',
    'pagination.count_total',
    'pagination.reverse',
    'resolve_denom',
    '#/components/parameters/height',
  ])
  expect(parameter(balances, 'address')).toMatchObject({ in: 'path', required: true })
  expect(parameter(get('/cosmos/bank/v1beta1/send_enabled'), 'denoms')).toMatchObject({
    in: 'query',
    schema: { type: 'array', items: { type: 'string' } },
  })
  const search = get('/cosmos/tx/v1beta1/txs')
  expect(parameter(search, 'pagination.offset')).toMatchObject({ deprecated: true })
  // What CometBFT keeps does not depend on a height.
  expect(search.parameters.filter((each) => each.$ref !== undefined)).toEqual([])
  expect(parameter(search, 'order_by')).toMatchObject({
    schema: { $ref: '#/components/schemas/cosmos.tx.v1beta1.OrderBy' },
  })
  // A path that takes all that is left has a plain name here.
  expect(parameter(get('/cosmos/bank/v1beta1/denoms_metadata/{denom}'), 'denom')).toMatchObject({
    in: 'path',
  })
  expect(get('/cosmos/auth/v1beta1/bech32/{address_bytes}').responses['200']?.content).toMatchObject({
    'application/json': {
      schema: {
        anyOf: [
          { $ref: '#/components/schemas/cosmos.auth.v1beta1.AddressBytesToStringResponse' },
          { $ref: '#/components/schemas/cosmos.auth.v1beta1.AddressStringToBytesResponse' },
        ],
      },
    },
  })
})

test('a body is the request, and every answer may be an error and has its height', () => {
  expect(paths['/cosmos/tx/v1beta1/simulate']?.['post']).toMatchObject({
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/cosmos.tx.v1beta1.SimulateRequest' } },
      },
    },
  })
  for (const { responses } of operations) {
    expect(responses['200']?.headers).toHaveProperty('x-cosmos-block-height')
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['400', '404', '500', '501', '503', 'default']),
    )
  }
  expect(schemas['Error']).toMatchObject({ required: ['code', 'message', 'details'] })
})
