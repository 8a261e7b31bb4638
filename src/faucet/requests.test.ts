import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { clientKey } from './requests.ts'

const from = (remoteAddress: string, forwarded?: string) =>
  ({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }) as unknown as IncomingMessage

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0'],
  // RFC 4291, 2.2: these are one address.
  ['2001:db8:0:0:8:800:200c:417a', '2001:db8:0:0'],
  ['2001:DB8::8:800:200C:417A', '2001:db8:0:0'],
  ['2001:db8:0:1::9', '2001:db8:0:1'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0'],
])('the client at %s counts as %s', (address, key) => {
  expect(clientKey(from(address), false)).toBe(key)
})

test('a proxy is believed where there is one, and of what it adds to only its own word', () => {
  expect(clientKey(from('10.0.0.1', '203.0.113.5'), false)).toBe('10.0.0.1')
  expect(clientKey(from('10.0.0.1', '198.51.100.1, 203.0.113.5'), true)).toBe('203.0.113.5')
  expect(clientKey(from('10.0.0.1'), true)).toBe('10.0.0.1')
  expect(clientKey(from('10.0.0.1', 'x'.repeat(10_000)), true).length).toBeLessThan(200)
})
