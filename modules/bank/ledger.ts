import { assert, type ModuleAccount, type ReadContext, sdk, type WriteContext } from '#kernel'
import { addU256 } from '#lib/int.ts'
import { ensureAccount } from '../auth/api.ts'
import { type Amount, formatCoins, MAX_SUPPLY } from './coins.ts'
import { transfers } from './hooks.ts'
import { COMMON_DENOM, state } from './state.ts'

export function balanceOf(ctx: ReadContext, owner: string, denom: string): bigint {
  return state.balances.get(ctx, [owner, denom]) ?? 0n
}

/** Writes a balance and keeps the index of holders in step; a balance of 0 is no entry. */
export function setBalance(
  ctx: WriteContext,
  owner: string,
  denom: string,
  before: bigint,
  after: bigint,
): void {
  if (after === 0n) state.balances.remove(ctx, [owner, denom])
  else state.balances.set(ctx, [owner, denom], after)
  if (denom === COMMON_DENOM || (before === 0n) === (after === 0n)) return
  if (after === 0n) state.holders.remove(ctx, [denom, owner])
  else state.holders.add(ctx, [denom, owner])
}

/** Takes coins from an account; refuses to take more than it has. `text` is what {@link formatCoins} makes of them. */
export function debit(
  ctx: WriteContext,
  owner: string,
  coins: readonly Amount[],
  text = formatCoins(coins),
): void {
  for (const { denom, amount } of coins) {
    const before = balanceOf(ctx, owner, denom)
    if (before < amount) {
      throw sdk.insufficientFunds(`spendable balance ${before}${denom} is smaller than ${amount}${denom}`)
    }
    setBalance(ctx, owner, denom, before, before - amount)
  }
  ctx.emitRaw('coin_spent', ['spender', owner, 'amount', text])
}

/** Gives coins to an account; `text` as of {@link debit}. */
export function credit(
  ctx: WriteContext,
  owner: string,
  coins: readonly Amount[],
  text = formatCoins(coins),
): void {
  for (const { denom, amount } of coins) {
    const before = balanceOf(ctx, owner, denom)
    setBalance(ctx, owner, denom, before, addU256(before, amount))
  }
  ctx.emitRaw('coin_received', ['receiver', owner, 'amount', text])
}

/** Moves coins from one account to another and tells those who listen; opens the receiver's account if need be. */
export function transfer(ctx: WriteContext, from: string, to: string, coins: readonly Amount[]): void {
  ensureAccount(ctx, to)
  transferToOpen(ctx, from, to, coins)
}

/** {@link transfer} to an account that is known to be open. */
export function transferToOpen(ctx: WriteContext, from: string, to: string, coins: readonly Amount[]): void {
  if (transfers.heard(ctx)) for (const coin of coins) transfers.call(ctx, from, to, coin)
  const text = ctx.recordsEvents ? formatCoins(coins) : ''
  debit(ctx, from, coins, text)
  credit(ctx, to, coins, text)
  if (!ctx.recordsEvents) return
  ctx.emitRaw('transfer', ['recipient', to, 'sender', from, 'amount', text])
  ctx.emitRaw('message', ['sender', from])
}

/** Creates coins in a module account that may mint. */
export function mint(ctx: WriteContext, account: ModuleAccount, coins: readonly Amount[]): void {
  assert(account.permissions.includes('minter'), `module account ${account.name} may not mint`)
  for (const { denom, amount } of coins) {
    const supply = (state.supply.get(ctx, denom) ?? 0n) + amount
    assert(supply <= MAX_SUPPLY, `the supply of ${denom} would pass 2^256 - 1`)
    state.supply.set(ctx, denom, supply)
  }
  ensureAccount(ctx, account.address)
  credit(ctx, account.address, coins)
  ctx.emitRaw('coinbase', ['minter', account.address, 'amount', formatCoins(coins)])
}

/** Destroys coins of a module account that may burn. */
export function burn(ctx: WriteContext, account: ModuleAccount, coins: readonly Amount[]): void {
  assert(account.permissions.includes('burner'), `module account ${account.name} may not burn`)
  debit(ctx, account.address, coins)
  for (const { denom, amount } of coins) {
    const supply = state.supply.get(ctx, denom) ?? 0n
    assert(supply >= amount, `the supply of ${denom} is below what an account has of it`)
    if (supply === amount) state.supply.remove(ctx, denom)
    else state.supply.set(ctx, denom, supply - amount)
  }
  ctx.emitRaw('burn', ['burner', account.address, 'amount', formatCoins(coins)])
}
