import { beforeEach, describe, expect, test } from 'vitest'
import { BaseAccount, ModuleAccount, type Params } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { QueryDefinition } from '#gen/cosmos/auth/v1beta1/query.ts'
import { MsgUpdateParams } from '#gen/cosmos/auth/v1beta1/tx.ts'
import { defineModule, moduleAccount } from '#kernel'
import { addressBytes } from '#lib/address.ts'
import { fromByteString } from '#lib/bytes.ts'
import { TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { authority } from '../../src/testing/genesis.ts'
import { message } from '../../src/testing/types.ts'
import { outcome, send, wadiChain } from '../../test/support/wadi-chain.ts'
import { ensureAccount, ensureModuleAccount, findAccount, signingAccount } from './api.ts'
import { DEFAULT_PARAMS } from './params.ts'
import { state } from './state.ts'

const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')
const ethan = new TestAccount('ethan', 'ethsecp256k1')
const treasury = moduleAccount('auth_test', ['minter'])
const holder = defineModule({ name: 'holder', version: 1, accounts: [treasury] })
const feeCollector = 'wadi17xpfvakm2amg962yls6f84z3kell8c5l2hklz5' // sha256("fee_collector"), first 20 bytes

let chain: TestChain
beforeEach(() => {
  chain = wadiChain({ accounts: [alice, bob, ethan], modules: [holder] })
  chain.nextBlock()
})
const query = <M extends keyof typeof QueryDefinition.methods>(method: M, fields: object = {}) =>
  chain.query(QueryDefinition, method, fields as never)
const base = (address: string) => query('accountInfo', { address }).info

describe('an account', () => {
  test('has number and sequence from genesis, and no key', () => {
    expect(base(bob.address)).toEqual({
      address: bob.address,
      pubKey: undefined,
      accountNumber: 1n,
      sequence: 0n,
    })
  })

  test.each([alice, ethan])('keeps the key of its first transaction: %#', (account) => {
    chain.deliver(account.tx(chain, [send(account, bob)]))
    expect(base(account.address)).toMatchObject({ pubKey: account.packedKey, sequence: 1n })
  })

  test('is opened with the next number by the first coins it gets, and only once', () => {
    chain.deliver(alice.tx(chain, [send(alice, carol), send(alice, carol)]))
    expect(base(carol.address)).toMatchObject({ accountNumber: 5n, sequence: 0n })
    expect(state.nextNumber.peek(chain.read())).toBe(6n)
  })

  test('of a module is opened as one, with its name and permissions', () => {
    chain.deliver(alice.tx(chain, [send(alice, bob)], { fee: 7n }))
    const { account } = query('account', { address: feeCollector })
    expect(account?.typeUrl).toBe('/cosmos.auth.v1beta1.ModuleAccount')
    expect(ModuleAccount.decode(account?.value ?? new Uint8Array())).toMatchObject({
      name: 'fee_collector',
      permissions: [],
    })
  })
})

describe('for other modules', () => {
  test('accounts are found, opened, and told apart from modules’', () => {
    const ctx = chain.scratch()
    expect(findAccount(ctx, carol.address)).toBeUndefined()
    expect(signingAccount(ctx, carol.address)).toBeUndefined()
    ensureAccount(ctx, carol.address)
    ensureAccount(ctx, carol.address)
    expect(signingAccount(ctx, carol.address)).toEqual({
      accountNumber: 5n,
      sequence: 0n,
      publicKey: undefined,
    })
    ensureModuleAccount(ctx, treasury)
    expect(findAccount(ctx, treasury.address)?.module).toEqual({ name: 'auth_test', permissions: ['minter'] })
    expect(chain.brokenInvariant(ctx)).toBeUndefined()
  })

  test('somebody else in the place of a module is a bug', () => {
    const ctx = chain.scratch()
    const account = { address: treasury.address, pubKey: undefined, accountNumber: 9n, sequence: 0n }
    state.accounts.set(ctx, treasury.address, { base: account })
    expect(() => ensureModuleAccount(ctx, treasury)).toThrow('is not the account of module auth_test')
  })
})

describe('queries', () => {
  test('a missing account has the words that clients match on', () => {
    expect(() => query('account', { address: carol.address })).toThrow(
      expect.objectContaining({
        codespace: 'sdk',
        code: 22,
        message: `rpc error: code = NotFound desc = account ${carol.address} not found: key not found`,
      }),
    )
    expect(() => query('accountInfo', { address: carol.address })).toThrow('not found: key not found')
  })

  test.each(['', 'test', 'cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrujsuw'])(
    '"%s" is no address',
    (address) => {
      expect(() => query('account', { address })).toThrow('invalid address')
    },
  )

  test('accounts are served as the Cosmos SDK packs them, in pages', () => {
    const page = query('accounts', { pagination: { limit: 3n, countTotal: true } })
    expect(page.pagination?.total).toBe(5n)
    const rest = query('accounts', { pagination: { key: page.pagination?.nextKey } })
    const bases = [...page.accounts, ...rest.accounts].map(({ typeUrl, value }) =>
      typeUrl === '/cosmos.auth.v1beta1.BaseAccount'
        ? BaseAccount.decode(value)
        : ModuleAccount.decode(value).baseAccount,
    )
    // Four accounts of genesis, and the fee collector's that it opens.
    expect(bases.map((base) => base?.accountNumber).sort()).toEqual([0n, 1n, 2n, 3n, 4n])
  })

  test('module accounts are listed once they are open, and found by name', () => {
    expect(query('moduleAccounts').accounts).toHaveLength(1)
    expect(() => query('moduleAccountByName', { name: 'nobody' })).toThrow(
      'account nobody not found: key not found',
    )
    expect(query('moduleAccountByName', { name: 'fee_collector' }).account?.typeUrl).toContain(
      'ModuleAccount',
    )
  })

  test('addresses are spelt both ways', () => {
    expect(query('bech32Prefix').bech32Prefix).toBe('wadi')
    const raw = fromByteString(addressBytes(alice.address))
    expect(query('addressStringToBytes', { addressString: alice.address }).addressBytes).toEqual(raw)
    expect(query('addressBytesToString', { addressBytes: raw }).addressString).toBe(alice.address)
    expect(() => query('addressBytesToString', { addressBytes: raw.subarray(1) })).toThrow(
      '19 bytes where 20 are due: invalid address',
    )
    expect(() => query('addressStringToBytes', { addressString: 'wadi1' })).toThrow('invalid address')
  })

  test('by number is refused, and says what to do', () => {
    expect(() => query('accountAddressByID', { accountId: 1n })).toThrow(
      'ask by address: feature not supported',
    )
  })

  test('parameters are those of the Cosmos SDK', () => {
    // x/auth DefaultParams
    expect(query('params').params).toEqual({
      maxMemoCharacters: 256n,
      txSigLimit: 7n,
      txSizeCostPerByte: 10n,
      sigVerifyCostEd25519: 590n,
      sigVerifyCostSecp256k1: 1_000n,
    })
  })
})

describe('MsgUpdateParams', () => {
  const update = (who: TestAccount, params: Partial<Params> | undefined) =>
    outcome(
      chain.deliver(
        who.tx(chain, [
          message(MsgUpdateParams, {
            authority: who.address,
            params: params === undefined ? undefined : { ...DEFAULT_PARAMS, ...params },
          }),
        ]),
      ),
    )

  test('changes what the next transaction is held to', () => {
    expect(update(authority, { maxMemoCharacters: 3n })).toBe('ok')
    expect(outcome(chain.deliver(alice.tx(chain, [send(alice, bob)], { memo: 'four' })))).toBe(
      'sdk/12 maximum number of characters is 3 but received 4 characters: memo too large',
    )
  })

  test('is the authority’s alone', () => {
    expect(update(alice, {})).toBe(
      `sdk/4 expected ${authority.address}, the authority of this chain, got ${alice.address}: unauthorized`,
    )
  })

  test('needs parameters', () => {
    expect(update(authority, undefined)).toBe('sdk/18 params are missing: invalid request')
  })

  test.each<[keyof Params, bigint]>([
    ['maxMemoCharacters', 0n],
    ['maxMemoCharacters', 65_537n],
    ['txSigLimit', 0n],
    ['txSigLimit', 101n],
    ['txSizeCostPerByte', 0n],
    ['txSizeCostPerByte', 1_000_001n],
    ['sigVerifyCostEd25519', 0n],
    ['sigVerifyCostSecp256k1', 10_000_001n],
  ])('refuses %s of %s', (name, value) => {
    expect(update(authority, { [name]: value })).toContain(`sdk/18 ${name} ${value} is not within`)
  })
})
