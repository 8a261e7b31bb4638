import { beforeEach, describe, expect, test } from 'vitest'
import { testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { wadiChain } from '../../test/support/wadi-chain.ts'
import { findAccount, signingAccount } from './api.ts'
import { state } from './state.ts'

const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')
const feeCollector = 'wadi17xpfvakm2amg962yls6f84z3kell8c5l2hklz5' // sha256("fee_collector"), first 20 bytes

let chain: TestChain
beforeEach(() => {
  chain = wadiChain({ accounts: [alice, bob] })
  chain.nextBlock()
})

describe('genesis', () => {
  const account = (address: string, number: number, type = 'BaseAccount') => ({
    '@type': `/cosmos.auth.v1beta1.${type}`,
    address,
    account_number: `${number}`,
  })
  const start = (accounts: object[], params?: object) =>
    wadiChain({ genesis: { auth: { accounts, ...(params === undefined ? {} : { params }) } } })

  test('keeps numbers as written, gaps too, and counts on from the last', () => {
    const made = start([account(alice.address, 5), account(bob.address, 90)])
    made.nextBlock()
    expect(signingAccount(made.read(), bob.address)?.accountNumber).toBe(90n)
    // 91 is the fee collector's, which genesis opens after the listed accounts.
    expect(state.nextNumber.peek(made.read())).toBe(92n)
  })

  test('takes accounts with keys and sequences, and module accounts', () => {
    const key = {
      '@type': '/cosmos.crypto.secp256k1.PubKey',
      key: Buffer.from(alice.publicKey).toString('base64'),
    }
    const made = start([
      { ...account(alice.address, 0), sequence: '12', pub_key: key },
      {
        '@type': '/cosmos.auth.v1beta1.ModuleAccount',
        base_account: { address: feeCollector, account_number: '1' },
        name: 'fee_collector',
        permissions: [],
      },
    ])
    made.nextBlock()
    expect(signingAccount(made.read(), alice.address)).toMatchObject({
      sequence: 12n,
      publicKey: alice.packedKey,
    })
    expect(findAccount(made.read(), feeCollector)?.module?.name).toBe('fee_collector')
  })

  test.each<[string, object[], string]>([
    [
      'an account twice',
      [account(alice.address, 0), account(alice.address, 1)],
      `app_state.auth.accounts[1]: account ${alice.address} stands twice: invalid request`,
    ],
    [
      'a number twice',
      [account(alice.address, 3), account(bob.address, 3)],
      'account_number 3 is taken; accounts come in ascending order of numbers',
    ],
    [
      'a number going back',
      [account(alice.address, 3), account(bob.address, 2)],
      'account_number 2 is taken',
    ],
    ['an address that is none', [account('wadi1x', 0)], 'app_state.auth.accounts[0]'],
    ['a kind nobody knows', [account(alice.address, 0, 'OddAccount')], 'app_state.auth.accounts[0]'],
    [
      'a kind of message that is no account',
      [{ '@type': '/cosmos.crypto.secp256k1.PubKey', key: '' }],
      'accounts of type /cosmos.crypto.secp256k1.PubKey are not known: invalid type',
    ],
  ])('refuses %s', (_name, accounts, expected) => {
    expect(() => start(accounts)).toThrow(expected)
  })

  test('refuses parameters out of bounds, with their place', () => {
    expect(() => start([], { tx_sig_limit: '0' })).toThrow(
      'app_state.auth: maxMemoCharacters 0 is not within',
    )
  })
})

describe('the invariant finds', () => {
  const plant = (fault: (ctx: ReturnType<TestChain['scratch']>) => void) => {
    const ctx = chain.scratch()
    fault(ctx)
    return chain.brokenInvariant(ctx)
  }
  const rule = 'auth: account numbers are below the next one and come once: '
  const stored = (address: string, accountNumber: bigint) => ({
    base: { address, pubKey: undefined, accountNumber, sequence: 0n },
  })

  test('a number twice', () => {
    expect(plant((ctx) => state.accounts.set(ctx, carol.address, stored(carol.address, 1n)))).toMatch(
      new RegExp(`^${rule}wadi1\\w+: 1$`),
    )
  })

  test('a number that is still to be given', () => {
    expect(plant((ctx) => state.accounts.set(ctx, carol.address, stored(carol.address, 9n)))).toBe(
      `${rule}${carol.address}: 9`,
    )
  })

  test('an account under another address', () => {
    expect(plant((ctx) => state.accounts.set(ctx, bob.address, stored(carol.address, 1n)))).toBe(
      `${rule}${bob.address} is stored as ${carol.address}`,
    )
  })
})
