import { moduleAccount, type ReadContext, type WriteContext } from '#kernel'
import { type Amount, type Coin, parseCoins } from './coins.ts'
import { balanceOf, burn, mint, transfer, transferToOpen } from './ledger.ts'

export type { Amount, Coin } from './coins.ts'
export { onTransfer } from './hooks.ts'
export { COMMON_DENOM as BASE_DENOM } from './state.ts'

/** Where transaction fees go; the name and so the address are those of the Cosmos SDK. */
export const feeCollector = moduleAccount('fee_collector')

/** What other modules do with coins. Amounts are in the smallest unit; module accounts are given as values. */
export const bank = {
  /** The balance of one denomination; 0 if there is none. */
  balance: (ctx: ReadContext, owner: string, denom: string): bigint => balanceOf(ctx, owner, denom),
  /** Moves coins; both sides by address. Refuses with `sdk/5` what the sender does not have. */
  send: (ctx: WriteContext, from: string, to: string, coins: readonly Amount[]): void =>
    transfer(ctx, from, to, coins),
  /** Creates coins in a module account declared with `minter`. */
  mint,
  /** Destroys coins of a module account declared with `burner`. */
  burn,
}

/** Takes a transaction's fee to the fee collector; for the ante handler. */
export function payFee(ctx: WriteContext, payer: string, fee: readonly Readonly<Coin>[]): void {
  // Open since genesis.
  transferToOpen(ctx, payer, feeCollector.address, parseCoins(fee))
}
