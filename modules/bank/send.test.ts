import { beforeEach, describe, expect, test } from 'vitest'
import { MsgMultiSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import type { TestAccount } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { FUNDS } from '../../src/testing/genesis.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'
import {
  alice,
  balances,
  bankChain,
  bob,
  carol,
  coin,
  heard,
  run,
  sendCoins,
} from '../../test/support/bank.ts'
import { outcome, send } from '../../test/support/wadi-chain.ts'
import { feeCollector } from './api.ts'
import { state } from './state.ts'

let chain: TestChain
beforeEach(() => {
  chain = bankChain()
})

describe('MsgSend', () => {
  test('moves several denominations at once, and opens the account of who has none', () => {
    expect(run(chain, alice, sendCoins([coin('awadi', 5), coin('share/1', 400)], carol.address))).toBe('ok')
    expect(balances(chain, carol.address)).toEqual(['5awadi', '400share/1'])
    expect(balances(chain, alice.address)).toEqual([`${FUNDS - 5n}awadi`, '600share/1', '7share/2'])
    expect(chain.chain.accountOf(chain.read(), carol.address)?.sequence).toBe(0n)
  })

  test('of everything leaves no entry behind', () => {
    expect(run(chain, alice, sendCoins([coin('share/2', 7)]))).toBe('ok')
    expect(balances(chain, alice.address)).toEqual([`${FUNDS}awadi`, '1000share/1'])
    expect([...state.holders.keys(chain.read(), { prefix: ['share/2'] })]).toEqual([['share/2', bob.address]])
  })

  test('to oneself changes nothing but the sequence', () => {
    expect(run(chain, alice, sendCoins([coin('awadi', 5)], alice.address))).toBe('ok')
    expect(balances(chain, alice.address)[0]).toBe(`${FUNDS}awadi`)
  })

  test.each<[string, PackedMessage, string]>([
    ['no coins', sendCoins([]), 'sdk/10 0 coins where 1 to 100 are due: invalid coins'],
    [
      'a coin of nothing',
      sendCoins([coin('awadi', 0)]),
      'sdk/10 0awadi: the amount of awadi is not positive: invalid coins',
    ],
    [
      'coins out of order',
      sendCoins([coin('share/1', 1), coin('awadi', 1)]),
      'sdk/10 1share/1,1awadi: denominations must be sorted and come once: invalid coins',
    ],
    ['a coin twice', sendCoins([coin('awadi', 1), coin('awadi', 1)]), 'sdk/10 1awadi,1awadi: denominations'],
    [
      'a denomination that cannot be one',
      sendCoins([coin('1x', 1)]),
      'sdk/10 invalid denom: 1x: invalid coins',
    ],
    ['a negative amount', sendCoins([coin('awadi', -5)]), 'sdk/18 '],
    ['an amount that is no number', sendCoins([coin('awadi', 'much')]), 'sdk/18 '],
    ['an amount beyond 256 bits', sendCoins([coin('awadi', 2n ** 256n)]), 'sdk/18 '],
    [
      'more than there is',
      sendCoins([coin('share/1', 1_001)]),
      'sdk/5 spendable balance 1000share/1 is smaller',
    ],
    ['what nobody has', sendCoins([coin('none', 1)]), 'sdk/5 spendable balance 0none is smaller than 1none'],
    ['a receiver who is none', sendCoins([coin('awadi', 1)], 'wadi1x'), 'sdk/7 '],
    ['a receiver on another chain', sendCoins([coin('awadi', 1)], 'cosmos1x'), 'sdk/7 '],
    [
      'a module account as the receiver',
      sendCoins([coin('awadi', 1)], feeCollector.address),
      `sdk/4 ${feeCollector.address} is not allowed to receive funds: unauthorized`,
    ],
  ])('refuses %s', (_name, packed, expected) => {
    expect(run(chain, alice, packed)).toContain(expected)
    expect(balances(chain, alice.address)).toEqual([`${FUNDS}awadi`, '1000share/1', '7share/2'])
  })

  test('refuses a hundred and one coins', () => {
    const many = Array.from({ length: 101 }, (_, i) => coin(`d${`${i}`.padStart(4, '0')}`, 1))
    expect(run(chain, alice, sendCoins(many))).toBe('sdk/10 101 coins where 1 to 100 are due: invalid coins')
  })
})

describe('MsgMultiSend', () => {
  const multi = (inputs: [TestAccount, bigint][], outputs: [string, bigint, string?][], denom = 'awadi') =>
    message(MsgMultiSend, {
      inputs: inputs.map(([who, amount]) => ({ address: who.address, coins: [coin(denom, amount)] })),
      outputs: outputs.map(([address, amount, other]) => ({
        address,
        coins: [coin(other ?? denom, amount)],
      })),
    })

  test('pays every output out of one input, with an event each', () => {
    const tx = alice.tx(chain, [
      multi(
        [[alice, 9n]],
        [
          [bob.address, 4n],
          [carol.address, 5n],
        ],
        'share/1',
      ),
    ])
    const { events } = chain.deliver(tx)
    expect([balances(chain, bob.address), balances(chain, carol.address)]).toEqual([
      [`${FUNDS}awadi`, '4share/1'],
      ['5share/1'],
    ])
    expect(events.slice(3).map(({ type }) => type)).toEqual([
      ...['message', 'message', 'coin_spent'],
      ...['coin_received', 'transfer', 'coin_received', 'transfer'],
    ])
    expect(heard).toEqual([
      `${alice.address} ${bob.address} 4share/1`,
      `${alice.address} ${carol.address} 5share/1`,
    ])
  })

  test.each<[string, () => PackedMessage, string]>([
    ['no outputs', () => multi([[alice, 1n]], []), 'bank/3 no outputs to send transaction'],
    ['sums that differ', () => multi([[alice, 9n]], [[bob.address, 8n]]), 'bank/4 sum inputs != sum outputs'],
    [
      'denominations that differ',
      () => multi([[alice, 9n]], [[bob.address, 9n, 'share/1']]),
      'bank/4 sum inputs != sum outputs',
    ],
    [
      'a module account among the outputs',
      () => multi([[alice, 1n]], [[feeCollector.address, 1n]]),
      'sdk/4 ',
    ],
    [
      'more than a thousand outputs',
      () =>
        multi(
          [[alice, 1_001n]],
          Array.from({ length: 1_001 }, () => [bob.address, 1n]),
        ),
      'sdk/18 1001 outputs, at most 1000: invalid request',
    ],
    ['more than there is', () => multi([[alice, 8n]], [[bob.address, 8n]], 'share/2'), 'sdk/5 '],
  ])('refuses %s', (_name, make, expected) => {
    const tx = alice.tx(chain, [make()], { gas: 10_000_000n })
    expect(outcome(chain.deliver(tx))).toContain(expected)
    expect(balances(chain, bob.address)).toEqual([`${FUNDS}awadi`])
  })

  test('refuses two senders, who both signed', () => {
    const two = multi(
      [
        [alice, 1n],
        [bob, 1n],
      ],
      [[carol.address, 2n]],
    )
    const result = chain.deliver(alice.tx(chain, [two], { cosigners: [bob] }))
    expect(outcome(result)).toBe('bank/9 multiple senders not allowed')
  })

  test('refuses no inputs, which somebody else’s message lets pass so far', () => {
    expect(run(chain, alice, send(alice, bob), multi([], [[bob.address, 1n]]))).toBe(
      'bank/2 no inputs to send transaction',
    )
  })
})
