import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/wadi/system/v1/query.ts'
import { MsgTransferAuthority, MsgUpdateParams } from '#gen/wadi/system/v1/tx.ts'
import { type TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { authority } from '../../src/testing/genesis.ts'
import { message } from '../../src/testing/types.ts'
import { outcome, wadiChain } from '../../test/support/wadi-chain.ts'

const { alice } = testAccounts('alice')
let chain: TestChain
beforeEach(() => {
  chain = wadiChain({ accounts: [alice] })
  chain.nextBlock()
})
const good = { deadlineItems: 10, deadlineGas: 1_000_000n, itemGas: 100_000n }
const update = (who: TestAccount, params: object | undefined) =>
  outcome(chain.deliver(who.tx(chain, [message(MsgUpdateParams, { authority: who.address, params })])))
const transfer = (who: TestAccount, newAuthority: string) =>
  chain.deliver(who.tx(chain, [message(MsgTransferAuthority, { authority: who.address, newAuthority })]))

describe('the budget of timed work', () => {
  test('begins with the values of parameters.md', () => {
    // 2,000 items and 50 M gas a block, 2 M gas an item
    expect(chain.query(QueryDefinition, 'params').params).toEqual({
      deadlineItems: 2_000,
      deadlineGas: 50_000_000n,
      itemGas: 2_000_000n,
    })
  })

  test('is the authority’s to change', () => {
    expect(update(authority, good)).toBe('ok')
    expect(chain.query(QueryDefinition, 'params').params).toEqual(good)
    expect(update(alice, good)).toContain('sdk/4 expected wadi1')
  })

  test.each<[string, object | undefined, string]>([
    ['nothing', undefined, 'params are missing'],
    ['no items', { ...good, deadlineItems: 0 }, 'deadline_items 0 is not within 1…100000'],
    ['too many items', { ...good, deadlineItems: 100_001 }, 'deadline_items 100001 is not within 1…100000'],
    [
      'too little gas',
      { ...good, deadlineGas: 99_999n },
      'deadline_gas 99999 is not within 100000…1099511627776',
    ],
    ['too much gas', { ...good, deadlineGas: 2n ** 40n + 1n }, 'deadline_gas 1099511627777 is not within'],
    ['too little gas an item', { ...good, itemGas: 99_999n }, 'item_gas 99999 is not within 100000…1000000'],
    [
      'an item beyond the block',
      { ...good, itemGas: 1_000_001n },
      'item_gas 1000001 is not within 100000…1000000',
    ],
  ])('cannot be %s', (_name, params, expected) => {
    expect(update(authority, params)).toContain(`system/2 ${expected}`)
  })
})

describe('the authority', () => {
  test('hands its right on, and has it no longer', () => {
    const { events } = transfer(authority, alice.address)
    expect(events.at(-1)).toEqual({
      type: 'wadi.system.v1.EventAuthorityTransferred',
      attributes: ['from', `"${authority.address}"`, 'to', `"${alice.address}"`, 'msg_index', '0'],
    })
    expect(chain.query(QueryDefinition, 'authority').authority).toBe(alice.address)
    expect(update(authority, good)).toContain(`sdk/4 expected ${alice.address}`)
    expect(update(alice, good)).toBe('ok')
  })

  test.each(['', 'nobody', 'cosmos1x'])('hands it to nobody but an address: "%s"', (nobody) => {
    expect(outcome(transfer(authority, nobody))).toContain('sdk/7 ')
  })

  test('is not taken by anybody else', () => {
    expect(outcome(transfer(alice, alice.address))).toContain('sdk/4 ')
  })

  test('stands in genesis', () => {
    const start = (system: object) => () => wadiChain({ genesis: { system } })
    expect(start({})).toThrow('app_state.system: invalid address')
    expect(start({ authority: alice.address, params: {} })).toThrow('app_state.system: deadline_items 0')
    expect(start({ authority: alice.address })).not.toThrow()
  })
})

test('the formats of all modules are listed by name', () => {
  const names = chain.query(QueryDefinition, 'moduleVersions').moduleVersions.map(({ name }) => name)
  expect(names).toEqual([...chain.chain.modules.map(({ name }) => name)].sort())
})
