import { expect, test } from 'vitest'
import { addressText } from '#lib/address.ts'
import type { HttpRule } from '#lib/reflect.ts'
import { RestPaths } from './rest-paths.ts'
import type { QueryRoute } from './routes.ts'

function route(path: string, request: string, ...rules: HttpRule[]): QueryRoute {
  return { path, request: { $type: request }, rules } as unknown as QueryRoute
}

const get = (path: string): HttpRule => ({ verb: 'get', path })
const BALANCE = 'cosmos.bank.v1beta1.QueryBalanceRequest'

const paths = new RestPaths([
  route('by height', BALANCE, get('/blocks/{height}')),
  route('latest', BALANCE, get('/blocks/latest')),
  route('balance', BALANCE, get('/balances/{address}/by_denom'), get('/older/{address}')),
  route('all balances', BALANCE, get('/balances/{address}')),
  route('metadata', BALANCE, get('/metadata/{denom=**}')),
  route('send', BALANCE, { verb: 'post', path: '/txs', body: '*' }),
  route('text', 'cosmos.auth.v1beta1.AddressBytesToStringRequest', get('/bech32/{address_bytes}')),
  route('bytes', 'cosmos.auth.v1beta1.AddressStringToBytesRequest', get('/bech32/{address_string}')),
])

const find = (verb: string, path: string) => {
  const match = paths.find(verb, path)
  return match === undefined ? undefined : [match.route.path, ...match.fields.flat()]
}

test('fixed text goes before a field', () => {
  expect(find('GET', '/blocks/latest')).toEqual(['latest'])
  expect(find('GET', '/blocks/12')).toEqual(['by height', 'height', '12'])
})

test('every binding of a method leads to it', () => {
  expect(find('GET', '/balances/abc/by_denom')).toEqual(['balance', 'address', 'abc'])
  expect(find('GET', '/older/abc')).toEqual(['balance', 'address', 'abc'])
})

test('a field takes one part, percent-decoded, and never an empty one', () => {
  expect(find('GET', '/balances/a%2Fb%20c')).toEqual(['all balances', 'address', 'a/b c'])
  expect(find('GET', '/balances/a/b')).toBeUndefined()
  expect(find('GET', '/balances/')).toBeUndefined()
})

test('a field with two stars takes all that is left', () => {
  expect(find('GET', '/metadata/ibc/27A6')).toEqual(['metadata', 'denom', 'ibc/27A6'])
  expect(find('GET', '/metadata/ibc%2F27A6')).toEqual(['metadata', 'denom', 'ibc/27A6'])
  expect(find('GET', '/metadata')).toBeUndefined()
})

test('the verb counts', () => {
  expect(find('POST', '/txs')).toEqual(['send'])
  expect(find('GET', '/txs')).toBeUndefined()
  expect(find('DELETE', '/blocks/latest')).toBeUndefined()
})

test('of two paths with the same shape the text of the field decides', () => {
  const address = addressText('\x01'.repeat(20))
  expect(find('GET', `/bech32/${address}`)).toEqual(['bytes', 'address_string', address])
  expect(find('GET', '/bech32/AQEBAQEBAQEBAQEBAQEBAQEBAQE%3D')).toEqual([
    'text',
    'address_bytes',
    'AQEBAQEBAQEBAQEBAQEBAQEBAQE=',
  ])
})

test('what is not percent-encoded UTF-8 is refused where it stands for a field', () => {
  expect(() => find('GET', '/balances/%ff')).toThrow(URIError)
  expect(find('GET', 'balances/a')).toBeUndefined()
})
