import type { Params } from '#gen/wadi/asset/v1/types.ts'
import type { ReadContext, WriteContext } from '#kernel'
import { BASE_DENOM, bank } from '#modules/bank/api.ts'
import { escrow, protocol } from './state.ts'

// Everything here is paid in the chain's own coin, awadi.
const coins = (amount: bigint) => [{ denom: BASE_DENOM, amount }]

/** The price of storing a message, in awadi. */
export const byteFee = (params: Params, bytes: Uint8Array): bigint =>
  BigInt(params.byteFee) * BigInt(bytes.length)

/** The price of registering a version with this message, in awadi. */
export const registrationFee = (params: Params, bytes: Uint8Array): bigint =>
  BigInt(params.registrationFee) + byteFee(params, bytes)

const move = (ctx: WriteContext, from: string, to: string, amount: bigint): void => {
  if (amount > 0n) bank.send(ctx, from, to, coins(amount))
}

/** Fees and deposits wait in the module's account. */
export const hold = (ctx: WriteContext, payer: string, amount: bigint): void =>
  move(ctx, payer, escrow.address, amount)

/** A deposit goes back to who made it. */
export const giveBack = (ctx: WriteContext, owner: string, amount: bigint): void =>
  move(ctx, escrow.address, owner, amount)

/** A fee that never has to wait. */
export const earnFrom = (ctx: WriteContext, payer: string, amount: bigint): void =>
  move(ctx, payer, protocol.address, amount)

/** A fee whose waiting is over. */
export const earnHeld = (ctx: WriteContext, amount: bigint): void =>
  move(ctx, escrow.address, protocol.address, amount)

/** A fee or deposit that is lost. */
export const burnHeld = (ctx: WriteContext, amount: bigint): void => {
  if (amount > 0n) bank.burn(ctx, escrow, coins(amount))
}

/** What the module's account holds. */
export const heldBalance = (ctx: ReadContext): bigint => bank.balance(ctx, escrow.address, BASE_DENOM)
