import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BaseAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { Any } from '#gen/google/protobuf/any.ts'
import { fromHex, utf8 } from '#lib/bytes.ts'
import { type Account, accountCodec, packAccount } from './account-codec.ts'

const uint64 = fc.oneof(
  fc.bigInt(0n, 300n),
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.constantFrom(2n ** 32n, 2n ** 35n),
)
const text = fc.oneof(fc.string({ maxLength: 70 }), fc.string({ unit: 'binary', maxLength: 70 }))
const bytes = fc.uint8Array({ maxLength: 130 })
const pubKey = fc.option(fc.record({ typeUrl: text, value: bytes }), { nil: undefined })
const base = fc.record({ address: text, pubKey, accountNumber: uint64, sequence: uint64 })
const module = fc.record({ name: text, permissions: fc.array(text, { maxLength: 3 }) })
const accounts = fc.oneof(fc.record({ base }), fc.record({ base, module })) as fc.Arbitrary<Account>

test('accounts of every form are stored as the generated code writes them', () => {
  fc.assert(
    fc.property(accounts, (account) => {
      const expected = Any.encode(packAccount(account)).finish()
      expect(accountCodec.encode(account)).toEqual(expected)
    }),
    { numRuns: 2_000 },
  )
})

test('what was stored is read back', () => {
  fc.assert(
    fc.property(accounts, (account) => {
      expect(accountCodec.decode(accountCodec.encode(account))).toEqual(account)
    }),
    { numRuns: 2_000 },
  )
})

test('an encoding of another order, with unknown or repeated fields, is read as protobuf says', () => {
  const parts = fc.array(
    fc.constantFrom(
      '0a03616263',
      '0a0178',
      '1805',
      '188080808080808001',
      '2007',
      '2a0101',
      '12050a0179120101',
    ),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(parts, (list) => {
      const value = fromHex(list.join(''))
      const stored = Any.encode({ typeUrl: '/cosmos.auth.v1beta1.BaseAccount', value }).finish()
      expect(accountCodec.decode(stored)).toEqual({ base: BaseAccount.decode(value) })
    }),
    { numRuns: 2_000 },
  )
})

test('an account of an unknown kind in the state halts', () => {
  const stored = Any.encode({
    typeUrl: '/cosmos.vesting.v1beta1.DelayedVestingAccount',
    value: utf8('x'),
  }).finish()
  expect(() => accountCodec.decode(stored)).toThrow('unknown kind')
})
