import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Coin } from '#gen/cosmos/base/v1beta1/coin.ts'
import { addressText } from '#lib/address.ts'
import { compareBytes, fromHex, toByteString, toHex, utf8 } from '#lib/bytes.ts'
import {
  address,
  amount,
  bytes,
  fixedBytes,
  type KeyCodec,
  keyAsValue,
  rawBytes,
  str,
  text,
  tuple,
  u8,
  u32,
  u64,
  valueCodec,
} from './codec.ts'
import { AssertionError } from './errors.ts'

const hex = (encoded: string) => Buffer.from(encoded, 'latin1').toString('hex')
const compareUtf8 = (a: string, b: string) => Math.sign(compareBytes(utf8(a), utf8(b)))
const order = (a: bigint | number, b: bigint | number) => (a < b ? -1 : a > b ? 1 : 0)

const anyBytes = fc.uint8Array({ maxLength: 12, max: 3 }) // few values, so that prefixes and zeros are common
const anyText = fc.string({ unit: 'binary', maxLength: 8 })
const anyAddress = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((raw) => addressText(toByteString(raw)))
const addressOrder = (a: string, b: string) => order2(address.encode(a), address.encode(b))
const order2 = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

interface Case {
  codec: KeyCodec<unknown>
  keys: fc.Arbitrary<unknown>
  compare: (a: never, b: never) => number
}

const cases: [string, Case][] = [
  ['u64', { codec: u64 as never, keys: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), compare: order }],
  ['u32', { codec: u32 as never, keys: fc.nat(2 ** 32 - 1), compare: order }],
  ['u8', { codec: u8 as never, keys: fc.nat(255), compare: order }],
  ['str', { codec: str as never, keys: anyText, compare: compareUtf8 }],
  ['bytes', { codec: bytes as never, keys: anyBytes, compare: (a, b) => Math.sign(compareBytes(a, b)) }],
  [
    'fixedBytes',
    {
      codec: fixedBytes(3) as never,
      keys: fc.uint8Array({ minLength: 3, maxLength: 3 }),
      compare: (a, b) => Math.sign(compareBytes(a, b)),
    },
  ],
  ['address', { codec: address as never, keys: anyAddress, compare: addressOrder }],
  [
    'a tuple',
    {
      codec: tuple(str, u64) as never,
      keys: fc.tuple(anyText, fc.bigInt({ min: 0n, max: 300n })),
      compare: ([a, n]: [string, bigint], [b, m]: [string, bigint]) => compareUtf8(a, b) || order(n, m),
    },
  ],
]

describe.each(cases)('keys of kind %s', (_name, { codec, keys, compare }) => {
  test('come back as they went in, wherever they stand', () => {
    fc.assert(
      fc.property(keys, anyText, (key, before) => {
        const reader = {
          text: `${toByteString(utf8(before))}${codec.encode(key)}rest`,
          at: utf8(before).length,
        }
        expect(codec.decode(reader)).toEqual(key)
        expect(reader.text.slice(reader.at)).toBe('rest')
      }),
    )
  })

  test('sort as their values do', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(order2(codec.encode(a), codec.encode(b))).toBe(compare(a as never, b as never))
      }),
    )
  })

  test('are never the beginning of one another', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const [one, other] = [codec.encode(a), codec.encode(b)]
        expect(one.startsWith(other) && one !== other).toBe(false)
      }),
    )
  })

  test('are bytes', () => {
    fc.assert(fc.property(keys, (key) => [...codec.encode(key)].every((c) => c.charCodeAt(0) < 256)))
  })
})

test('integers are big endian', () => {
  expect(hex(u64.encode(0x0102030405060708n))).toBe('0102030405060708')
  expect(hex(u64.encode(2n ** 64n - 1n))).toBe('ffffffffffffffff')
  expect(hex(u32.encode(258))).toBe('00000102')
  expect(hex(u8.encode(7))).toBe('07')
})

test('text ends in 00 01 and carries 00 as 00 ff', () => {
  expect(hex(str.encode('a\0b'))).toBe('6100ff620001')
  expect(hex(str.encode('é'))).toBe('c3a90001')
  expect(hex(bytes.encode(fromHex('0000')))).toBe('00ff00ff0001')
})

test.each<[string, () => unknown]>([
  ['u64', () => u64.encode(2n ** 64n)],
  ['u64', () => u64.encode(-1n)],
  ['u32', () => u32.encode(2 ** 32)],
  ['u8', () => u8.encode(256)],
])('an integer outside of %s is a bug', (_name, encode) => {
  expect(encode).toThrow(AssertionError)
})

test('bytes of another length than fixed are a bug', () => {
  expect(() => fixedBytes(32).encode(new Uint8Array(31))).toThrow('key of 31 bytes where 32 are due')
})

test('a text key that is cut off is a bug', () => {
  expect(() => str.decode({ text: 'abc', at: 0 })).toThrow('a text key has no end')
})

test('an address of another chain is refused', () => {
  // bech32 vector of BIP-173, valid but not ours
  expect(() => address.encode('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4')).toThrow('invalid address')
})

test('only tuples have proper prefixes', () => {
  for (const codec of [u64, u32, u8, str, bytes, fixedBytes(2), address] as unknown as KeyCodec<
    unknown,
    unknown
  >[]) {
    expect(() => codec.encodePrefix('x')).toThrow('this key has no proper prefix')
  }
  expect(tuple(u8, u8, u8).encodePrefix([1, 2])).toBe('\x01\x02')
})

test('codecs name themselves for the documentation', () => {
  expect(tuple(address, str, fixedBytes(32), u64).name).toBe('(address, str, bytes32, u64)')
})

describe('values', () => {
  test('amounts are decimal digits, as the Cosmos SDK stores math.Int', () => {
    expect(toHex(amount.encode(1234567890123456789012n))).toBe(toHex(utf8('1234567890123456789012')))
    expect(amount.decode(utf8('0'))).toBe(0n)
  })

  test('amounts are read exactly on both sides of what a float can hold', () => {
    // fifteen nines, the longest that is read as a float; 2^53 + 1, the first integer that a float lacks; 2^256 - 1
    expect(amount.decode(utf8('999999999999999'))).toBe(10n ** 15n - 1n)
    expect(amount.decode(utf8('1000000000000000'))).toBe(10n ** 15n)
    expect(amount.decode(utf8('9007199254740993'))).toBe(2n ** 53n + 1n)
    const max = '115792089237316195423570985008687907853269984665640564039457584007913129639935'
    expect(amount.decode(utf8(max))).toBe(2n ** 256n - 1n)
  })

  test('text and bytes are themselves', () => {
    expect(text.decode(text.encode('é'))).toBe('é')
    expect(rawBytes.decode(rawBytes.encode(fromHex('00ff')))).toEqual(fromHex('00ff'))
  })

  test('a key codec serves as a compact value codec', () => {
    const codec = keyAsValue(tuple(u64, str, u8))
    expect(codec.decode(codec.encode([5n, 'x', 1]))).toEqual([5n, 'x', 1])
    expect(codec.name).toBe('(u64, str, u8)')
  })

  test('a generated message is its protobuf encoding, under its own name', () => {
    const codec = valueCodec(Coin)
    expect(codec.name).toBe('cosmos.base.v1beta1.Coin')
    // field 1 "abc", field 2 "7"
    expect(toHex(codec.encode({ denom: 'abc', amount: '7' }))).toBe('0a03616263120137')
    expect(codec.decode(fromHex('0a03616263120137'))).toEqual({ denom: 'abc', amount: '7' })
    expect(valueCodec(amount)).toBe(amount)
  })
})
