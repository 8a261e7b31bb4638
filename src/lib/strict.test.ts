import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex, utf8 } from '#lib/bytes.ts'
import { AnyTypes, checkStrict, MAX_NESTING, StrictError, type StrictOptions } from '#lib/strict.ts'
import { invalidUtf8At } from '#lib/strict-utf8.ts'

const messages = new AnyTypes(['cosmos.bank.v1beta1.MsgSend', 'cosmos.bank.v1beta1.MsgMultiSend'])

describe('a strict check', () => {
  const problem = (type: string, hex: string, options?: StrictOptions): string => {
    try {
      const tolerated = checkStrict(type, fromHex(hex.replaceAll(' ', '')), options)
      return tolerated ? 'tolerated' : 'fine'
    } catch (error) {
      if (error instanceof StrictError) return error.message.replace(/^.*?: /, '')
      throw error
    }
  }
  const body = 'cosmos.tx.v1beta1.TxBody'
  const mode = 'cosmos.tx.v1beta1.ModeInfo.Single'
  const coin = 'cosmos.base.v1beta1.Coin'
  const tx = { nonCriticalAllowed: true }

  test.each([
    ['a field', coin, '0a 01 61', 'fine'],
    ['a padded tag and a padded length', coin, '8a 00 81 00 61', 'fine'],
    ['an unknown field', coin, '1a 01 61', '{TagNum: 3, WireType:"bytes"}: unknown protobuf field at byte 0'],
    [
      'an unknown field behind a known one',
      coin,
      '0a 01 61 20 05',
      '{TagNum: 4, WireType:"varint"}: unknown protobuf field at byte 3',
    ],
    [
      'a wrong wire type',
      coin,
      '08 01',
      '{TagNum: 1, WireType:"varint"}: wire type "bytes" is due for denom at byte 0',
    ],
    ['a group', coin, '0b 0c', '{TagNum: 1, WireType:"start_group"}: groups are not allowed at byte 0'],
    ['the end of a group', coin, '0c', '{TagNum: 1, WireType:"end_group"}: groups are not allowed at byte 0'],
    [
      'a wire type that is none',
      coin,
      '0e',
      '{TagNum: 1, WireType:"unknown type: 6"}: no such wire type at byte 0',
    ],
    ['field number 0', coin, '02 00', '{TagNum: 0, WireType:"bytes"}: invalid field number at byte 0'],
    [
      'a field number of more than 29 bits',
      coin,
      '8a 80 80 80 10 00',
      '{TagNum: 1, WireType:"bytes"}: the field number is out of range at byte 0',
    ],
    ['a tag that ends too early', coin, '8a', '{TagNum: 0, WireType:"varint"}: unexpected EOF at byte 0'],
    ['a length that is missing', coin, '0a', '{TagNum: 1, WireType:"bytes"}: unexpected EOF at byte 0'],
    ['a length beyond the end', coin, '0a 02 61', '{TagNum: 1, WireType:"bytes"}: unexpected EOF at byte 0'],
    [
      'a length of 2^32',
      coin,
      '0a 80 80 80 80 10',
      '{TagNum: 1, WireType:"bytes"}: invalid length at byte 0',
    ],
    [
      'a length of 2^32 - 1',
      coin,
      '0a ff ff ff ff 0f',
      '{TagNum: 1, WireType:"bytes"}: unexpected EOF at byte 0',
    ],
    [
      'text that is no UTF-8',
      coin,
      '0a 02 c3 28',
      '{TagNum: 1, WireType:"bytes"}: string field denom contains invalid UTF-8 at byte 2',
    ],
    [
      'a field twice',
      coin,
      '0a 01 61 0a 01 61',
      '{TagNum: 1, WireType:"bytes"}: a field or oneof that may stand once stands twice at byte 3',
    ],
    [
      'two members of a oneof',
      'cosmos.tx.v1beta1.ModeInfo',
      '0a 00 12 00',
      '{TagNum: 2, WireType:"bytes"}: a field or oneof that may stand once stands twice at byte 2',
    ],
    ['a defined enum value', mode, '08 7f', 'fine'],
    [
      'an undefined enum value',
      mode,
      '08 04',
      '{TagNum: 1, WireType:"varint"}: mode holds a value outside its range at byte 0',
    ],
    [
      'an enum value with bits above 32',
      mode,
      '08 81 80 80 80 10',
      '{TagNum: 1, WireType:"varint"}: mode holds a value outside its range at byte 0',
    ],
    [
      'a negative enum value',
      mode,
      '08 ff ff ff ff ff ff ff ff ff 01',
      '{TagNum: 1, WireType:"varint"}: mode holds a value outside its range at byte 0',
    ],
    ['a varint of 64 bits', body, '18 ff ff ff ff ff ff ff ff ff 01', 'fine'],
    [
      'a varint of 65 bits',
      body,
      '18 ff ff ff ff ff ff ff ff ff 02',
      '{TagNum: 3, WireType:"varint"}: a varint overflows 64 bits at byte 0',
    ],
    [
      'a varint of 11 bytes',
      body,
      '18 ff ff ff ff ff ff ff ff ff 81 00',
      '{TagNum: 3, WireType:"varint"}: a varint is longer than 10 bytes at byte 0',
    ],
    [
      'a varint that ends too early',
      body,
      '18 ff',
      '{TagNum: 3, WireType:"varint"}: unexpected EOF at byte 0',
    ],
    ['a bool of 1', body, '20 01', 'fine'],
    [
      'a bool of 2',
      body,
      '20 02',
      '{TagNum: 4, WireType:"varint"}: unordered holds a value outside its range at byte 0',
    ],
    ['an int32 below zero', 'google.protobuf.Timestamp', '10 ff ff ff ff ff ff ff ff ff 01', 'fine'],
    [
      'an int32 below zero in 5 bytes',
      'google.protobuf.Timestamp',
      '10 ff ff ff ff 0f',
      '{TagNum: 2, WireType:"varint"}: nanos holds a value outside its range at byte 0',
    ],
    [
      'a uint32 of 33 bits',
      'cosmos.crypto.multisig.LegacyAminoPubKey',
      '08 80 80 80 80 10',
      '{TagNum: 1, WireType:"varint"}: threshold holds a value outside its range at byte 0',
    ],
  ])('of %s', (_, type, hex, expected) => {
    expect(problem(type, hex)).toBe(expected)
  })

  test('tolerates non-critical unknown fields of the outermost message alone, and tells', () => {
    // Field 1024 is the lowest number with bit 11, 2047 the highest below 2048, where it is not set.
    expect(problem(body, '82 40 01 61', tx)).toBe('tolerated')
    expect(problem(body, 'f8 7f 05', { ...tx, any: messages })).toContain('{TagNum: 2047')
    expect(problem(body, 'f0 7f 05', tx)).toBe('tolerated')
    expect(problem(body, '82 80 01 01 61', tx)).toContain('unknown protobuf field')
    expect(problem(body, '82 40 01 61')).toContain('unknown protobuf field')
    expect(problem(body, '82 40 02 61', tx)).toContain('unexpected EOF')
    expect(problem(body, '83 40', tx)).toContain('groups are not allowed')
    expect(problem(body, '81 40 00 00 00 00 00 00 00 00 85 40 00 00 00 00', tx)).toBe('tolerated')
    expect(problem(body, '81 40 00', tx)).toContain('unexpected EOF')
    // The same field inside a message of the body.
    const url = utf8('/cosmos.bank.v1beta1.MsgSend')
    const inner = concat(Uint8Array.of(0x0a, url.length), url, Uint8Array.of(0x12, 4, 0x82, 0x40, 1, 0x61))
    const whole = toHex(concat(Uint8Array.of(0x0a, inner.length), inner))
    expect(problem(body, whole, { ...tx, any: messages })).toContain(
      '{TagNum: 1024, WireType:"bytes"}: unknown protobuf field',
    )
  })

  test('takes repeated numbers packed or one by one', () => {
    const path = 'google.protobuf.SourceCodeInfo.Location'
    expect(problem(path, '0a 03 01 02 03')).toBe('fine')
    expect(problem(path, '08 01 08 02')).toBe('fine')
    expect(problem(path, '0a 02 01 ff')).toContain('unexpected EOF')
    expect(problem(path, '0a 06 ff ff ff ff 0f 01')).toContain('path holds a value outside its range')
  })

  test('looks into an Any only for types that are allowed there', () => {
    const any = (url: string, rest: string) =>
      `0a ${toHex(Uint8Array.of(url.length))} ${toHex(utf8(url))} ${rest}`
    const allowed = { any: messages }
    const key = '/cosmos.crypto.secp256k1.PubKey'
    const send = '/cosmos.bank.v1beta1.MsgSend'
    const wrap = (hex: string) => {
      const bytes = fromHex(hex.replaceAll(' ', ''))
      return `0a ${toHex(Uint8Array.of(bytes.length))} ${toHex(bytes)}`
    }
    expect(problem(body, wrap(any(send, '12 03 0a 01 61')), allowed)).toBe('fine')
    expect(problem(body, wrap(any(send, '')), allowed)).toBe('fine')
    expect(problem(body, wrap(`12 03 0a 01 61 ${any(send, '')}`), allowed)).toBe('fine')
    expect(problem(body, wrap(any(send, '12 03 22 01 61')), allowed)).toContain(
      '{TagNum: 4, WireType:"bytes"}: unknown',
    )
    expect(problem(body, wrap(any(send, '12 00 12 00')), allowed)).toContain('stands twice')
    expect(problem(body, wrap(any(send, '18 01')), allowed)).toContain('unknown protobuf field')
    expect(problem(body, wrap(any(send, '10 01')), allowed)).toContain('wire type "bytes" is due')
    expect(problem(body, wrap(any(key, '')), allowed)).toContain(
      `the type URL "${key}" is not one that may stand here`,
    )
    expect(problem(body, wrap(any(send, '')))).toContain('is not one that may stand here')
    expect(problem(body, wrap(''), allowed)).toContain('the type URL "" is not one')
    expect(problem(body, wrap(any(send.slice(1), '')), allowed)).toContain('is not one that may stand here')
  })

  test(`follows ${MAX_NESTING} messages inside one another and no more`, () => {
    const nest = (levels: number): Uint8Array => {
      // ModeInfo.multi and Multi.mode_infos, by turns, both have the number 2.
      let bytes: Uint8Array = new Uint8Array(0)
      for (let i = levels; i > 1; i--) bytes = concat(Uint8Array.of(0x12, bytes.length), bytes)
      return bytes
    }
    const check = (levels: number) => problem('cosmos.tx.v1beta1.ModeInfo', toHex(nest(levels)))
    expect(check(MAX_NESTING)).toBe('fine')
    expect(check(MAX_NESTING + 1)).toContain('nested deeper than 10')
    expect(check(60)).toContain('nested deeper than 10')
  })
})

describe('UTF-8', () => {
  test('is what TextDecoder takes for it', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const valid = (bytes: Uint8Array): boolean => {
      try {
        decoder.decode(bytes)
        return true
      } catch {
        return false
      }
    }
    const leads = fc.constantFrom(
      0x7f,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    )
    const tails = fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0)
    const sequence = fc.tuple(leads, fc.array(tails, { maxLength: 4 })).map(([lead, tail]) => [lead, ...tail])
    const text = fc.string({ unit: 'binary', minLength: 1 }).map((made) => [...utf8(made)])
    fc.assert(
      fc.property(fc.array(fc.oneof(sequence, text), { maxLength: 3 }), (parts) => {
        const bytes = Uint8Array.from(parts.flat())
        const wrong = invalidUtf8At(bytes, 0, bytes.length)
        expect(wrong < 0).toBe(valid(bytes))
        if (wrong >= 0) expect(valid(bytes.subarray(0, wrong))).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })
})
