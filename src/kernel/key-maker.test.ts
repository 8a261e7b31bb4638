import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressText, moduleAddress } from '#lib/address.ts'
import { address, str, tuple, u64 } from './codec.ts'
import { keyMaker } from './key-maker.ts'

/** A codec that counts how often it was asked, with all keys in few slots. */
function counting(slots: number) {
  let encoded = 0
  const codec = {
    ...tuple(str, u64),
    slot: ([text]: readonly unknown[]) => (text as string).length % slots,
    encode(key: [string, bigint]) {
      encoded++
      return tuple(str, u64).encode(key)
    },
  }
  return { codec, asked: () => encoded }
}

test('a remembered key is the key that would be made', () => {
  const keys = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.bigInt({ min: 0n, max: 3n })), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(keys, (list) => {
      const { codec } = counting(2)
      const make = keyMaker('p', codec)
      for (const key of list) expect(make(key)).toBe(`p${tuple(str, u64).encode(key)}`)
    }),
  )
})

test('a key that comes again is made once, until another one takes its slot', () => {
  const { codec, asked } = counting(1)
  const make = keyMaker('p', codec)
  make(['a', 1n])
  make(['a', 1n])
  expect(asked()).toBe(1)
  make(['b', 1n])
  make(['a', 1n])
  expect(asked()).toBe(3)
})

test('a tuple that its maker changes afterwards is not mistaken for what it was', () => {
  const make = keyMaker('', counting(1).codec)
  const key: [string, bigint] = ['a', 1n]
  const before = make(key)
  key[1] = 2n
  expect(make(key)).not.toBe(before)
  expect(make(['a', 1n])).toBe(before)
})

test('a text that is no address is refused each time, the empty one too', () => {
  const make = keyMaker('', address)
  for (const text of ['', 'wadi1', 'x'])
    for (let i = 0; i < 2; i++) expect(() => make(text)).toThrow('invalid address')
})

test('addresses, alone and at the head of a tuple, are remembered; a tuple that begins otherwise is not', () => {
  const owner = moduleAddress('somebody')
  const spelt = addressText(owner)
  const [alone, headed] = [keyMaker('a', address), keyMaker('b', tuple(address, str))]
  for (let i = 0; i < 2; i++) {
    expect(alone(spelt)).toBe(`a${owner}`)
    expect(headed([spelt, 'x'])).toBe(`b${owner}x\0\x01`)
    expect(headed([spelt, 'y'])).toBe(`b${owner}y\0\x01`)
  }
  expect(tuple(address, str).slot?.([spelt, 'x'])).toBe(address.slot?.(spelt))
  expect(tuple(str, address).slot).toBeUndefined()
})
