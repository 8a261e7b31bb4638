import { expect, test } from 'vitest'
import type { HttpRule } from '#lib/reflect.ts'
import type { RestMatch } from './rest-paths.ts'
import { readRestRequest } from './rest-request.ts'
import type { QueryRoute } from './routes.ts'

function match(type: string, fields: [string, string][] = [], body?: string): RestMatch {
  const rule: HttpRule = { verb: 'get', path: '/', ...(body === undefined ? {} : { body }) }
  return { route: { request: { $type: type } } as QueryRoute, rule, fields }
}

const ALL = 'cosmos.bank.v1beta1.QueryAllBalancesRequest'
const SEND_ENABLED = 'cosmos.bank.v1beta1.QuerySendEnabledRequest'
const SEARCH = 'cosmos.tx.v1beta1.GetTxsEventRequest'
const BROADCAST = 'cosmos.tx.v1beta1.BroadcastTxRequest'

test('parameters go into nested fields, under their proto or JSON name', () => {
  const query = 'pagination.limit=5&pagination.countTotal=true&pagination.reverse=1&resolve_denom=T'
  expect(readRestRequest(match(ALL, [['address', 'wadi1x']]), query, '')).toEqual({
    address: 'wadi1x',
    resolveDenom: true,
    pagination: { key: new Uint8Array(), offset: 0n, limit: 5n, countTotal: true, reverse: true },
  })
})

test('bytes may be base64 of either alphabet, also with a plus sign that became a blank', () => {
  const key = (text: string) =>
    (readRestRequest(match(ALL), `pagination.key=${text}`, '') as { pagination: { key: Uint8Array } })
      .pagination.key
  // RFC 4648: the bytes fb ef be are four times digit 62, which is + or -.
  for (const text of ['%2B%2B%2B%2B', '++++', '----']) expect([...key(text)]).toEqual([0xfb, 0xef, 0xbe])
  expect([...key('AQ')]).toEqual([1])
  expect(() => key('not*base64')).toThrow(/pagination\.key.*base64/)
})

test('repeated parameters make a list; of a field that is none the first counts, under either of its names', () => {
  expect(readRestRequest(match(SEND_ENABLED), 'denoms=a&denoms=b', '')).toMatchObject({ denoms: ['a', 'b'] })
  for (const query of [
    'pagination.limit=1&pagination.limit=2',
    'pagination.limit=1&pagination.limit=x&pagination.offset=7',
    'pagination.countTotal=false&pagination.limit=1&pagination.count_total=true',
  ]) {
    const { pagination } = readRestRequest(match(ALL), query, '') as { pagination: Record<string, unknown> }
    expect([pagination['limit'], pagination['countTotal']]).toEqual([1n, false])
  }
  // An explorer sends the conditions of a search this way.
  expect(readRestRequest(match(SEARCH), "query=a.b='1'&query=c.d='2'", '')).toMatchObject({
    query: "a.b='1'",
  })
  expect(readRestRequest(match(SEARCH), "events=a.b='1'&events=c.d='2'", '')).toMatchObject({
    events: ["a.b='1'", "c.d='2'"],
  })
})

test('true and false are spelled as Go spells them', () => {
  const reverse = (text: string) =>
    (readRestRequest(match(ALL), `pagination.reverse=${text}`, '') as { pagination: { reverse: boolean } })
      .pagination.reverse
  // https://pkg.go.dev/strconv#ParseBool
  for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True']) expect(reverse(text), text).toBe(true)
  for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False']) expect(reverse(text), text).toBe(false)
  for (const text of ['', 'yes', 'on', 'tRUE', '2']) expect(() => reverse(text), text).toThrow(/reverse: /)
})

test('enums are given by name or by number', () => {
  for (const value of ['ORDER_BY_DESC', '2', '02']) {
    expect(readRestRequest(match(SEARCH), `order_by=${value}`, '')).toMatchObject({ orderBy: 2 })
  }
  expect(() => readRestRequest(match(SEARCH), 'order_by=3', '')).toThrow(/order_by/)
  expect(() => readRestRequest(match(SEARCH), 'order_by=DOWN', '')).toThrow(/ORDER_BY_ASC/)
  expect(() => readRestRequest(match(SEARCH), 'order_by=-1', '')).toThrow(/ORDER_BY_ASC/)
  expect(() => readRestRequest(match(SEARCH), 'order_by=', '')).toThrow(/ORDER_BY_ASC/)
})

test('parameters that the message does not have are ignored, whatever they are called', () => {
  const query =
    '__proto__=1&constructor.prototype.x=1&pagination.nope=1&address.deeper=2&=&nope=1&pagination.=2'
  const request = readRestRequest(match(ALL, [['address', 'a']]), query, '')
  expect(request).toMatchObject({ address: 'a' })
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('a field inside one that has none, or inside a list, is refused', () => {
  expect(() => readRestRequest(match(ALL), 'resolve_denom.x=1', '')).toThrow(
    '"resolve_denom.x": resolve_denom has no field inside it',
  )
  expect(() => readRestRequest(match(ALL), 'pagination.limit.x=1', '')).toThrow(
    /limit has no field inside it/,
  )
  expect(() => readRestRequest(match(SEND_ENABLED), 'denoms.x=1', '')).toThrow(
    /denoms has no field inside it/,
  )
})

test('what stands in the path cannot be overruled by a parameter', () => {
  expect(readRestRequest(match(ALL, [['address', 'path']]), 'address=query', '')).toMatchObject({
    address: 'path',
  })
})

test('numbers that are none are refused with their name', () => {
  for (const bad of ['abc', '-1', '1.5', '0x10', '18446744073709551616', ' 1', '']) {
    const query = `pagination.limit=${encodeURIComponent(bad)}`
    expect(() => readRestRequest(match(ALL), query, ''), bad).toThrow(/^pagination\.limit: /)
  }
  expect(() => readRestRequest(match(ALL), 'pagination.reverse=maybe', '')).toThrow(/reverse: "maybe"/)
  expect(() => readRestRequest(match(ALL), 'pagination=5', '')).toThrow(/pagination/)
})

test('a body is JSON, an object, and read strictly', () => {
  const read = (body: string) => readRestRequest(match(BROADCAST, [], '*'), '', body)
  expect(read('{"tx_bytes":"AQI=","mode":"BROADCAST_MODE_SYNC"}')).toEqual({
    txBytes: new Uint8Array([1, 2]),
    mode: 2,
  })
  expect(read('')).toEqual({ txBytes: new Uint8Array(), mode: 0 })
  expect(() => read('{"tx_bytes":')).toThrow(/the body is not JSON/)
  expect(() => read('[1]')).toThrow('the body is not a JSON object')
  expect(() => read('null')).toThrow('the body is not a JSON object')
  expect(() => read('{"tx_byte":"AQ=="}')).toThrow(/tx_byte/)
  expect(() => read('{"mode":"SOON"}')).toThrow(/mode.*BROADCAST_MODE_SYNC/)
})

test('a body of one field is that field, and parameters fill the rest', () => {
  const request = readRestRequest(match(SEARCH, [], 'pagination'), 'query=x', '{"limit":"7"}')
  expect(request).toMatchObject({ query: 'x', pagination: { limit: 7n } })
  const other = readRestRequest(match(SEARCH, [], 'pagination'), 'pagination.limit=9&pagination=x', '{}')
  expect(other).toMatchObject({ pagination: { limit: 0n } })
})
