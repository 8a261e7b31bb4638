import { fromBech32, toBech32 } from '@cosmjs/encoding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AddressError,
  addressBytes,
  addressText,
  decodeAddress,
  fromHexAddress,
  moduleAddress,
  toHexAddress,
} from './address.ts'
import { Bech32Error, decodeBech32, encodeBech32 } from './bech32.ts'
import { fromByteString, toByteString, toHex } from './bytes.ts'

const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 })

describe('bech32 addresses', () => {
  test('agree with CosmJS both ways', () => {
    fc.assert(
      fc.property(twenty, (bytes) => {
        const text = toBech32('wadi', bytes)
        return (
          addressText(toByteString(bytes)) === text &&
          addressBytes(text) === toByteString(fromBech32(text).data)
        )
      }),
    )
  })
  const good = 'wadi1d82mqte8elxm8k3drc9xmuxa5l7370x4824rdw'
  test.each([
    ['another prefix', toBech32('cosmos', new Uint8Array(20)), 'expected \\"wadi\\"|expected "wadi"'],
    ['an operator address', toBech32('wadivaloper', new Uint8Array(20)), 'prefix "wadivaloper"'],
    ['19 bytes', toBech32('wadi', new Uint8Array(19)), 'has 19 bytes, expected 20'],
    ['32 bytes', toBech32('wadi', new Uint8Array(32)), 'has 32 bytes, expected 20'],
    ['upper case', good.toUpperCase(), 'lower case'],
    ['mixed case', good.replace('d', 'D'), 'lowercase or uppercase'],
    ['a bad checksum', `${good.slice(0, -1)}q`, 'checksum'],
    ['a stray character', good.replace('8', 'b'), 'not bech32'],
    ['no separator', 'wadi', 'not bech32'],
    ['nothing', '', 'not bech32'],
    ['a space', ` ${good}`, 'not bech32|prefix'],
    ['a long text', `wadi1${'q'.repeat(1000)}`, 'not bech32'],
    ['a line break', `${good}\n`, 'not bech32'],
  ])('with %s are refused, and the text is named', (_, text, reason) => {
    expect(() => addressBytes(text)).toThrow(AddressError)
    expect(() => addressBytes(text)).toThrow(new RegExp(reason))
    expect(() => addressBytes(text)).toThrow(JSON.stringify(text).slice(1, 30))
  })
  test('that are mistyped are told no checksum that would fit, and no reason has escapes in it', () => {
    // The library's own words end in the checksum that makes an address of it, which nobody has the key of.
    const typed = good.replace('m8k', 'm9k')
    const problem = 'is not bech32: its checksum does not fit, so a letter is mistyped'
    expect(() => addressBytes(typed)).toThrow(new AddressError(`invalid address: "${typed}" ${problem}`))
    expect(() => addressBytes(good.replace('8', 'b'))).toThrow("Unknown letter: 'b'")
  })
  test('of other kinds are read with their own prefix', () => {
    expect(decodeAddress(toBech32('wadivaloper', new Uint8Array(20)), 'wadivaloper')).toBe('\0'.repeat(20))
  })
  test('are made of 20 bytes only', () => {
    expect(() => addressText('short')).toThrow('an address has 20 bytes, not 5')
  })
})

describe('bech32 texts', () => {
  test('of any bytes agree with CosmJS', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeBech32('wadi', bytes)
        return text === toBech32('wadi', bytes) && toHex(decodeBech32(text, 'wadi')) === toHex(bytes)
      }),
    )
  })
  test('beyond 90 characters or with an upper-case prefix are not made', () => {
    expect(() => encodeBech32('wadi', new Uint8Array(60))).toThrow(Bech32Error)
    expect(() => encodeBech32('Wadi', new Uint8Array(20))).toThrow(Bech32Error)
  })
})

describe('hex addresses', () => {
  // The examples of EIP-55.
  test.each([
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0xde709f2102306220921060314715629080e2fb77',
  ])('%s has its checksum', (text) => {
    const address = fromHexAddress(text)
    expect(toHexAddress(address)).toBe(text)
    expect(fromHexAddress(text.toLowerCase())).toBe(address)
    expect(toHex(fromByteString(address))).toBe(text.slice(2).toLowerCase())
  })
  test.each([
    '0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe',
    '0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg',
    '0x',
  ])('%s is refused', (text) => {
    expect(() => fromHexAddress(text)).toThrow(AddressError)
  })
  test('that are mistyped are told no checksum that would fit', () => {
    const typed = '0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
    const problem = 'fails its EIP-55 checksum, so a digit or its case is mistyped'
    expect(() => fromHexAddress(typed)).toThrow(new AddressError(`invalid address: "${typed}" ${problem}`))
  })
})

test('the fee collector has the address it has on every Cosmos chain', () => {
  // cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta
  const expected = fromBech32('cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta').data
  expect(moduleAddress('fee_collector')).toBe(toByteString(expected))
  expect(toHex(expected)).toBe('f1829676db577682e944fc3493d451b67ff3e29f')
})
