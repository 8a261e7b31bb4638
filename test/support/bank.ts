import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { onTransfer } from '#modules/bank/api.ts'
import { defineModule, moduleAccount } from '../../src/kernel/module.ts'
import { type TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { FUNDS, fundedGenesis } from '../../src/testing/genesis.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'
import { outcome, wadiChain } from './wadi-chain.ts'

export const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')

export const treasury = moduleAccount('bank_test', ['minter', 'burner'])
export const poorhouse = moduleAccount('bank_test_poor')
/** Every transfer of a share since the chain began: `from to amount`. */
export const heard: string[] = []
const listener = defineModule({
  name: 'listener',
  version: 1,
  accounts: [treasury, poorhouse],
  hooks: [
    onTransfer('share/', (_ctx, from, to, { denom, amount }) => {
      heard.push(`${from} ${to} ${amount}${denom}`)
    }),
  ],
})

export const coin = (denom: string, amount: bigint | number | string) => ({ denom, amount: `${amount}` })

/** What alice begins with; bob and the authority have {@link FUNDS} alone. */
const GATHERED = [coin('awadi', FUNDS), coin('share/1', 1_000), coin('share/2', 7)]

/** A chain one block old, with these parts of bank's genesis replaced. */
export function bankChain(more: object = {}): TestChain {
  heard.length = 0
  const options = { accounts: [alice, bob], coins: { [alice.address]: GATHERED }, modules: [listener] }
  const given = fundedGenesis(options)['bank'] as object
  const chain = wadiChain({ ...options, genesis: { bank: { ...given, ...more } } })
  chain.nextBlock()
  return chain
}

export const sendCoins = (amount: readonly { denom: string; amount: string }[], to: string = bob.address) =>
  message(MsgSend, { fromAddress: alice.address, toAddress: to, amount })

/** How a transaction of these messages ends. */
export const run = (chain: TestChain, from: TestAccount, ...messages: PackedMessage[]) =>
  outcome(chain.deliver(from.tx(chain, messages)))

/** All that an account has, as `5awadi`. */
export const balances = (chain: TestChain, address: string) =>
  chain.query(QueryDefinition, 'allBalances', { address }).balances.map(({ denom, amount }) => amount + denom)
