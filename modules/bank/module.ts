import type { Balance } from '#gen/cosmos/bank/v1beta1/genesis.ts'
import { GenesisState } from '#gen/cosmos/bank/v1beta1/genesis.ts'
import { address, defineModule, genesis, type ReadContext, sdk, type WriteContext } from '#kernel'
import { ensureAccount } from '../auth/api.ts'
import { feeCollector } from './api.ts'
import { type Coin, checkDenom, MAX_SUPPLY, parseCoin, parseCoins, toCoin } from './coins.ts'
import { bankMsgs } from './msgs.ts'
import { bankQueries } from './queries.ts'
import { COMMON_DENOM, state } from './state.ts'

/** Takes the holders of genesis and counts what they have towards the supply. */
function takeBalances() {
  const totals = new Map<string, bigint>()
  return {
    rows: {
      balances(ctx: WriteContext, { address: owner, coins }: Balance) {
        if (coins.length === 0) address.encode(owner)
        for (const { denom, amount } of coins.length === 0 ? [] : parseCoins(coins)) {
          if (!state.balances.add(ctx, [owner, denom], amount))
            throw sdk.invalidRequest(`${owner} stands twice`)
          if (denom !== COMMON_DENOM) state.holders.add(ctx, [denom, owner])
          const supply = (totals.get(denom) ?? 0n) + amount
          if (supply > MAX_SUPPLY) throw sdk.invalidCoins(`the supply of ${denom} passes 2^256 - 1`)
          totals.set(denom, supply)
        }
      },
      // Given by other tools' documents: what they claim must be what the balances add up to.
      supply(_ctx: WriteContext, coin: Coin) {
        const { denom, amount } = parseCoin(coin)
        const actual = totals.get(denom) ?? 0n
        if (actual !== amount)
          throw sdk.invalidCoins(`supply says ${amount}${denom}, the balances add up to ${actual}`)
      },
    },
    finish(ctx: WriteContext) {
      for (const [denom, supply] of totals) state.supply.set(ctx, denom, supply)
      // Open from the start, so that the first fee ever costs no more gas than the next.
      ensureAccount(ctx, feeCollector.address)
    },
  }
}

function* exportBalances(ctx: ReadContext): Generator<Balance, void, undefined> {
  let current: Balance | undefined
  for (const [[owner, denom], amount] of state.balances.entries(ctx)) {
    if (current?.address !== owner) {
      if (current !== undefined) yield current
      current = { address: owner, coins: [] }
    }
    current.coins.push(toCoin(denom, amount))
  }
  if (current !== undefined) yield current
}

/** The balances of every denomination add up to its supply, and every holder is in the index. */
function supplyProblem(ctx: ReadContext): string | undefined {
  const totals = new Map<string, bigint>()
  let indexed = 0
  for (const [[owner, denom], amount] of state.balances.entries(ctx)) {
    if (amount <= 0n) return `${owner} has ${amount}${denom}`
    totals.set(denom, (totals.get(denom) ?? 0n) + amount)
    if (denom === COMMON_DENOM) continue
    indexed++
    if (!state.holders.has(ctx, [denom, owner])) return `${owner} is missing among the holders of ${denom}`
  }
  for (const [denom, supply] of state.supply.entries(ctx)) {
    if (totals.get(denom) !== supply) return `supply ${supply}${denom}, balances ${totals.get(denom) ?? 0n}`
    totals.delete(denom)
  }
  if (totals.size > 0) return `no supply is noted of ${[...totals.keys()].join(', ')}`
  const holders = [...state.holders.keys(ctx)].length
  return holders === indexed ? undefined : `${holders} holders are indexed, ${indexed} are due`
}

/** Coins: balances, supply, transfers. Serves the unchanged cosmos.bank.v1beta1. */
export const bank = defineModule({
  name: 'bank',
  version: 1,
  state,
  msgs: bankMsgs,
  queries: bankQueries,
  accounts: [feeCollector],
  genesis: genesis(GenesisState, {
    init(ctx, { params, denomMetadata, sendEnabled }) {
      state.params.set(ctx, { sendEnabled: [], defaultSendEnabled: params?.defaultSendEnabled ?? true })
      for (const metadata of denomMetadata) {
        checkDenom(metadata.base)
        state.metadata.set(ctx, metadata.base, metadata)
      }
      for (const { denom, enabled } of sendEnabled) state.sendEnabled.set(ctx, denom, enabled ? 1 : 0)
    },
    intake: takeBalances,
    export: (ctx) => ({
      params: state.params.must(ctx),
      balances: exportBalances(ctx),
      supply: [...state.supply.entries(ctx)].map(([denom, amount]) => toCoin(denom, amount)),
      denomMetadata: [...state.metadata.entries(ctx)].map(([, metadata]) => metadata),
      sendEnabled: [...state.sendEnabled.entries(ctx)].map(([denom, on]) => ({ denom, enabled: on === 1 })),
    }),
  }),
  invariants: { 'balances add up to the supply': supplyProblem },
})
