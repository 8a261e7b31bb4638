import { beforeEach, expect, test } from 'vitest'
import type { TestChain } from '../../src/testing/chain.ts'
import { FUNDS } from '../../src/testing/genesis.ts'
import { alice, bankChain } from '../../test/support/bank.ts'
import { bank, feeCollector } from './api.ts'
import { MAX_SUPPLY } from './coins.ts'
import { setDevBalance } from './dev.ts'
import { state } from './state.ts'

const stranger = 'wadi1k2et9v4jk2et9v4jk2et9v4jk2et9v4jmkdxwr'

let chain: TestChain
beforeEach(() => {
  chain = bankChain()
})

test('an account gets exactly the coins named, and the supply follows up and down', () => {
  const ctx = chain.scratch()
  const before = state.supply.get(ctx, 'awadi') as bigint
  const set = (owner: string, denom: string, amount: bigint) =>
    setDevBalance(ctx, owner, [{ denom, amount: `${amount}` }])
  set(alice.address, 'awadi', FUNDS - 10n)
  set(stranger, 'awadi', 4n)
  set(stranger, 'test/share', 9n)
  expect(state.supply.get(ctx, 'awadi')).toBe(before - 10n + 4n)
  expect(state.supply.get(ctx, 'test/share')).toBe(9n)
  expect(bank.balance(ctx, stranger, 'test/share')).toBe(9n)
  expect(chain.brokenInvariant(ctx)).toBeUndefined()
  set(stranger, 'test/share', 0n)
  expect(state.supply.get(ctx, 'test/share')).toBeUndefined()
  expect(chain.brokenInvariant(ctx)).toBeUndefined()
})

test('what would break the books is refused before anything is written', () => {
  const ctx = chain.scratch()
  const set = (owner: string, denom: string, amount: string) => () =>
    setDevBalance(ctx, owner, [{ denom, amount }])
  expect(set('wadi1x', 'awadi', '1')).toThrow()
  expect(set(feeCollector.address, 'awadi', '1')).toThrow('is a module account')
  expect(set(stranger, '!', '1')).toThrow('invalid denom')
  expect(set(stranger, 'awadi', '-1')).toThrow()
  expect(set(stranger, 'awadi', `${MAX_SUPPLY}`)).toThrow('the supply of awadi would pass 2^256 - 1')
  expect(() => setDevBalance(ctx, stranger, [])).toThrow('no coins are named')
  expect(ctx.takeEvents()).toEqual([])
  expect(chain.brokenInvariant(ctx)).toBeUndefined()
})
