import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { authority, FUNDS } from '../../src/testing/genesis.ts'
import { alice, bankChain, bob, carol, coin, run, sendCoins } from '../../test/support/bank.ts'

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
  chain = bankChain()
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
    run(chain, alice, sendCoins([coin('share/1', 300)]))
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
    chain = bankChain({ denom_metadata: [metadata] })
    expect(query('denomMetadata', { denom: 'awadi' }).metadata?.symbol).toBe('WADI')
    expect(query('denomMetadataByQueryString', { denom: 'awadi' }).metadata?.name).toBe('Wadi')
    expect(query('denomsMetadata').metadatas.map(({ base }) => base)).toEqual(['awadi'])
  })

  test('switches are listed, or asked for by name', () => {
    chain = bankChain({
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
    expect(() => bankChain(more)).toThrow(expected)
  })

  test('nothing of a supply that is right, nor a holder of nothing', () => {
    expect(() => bankChain({ supply: [coin('share/1', 1_000)] })).not.toThrow()
    expect(() => bankChain(holder(carol.address, []))).not.toThrow()
  })
})
