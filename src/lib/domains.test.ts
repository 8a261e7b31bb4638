import { describe, expect, test } from 'vitest'
import { toByteString, toHex } from './bytes.ts'
import { DomainError, domainPreimage, domains } from './domains.ts'
import { sha256 } from './hash.ts'

const account = toByteString(Uint8Array.from({ length: 20 }, (_, i) => i))
const digest = new Uint8Array(32).fill(0xaa)
const salt = new Uint8Array(32).fill(0xbb)

// The preimages are written out by hand; their hashes come from sha256sum.
const vectors = {
  'wadi/claim/v1': {
    made: domainPreimage('wadi/claim/v1', 'wadi-dev-1', { owner: account, digest, salt }),
    preimage: [
      '776164692f636c61696d2f7631', // "wadi/claim/v1"
      '00',
      '0a776164692d6465762d31', // 10, "wadi-dev-1"
      '000102030405060708090a0b0c0d0e0f10111213',
      'aa'.repeat(32),
      'bb'.repeat(32),
    ],
    sha256: '681ae894aa61f9ab10006cd163527f5d989d3481fac07e9de121d6919064b0cf',
  },
  'wadi/takeover/v1': {
    made: domainPreimage('wadi/takeover/v1', 'wadi-dev-1', { assetId: 7n, controller: account, digest }),
    preimage: [
      '776164692f74616b656f7665722f7631', // "wadi/takeover/v1"
      '00',
      '0a776164692d6465762d31',
      '0000000000000007',
      '000102030405060708090a0b0c0d0e0f10111213',
      'aa'.repeat(32),
    ],
    sha256: 'a723ae03f65135fda4cd4b7ca10b5e831d27a68a2a7a839384697560f911ae1c',
  },
}

test.each(Object.entries(vectors))('%s has the preimage and hash written down', (_, vector) => {
  expect(toHex(vector.made)).toBe(vector.preimage.join(''))
  expect(toHex(sha256(vector.made))).toBe(vector.sha256)
})

test('every domain has a vector', () => {
  expect(Object.keys(vectors)).toEqual(Object.keys(domains))
})

describe('fields', () => {
  test('of the wrong width are refused by name', () => {
    const short = { owner: account, digest: new Uint8Array(31), salt }
    expect(() => domainPreimage('wadi/claim/v1', 'wadi-dev-1', short)).toThrow(
      'wadi/claim/v1 digest: 31 bytes, expected 32',
    )
    const owner = { owner: `${account}x`, digest, salt }
    expect(() => domainPreimage('wadi/claim/v1', 'wadi-dev-1', owner)).toThrow('owner: 21 bytes, expected 20')
  })
  test.each([-1n, 2n ** 64n])('refuse an id of %s', (assetId) => {
    const fields = { assetId, controller: account, digest }
    expect(() => domainPreimage('wadi/takeover/v1', 'wadi-dev-1', fields)).toThrow(DomainError)
  })
  test.each(['', 'x'.repeat(256)])('refuse a chain id without or beyond one length byte', (chainId) => {
    const fields = { assetId: 1n, controller: account, digest }
    expect(() => domainPreimage('wadi/takeover/v1', chainId, fields)).toThrow(DomainError)
  })
})
