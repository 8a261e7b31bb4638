import { address, findModuleAccount, sdk, type WriteContext } from '#kernel'
import { ensureAccount } from '../auth/api.ts'
import { type Amount, type Coin, formatCoins, MAX_SUPPLY, parseCoin } from './coins.ts'
import { balanceOf, setBalance } from './ledger.ts'
import { state } from './state.ts'

/**
 * Gives an account exactly these coins of the denominations named, for development chains: the difference is minted or
 * burnt, so balances still add up to the supply. Refuses module accounts, whose balances their modules answer for.
 */
export function setDevBalance(ctx: WriteContext, owner: string, coins: readonly Readonly<Coin>[]): void {
  address.encode(owner)
  if (findModuleAccount(owner) !== undefined)
    throw sdk.unauthorized(`${owner} is a module account: what it has follows from its module's state`)
  if (coins.length === 0) throw sdk.invalidCoins('no coins are named')
  const wanted = coins.map(parseCoin)
  for (const { denom, amount } of wanted) {
    const others = (state.supply.get(ctx, denom) ?? 0n) - balanceOf(ctx, owner, denom)
    if (others + amount > MAX_SUPPLY) throw sdk.invalidCoins(`the supply of ${denom} would pass 2^256 - 1`)
  }

  ensureAccount(ctx, owner)
  for (const coin of wanted) adjust(ctx, owner, coin)
}

function adjust(ctx: WriteContext, owner: string, { denom, amount }: Amount): void {
  const before = balanceOf(ctx, owner, denom)
  if (before === amount) return
  const supply = (state.supply.get(ctx, denom) ?? 0n) + amount - before
  if (supply === 0n) state.supply.remove(ctx, denom)
  else state.supply.set(ctx, denom, supply)
  setBalance(ctx, owner, denom, before, amount)
  if (amount > before)
    ctx.emitRaw('coinbase', ['minter', owner, 'amount', formatCoins([{ denom, amount: amount - before }])])
  else ctx.emitRaw('burn', ['burner', owner, 'amount', formatCoins([{ denom, amount: before - amount }])])
}
