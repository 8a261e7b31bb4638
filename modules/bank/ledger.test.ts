import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { TestAccount } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { FUNDS } from '../../src/testing/genesis.ts'
import {
  alice,
  bankChain,
  bob,
  carol,
  coin,
  heard,
  poorhouse,
  run,
  sendCoins,
  treasury,
} from '../../test/support/bank.ts'
import { send } from '../../test/support/wadi-chain.ts'
import { bank } from './api.ts'
import { state } from './state.ts'

let chain: TestChain
beforeEach(() => {
  chain = bankChain()
})

describe('for other modules', () => {
  test('coins are made and unmade in accounts that may, and the supply follows', () => {
    const ctx = chain.scratch()
    bank.mint(ctx, treasury, [
      { denom: 'awadi', amount: 50n },
      { denom: 'new', amount: 3n },
    ])
    bank.burn(ctx, treasury, [
      { denom: 'awadi', amount: 20n },
      { denom: 'new', amount: 3n },
    ])
    expect(bank.balance(ctx, treasury.address, 'awadi')).toBe(30n)
    expect([state.supply.get(ctx, 'awadi'), state.supply.get(ctx, 'new')]).toEqual([
      3n * FUNDS + 30n,
      undefined,
    ])
    expect(chain.brokenInvariant(ctx)).toBeUndefined()
    expect(ctx.takeEvents().map(({ type }) => type)).toEqual([
      'coin_received',
      'coinbase',
      'coin_spent',
      'burn',
    ])
  })

  test('what an account has not cannot be unmade', () => {
    expect(() => bank.burn(chain.scratch(), treasury, [{ denom: 'awadi', amount: 1n }])).toThrow(
      expect.objectContaining({ codespace: 'sdk', code: 5 }),
    )
  })

  test('making and unmaking without permission is a bug', () => {
    const coins = [{ denom: 'awadi', amount: 1n }]
    expect(() => bank.mint(chain.scratch(), poorhouse, coins)).toThrow('bank_test_poor may not mint')
    expect(() => bank.burn(chain.scratch(), poorhouse, coins)).toThrow('bank_test_poor may not burn')
  })

  test('a supply never passes 256 bits', () => {
    const coins = [{ denom: 'awadi', amount: 2n ** 256n - 1n }]
    expect(() => bank.mint(chain.scratch(), treasury, coins)).toThrow(
      'the supply of awadi would pass 2^256 - 1',
    )
  })

  test('transfers of a denomination are told by its prefix, before they happen', () => {
    run(chain, alice, sendCoins([coin('awadi', 1), coin('share/1', 2)]))
    expect(heard).toEqual([`${alice.address} ${bob.address} 2share/1`])
  })
})

describe('the invariant finds', () => {
  const plant = (fault: (ctx: ReturnType<TestChain['scratch']>) => void) => {
    const ctx = chain.scratch()
    fault(ctx)
    return chain.brokenInvariant(ctx)
  }
  const rule = 'bank: balances add up to the supply: '

  test('nothing in a chain that only its own code has touched', () => {
    expect(chain.brokenInvariant()).toBeUndefined()
  })

  test('coins out of nowhere', () => {
    expect(plant((ctx) => state.balances.set(ctx, [alice.address, 'share/2'], 8n))).toBe(
      `${rule}supply 7share/2, balances 8`,
    )
  })

  test('a balance of nothing', () => {
    expect(plant((ctx) => state.balances.set(ctx, [bob.address, 'awadi'], 0n))).toBe(
      `${rule}${bob.address} has 0awadi`,
    )
  })

  test('coins without a supply, and a supply without coins', () => {
    expect(plant((ctx) => state.supply.remove(ctx, 'share/2'))).toBe(`${rule}no supply is noted of share/2`)
    expect(plant((ctx) => state.supply.set(ctx, 'gone', 5n))).toBe(`${rule}supply 5gone, balances 0`)
  })

  test('a holder who is not indexed, and one who is and holds nothing', () => {
    expect(plant((ctx) => state.holders.remove(ctx, ['share/1', alice.address]))).toBe(
      `${rule}${alice.address} is missing among the holders of share/1`,
    )
    expect(plant((ctx) => state.holders.add(ctx, ['share/1', bob.address]))).toBe(
      `${rule}3 holders are indexed, 2 are due`,
    )
  })
})

test('no series of transfers makes or loses a coin', () => {
  const step = fc.tuple(fc.nat(1), fc.nat(2), fc.bigInt({ min: 1n, max: 1_500n }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      chain = bankChain()
      const [senders, receivers] = [
        [alice, bob],
        [alice, bob, carol],
      ]
      const model = new Map([
        [alice.address, 1_000n],
        [bob.address, 0n],
        [carol.address, 0n],
      ])
      const txs = steps.map(([from, to, amount]) => {
        const [a, b] = [senders[from] as TestAccount, receivers[to] as TestAccount]
        const has = model.get(a.address) as bigint
        if (has >= amount) {
          model.set(a.address, has - amount)
          model.set(b.address, (model.get(b.address) as bigint) + amount)
        }
        return a.tx(chain, [send(a, b, amount, 'share/1')])
      })
      chain.nextBlock(txs) // which holds the invariant
      for (const [owner, amount] of model) expect(bank.balance(chain.read(), owner, 'share/1')).toBe(amount)
    }),
    { numRuns: 30 },
  )
})
