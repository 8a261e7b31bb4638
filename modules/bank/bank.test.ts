import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgMultiSend, MsgSend, MsgSetSendEnabled, MsgUpdateParams } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { defineModule, moduleAccount } from '#kernel'
import { type TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'
import { authority, FUNDS, outcome, send, wadiChain, wadiGenesis } from '../../test/support/wadi-chain.ts'
import { bank, feeCollector, onTransfer } from './api.ts'
import { state } from './state.ts'

const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')
const treasury = moduleAccount('bank_test', ['minter', 'burner'])
const poorhouse = moduleAccount('bank_test_poor')
const heard: string[] = []
const listener = defineModule({
  name: 'listener',
  version: 1,
  accounts: [treasury, poorhouse],
  hooks: [
    onTransfer(
      'share/',
      (_ctx, from, to, { denom, amount }) => void heard.push(`${from} ${to} ${amount}${denom}`),
    ),
  ],
})
const coin = (denom: string, amount: bigint | number | string) => ({ denom, amount: `${amount}` })
const GATHERED = [coin('awadi', FUNDS), coin('share/1', 1_000), coin('share/2', 7)]
const metadata = {
  description: 'The coin of the chain.',
  denom_units: [{ denom: 'awadi', exponent: 0 }],
  base: 'awadi',
  display: 'wadi',
  name: 'Wadi',
  symbol: 'WADI',
}

let chain: TestChain
beforeEach(() => {
  heard.length = 0
  chain = start()
})
function start(more: object = {}): TestChain {
  const options = { accounts: [alice, bob], coins: { [alice.address]: GATHERED }, modules: [listener] }
  const given = wadiGenesis(options)['bank'] as object
  const made = wadiChain({ ...options, genesis: { bank: { ...given, ...more } } })
  made.nextBlock()
  return made
}
const run = (from: TestAccount, ...messages: PackedMessage[]) =>
  outcome(chain.deliver(from.tx(chain, messages)))
const balances = (address: string) =>
  chain.query(QueryDefinition, 'allBalances', { address }).balances.map(({ denom, amount }) => amount + denom)
const sendCoins = (amount: readonly { denom: string; amount: string }[], toAddress = bob.address) =>
  message(MsgSend, { fromAddress: alice.address, toAddress, amount })

describe('MsgSend', () => {
  test('moves several denominations at once, and opens the account of who has none', () => {
    expect(run(alice, sendCoins([coin('awadi', 5), coin('share/1', 400)], carol.address))).toBe('ok')
    expect(balances(carol.address)).toEqual(['5awadi', '400share/1'])
    expect(balances(alice.address)).toEqual([`${FUNDS - 5n}awadi`, '600share/1', '7share/2'])
    expect(chain.chain.accountOf(chain.read(), carol.address)?.sequence).toBe(0n)
  })

  test('of everything leaves no entry behind', () => {
    expect(run(alice, sendCoins([coin('share/2', 7)]))).toBe('ok')
    expect(balances(alice.address)).toEqual([`${FUNDS}awadi`, '1000share/1'])
    expect([...state.holders.keys(chain.read(), { prefix: ['share/2'] })]).toEqual([['share/2', bob.address]])
  })

  test('to oneself changes nothing but the sequence', () => {
    expect(run(alice, sendCoins([coin('awadi', 5)], alice.address))).toBe('ok')
    expect(balances(alice.address)[0]).toBe(`${FUNDS}awadi`)
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
    expect(run(alice, packed)).toContain(expected)
    expect(balances(alice.address)).toEqual([`${FUNDS}awadi`, '1000share/1', '7share/2'])
  })

  test('refuses a hundred and one coins', () => {
    const many = Array.from({ length: 101 }, (_, i) => coin(`d${`${i}`.padStart(4, '0')}`, 1))
    expect(run(alice, sendCoins(many))).toBe('sdk/10 101 coins where 1 to 100 are due: invalid coins')
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
    expect([balances(bob.address), balances(carol.address)]).toEqual([
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
    expect(balances(bob.address)).toEqual([`${FUNDS}awadi`])
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
    expect(run(alice, send(alice, bob), multi([], [[bob.address, 1n]]))).toBe(
      'bank/2 no inputs to send transaction',
    )
  })
})

describe('sending can be switched off', () => {
  const by = (who: TestAccount) => who.address
  const setEnabled = (sendEnabled: { denom: string; enabled: boolean }[], useDefaultFor: string[] = []) =>
    message(MsgSetSendEnabled, { authority: by(authority), sendEnabled, useDefaultFor })
  const params = (defaultSendEnabled: boolean) =>
    message(MsgUpdateParams, { authority: by(authority), params: { sendEnabled: [], defaultSendEnabled } })

  test('for one denomination, and back on', () => {
    expect(run(authority, setEnabled([{ denom: 'share/1', enabled: false }]))).toBe('ok')
    expect(run(alice, sendCoins([coin('share/1', 1)]))).toBe(
      'bank/5 share/1 transfers are currently disabled: send transactions are disabled',
    )
    expect(run(alice, sendCoins([coin('share/2', 1)]))).toBe('ok')
    expect(run(authority, setEnabled([], ['share/1']))).toBe('ok')
    expect(run(alice, sendCoins([coin('share/1', 1)]))).toBe('ok')
  })

  test('for all but those that are named', () => {
    run(authority, params(false), setEnabled([{ denom: 'share/1', enabled: true }]))
    expect(run(alice, sendCoins([coin('share/1', 1)]))).toBe('ok')
    expect(run(alice, sendCoins([coin('share/2', 1)]))).toContain('bank/5 share/2')
    expect(chain.query(QueryDefinition, 'params').params?.defaultSendEnabled).toBe(false)
  })

  test('and fees are paid all the same', () => {
    run(authority, params(false))
    const result = chain.deliver(alice.tx(chain, [sendCoins([coin('awadi', 1)])], { fee: 10n }))
    expect(outcome(result)).toContain('bank/5')
    expect(balances(feeCollector.address)).toEqual(['10awadi'])
  })

  test.each<[string, PackedMessage, TestAccount, string]>([
    ['by anybody else', message(MsgSetSendEnabled, { authority: by(alice) }), alice, 'sdk/4 expected wadi1'],
    [
      'parameters by anybody else',
      message(MsgUpdateParams, { authority: by(alice) }),
      alice,
      'sdk/4 expected wadi1',
    ],
    [
      'without parameters',
      message(MsgUpdateParams, { authority: by(authority) }),
      authority,
      'sdk/18 params are missing: invalid request',
    ],
    [
      'by the old list in the parameters',
      message(MsgUpdateParams, {
        authority: by(authority),
        params: { sendEnabled: [{ denom: 'awadi', enabled: true }], defaultSendEnabled: true },
      }),
      authority,
      'sdk/18 use MsgSetSendEnabled for single denominations: invalid request',
    ],
    [
      'for a denomination twice',
      setEnabled([{ denom: 'awadi', enabled: true }], ['awadi']),
      authority,
      'sdk/18 a denomination is named twice: invalid request',
    ],
    [
      'for what is no denomination',
      setEnabled([], ['!']),
      authority,
      'sdk/10 invalid denom: !: invalid coins',
    ],
  ])('but not %s', (_name, packed, who, expected) => {
    expect(run(who, packed)).toContain(expected)
  })
})

describe('queries', () => {
  const query = chainQuery()
  function chainQuery() {
    return <M extends keyof typeof QueryDefinition.methods>(method: M, fields: object = {}) =>
      chain.query(QueryDefinition, method, fields as never)
  }

  test('balance is 0 where there is none, also of an account that does not exist', () => {
    expect(query('balance', { address: carol.address, denom: 'awadi' }).balance).toEqual(coin('awadi', 0))
    expect(query('balance', { address: alice.address, denom: 'share/2' }).balance).toEqual(coin('share/2', 7))
    expect(query('spendableBalanceByDenom', { address: alice.address, denom: 'share/2' }).balance).toEqual(
      coin('share/2', 7),
    )
  })

  test.each<[string, keyof typeof QueryDefinition.methods, object, string]>([
    [
      'an empty address',
      'balance',
      { denom: 'awadi' },
      'empty address string is not allowed: invalid address',
    ],
    ['an address that is none', 'spendableBalances', { address: 'test' }, 'invalid address'],
    ['an empty denomination', 'balance', { address: alice.address }, 'invalid denom: : invalid coins'],
    ['a supply of no denomination', 'supplyOf', { denom: '' }, 'invalid denom'],
    ['owners of no denomination', 'denomOwners', { denom: 'a' }, 'invalid denom'],
    [
      'metadata that are not there',
      'denomMetadata',
      { denom: 'awadi' },
      'client metadata for denom awadi: key not found',
    ],
  ])('refuse %s', (_name, method, fields, expected) => {
    expect(() => query(method, fields)).toThrow(expected)
  })

  test('all balances come in pages, in order of denominations', () => {
    const first = query('allBalances', {
      address: alice.address,
      pagination: { limit: 2n, countTotal: true },
    })
    expect(first.balances.map(({ denom }) => denom)).toEqual(['awadi', 'share/1'])
    expect(first.pagination?.total).toBe(3n)
    const key = first.pagination?.nextKey
    const rest = query('spendableBalances', { address: alice.address, pagination: { key } })
    expect(rest.balances).toEqual([coin('share/2', 7)])
  })

  test('supply is what all have together', () => {
    expect(query('supplyOf', { denom: 'awadi' }).amount).toEqual(coin('awadi', 3n * FUNDS))
    expect(query('supplyOf', { denom: 'none' }).amount).toEqual(coin('none', 0))
    expect(query('totalSupply').supply.map(({ denom }) => denom)).toEqual(['awadi', 'share/1', 'share/2'])
  })

  test('owners of a share come from its index, those of the common coin from the balances', () => {
    run(alice, sendCoins([coin('share/1', 300)]))
    const owners = (denom: string) =>
      query('denomOwners', { denom })
        .denomOwners.map(({ address, balance }) => [address, balance?.amount])
        .sort()
    expect(owners('share/1')).toEqual(
      [
        [alice.address, '700'],
        [bob.address, '300'],
      ].sort(),
    )
    expect(owners('awadi').map(([owner]) => owner)).toEqual(
      [alice.address, bob.address, authority.address].sort(),
    )
    expect(query('denomOwnersByQuery', { denom: 'share/2' }).denomOwners).toHaveLength(1)
  })

  test('metadata are found by path and by query string, and listed', () => {
    chain = start({ denom_metadata: [metadata] })
    expect(query('denomMetadata', { denom: 'awadi' }).metadata?.symbol).toBe('WADI')
    expect(query('denomMetadataByQueryString', { denom: 'awadi' }).metadata?.name).toBe('Wadi')
    expect(query('denomsMetadata').metadatas.map(({ base }) => base)).toEqual(['awadi'])
  })

  test('switches are listed, or asked for by name', () => {
    chain = start({
      send_enabled: [
        { denom: 'share/1', enabled: false },
        { denom: 'share/2', enabled: true },
      ],
    })
    expect(query('sendEnabled').sendEnabled).toHaveLength(2)
    expect(query('sendEnabled', { denoms: ['share/1', 'awadi'] }).sendEnabled).toEqual([
      { denom: 'share/1', enabled: false },
    ])
  })
})

describe('genesis refuses', () => {
  const holder = (address: string, coins: object[]) => ({ balances: [{ address, coins }] })
  test.each<[string, object, string]>([
    ['an address that is none', holder('wadi1x', []), 'app_state.bank.balances[0]'],
    ['coins out of order', holder(alice.address, [coin('b12', 1), coin('a12', 1)]), 'must be sorted'],
    [
      'a holder twice',
      { balances: [1, 2].map(() => ({ address: alice.address, coins: [coin('awadi', 1)] })) },
      `app_state.bank.balances[1]: ${alice.address} stands twice`,
    ],
    [
      'a supply that the balances do not add up to',
      { supply: [coin('share/1', 999)] },
      'app_state.bank.supply[0]: supply says 999share/1, the balances add up to 1000',
    ],
    [
      'a supply beyond 256 bits',
      {
        balances: [alice, bob].map(({ address }) => ({ address, coins: [coin('awadi', 2n ** 255n)] })),
      },
      'the supply of awadi passes 2^256 - 1',
    ],
    ['metadata of no denomination', { denom_metadata: [{ ...metadata, base: '' }] }, 'invalid denom'],
  ])('%s', (_name, more, expected) => {
    expect(() => start(more)).toThrow(expected)
  })

  test('nothing of a supply that is right, nor a holder of nothing', () => {
    expect(() => start({ supply: [coin('share/1', 1_000)] })).not.toThrow()
    expect(() => start(holder(carol.address, []))).not.toThrow()
  })
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
    run(alice, sendCoins([coin('awadi', 1), coin('share/1', 2)]))
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
      chain = start()
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
