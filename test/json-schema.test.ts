/** The checker that holds REST's answers to the OpenAPI document has to find what is wrong. */
import { expect, test } from 'vitest'
import { misfits, type Schema } from './support/json-schema.ts'

const document = {
  schemas: {
    Coin: {
      type: 'object',
      properties: {
        denom: { type: 'string' },
        amount: { type: 'string', pattern: '^[0-9]+$' },
        one: { type: 'string', description: 'At most one of `sum` is set.' },
      },
    },
  },
}
const coin: Schema = { $ref: '#/schemas/Coin' }

test.each<[string, Schema, unknown]>([
  ['an object', coin, { denom: 'a', amount: '1' }],
  ['a member of a oneof', coin, { denom: 'a', amount: '1', one: 'x' }],
  ['a list', { type: 'array', items: coin }, [{ denom: 'a', amount: '1' }]],
  ['null where it may stand', { anyOf: [coin, { type: 'null' }] }, null],
  ['bytes', { type: ['string', 'null'], contentEncoding: 'base64' }, 'AQI='],
  ['what an open object holds', { type: 'object', additionalProperties: true }, { any: 1 }],
])('%s that fits has no misfit', (_, schema, value) => {
  expect(misfits(document, schema, value)).toEqual([])
})

test.each<[string, Schema, unknown, RegExp]>([
  ['a property that is missing', coin, { denom: 'a' }, /answer\.amount: is missing/],
  ['one that nobody knows', coin, { denom: 'a', amount: '1', b: 1 }, /answer\.b: is not documented/],
  ['another type', coin, { denom: 1, amount: '1' }, /answer\.denom: 1 is not string/],
  ['a pattern', coin, { denom: 'a', amount: '-' }, /answer\.amount: "-" does not match/],
  ['null', coin, null, /null is not object/],
  ['an item', { type: 'array', items: coin }, [{}], /answer\[0\]\.denom: is missing/],
  ['no list', { type: 'array', items: coin }, {}, /is not array/],
  ['none of several', { anyOf: [coin, { type: 'null' }] }, 'x', /"x" is not object/],
  ['an enum', { type: 'string', enum: ['A'] }, 'B', /is none of the enum/],
  ['no base64', { type: 'string', contentEncoding: 'base64' }, '_w', /is no base64/],
  ['no time', { type: 'string', format: 'date-time' }, 'now', /is no time/],
  ['too little', { type: 'integer', minimum: 0 }, -1, /is below 0/],
  ['a fraction', { type: 'integer' }, 1.5, /is not integer/],
  ['a schema it does not understand', { oneOf: [] } as Schema, 1, /does not know oneOf/],
])('%s is found', (_, schema, value, problem) => {
  expect(misfits(document, schema, value).join('\n')).toMatch(problem)
})
