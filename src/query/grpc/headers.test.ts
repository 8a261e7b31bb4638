import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeMessage, httpRefusal, readTimeout } from './headers.ts'

const request = (method: string, type?: string) => httpRefusal({ ':method': method, 'content-type': type })

test('gRPC is what is posted as application/grpc; the rest learns why not by HTTP', () => {
  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8']) {
    expect(request('POST', type)).toBeUndefined()
  }
  for (const type of ['application/grpc+json', 'application/grpc-web', 'application/json', '', undefined]) {
    expect(request('POST', type)).toBe(415)
  }
  expect(request('GET', 'application/grpc')).toBe(405)
})

describe('grpc-timeout', () => {
  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['150m', 150],
    ['500u', 0.5],
    ['99999999n', 99.999999],
  ])('%s is %d ms', (text, ms) => expect(readTimeout(text)).toBeCloseTo(ms, 9))

  test('without it a call has no deadline of its own', () => {
    expect(readTimeout(undefined)).toBe(Number.POSITIVE_INFINITY)
  })

  test.each(['', '5', 'S', '-1S', '1.5S', '123456789S', '1s', '1 S', '0x1S'])('%j is refused', (text) => {
    expect(() => readTimeout(text)).toThrow(/grpc-timeout is/)
  })
})

describe('grpc-message', () => {
  test('is percent-encoded UTF-8 that decodes to the text', () => {
    expect(encodeMessage('100% “x”\n')).toBe('100%25 %E2%80%9Cx%E2%80%9D%0A')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        const encoded = encodeMessage(text)
        expect(encoded).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeURIComponent(encoded)).toBe(text)
      }),
    )
  })

  test('is cut where clients would refuse the headers, and takes what is no Unicode', () => {
    expect(encodeMessage('x'.repeat(5_000))).toBe(`${'x'.repeat(2_000)}...`)
    expect(encodeMessage('\ud800')).toBe('%EF%BF%BD')
  })
})
