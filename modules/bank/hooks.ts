import { hook, type WriteContext } from '#kernel'
import type { Amount } from './coins.ts'

type OnTransfer = (ctx: WriteContext, from: string, to: string, coin: Amount) => void

/** Called before coins move from one account to another, once a coin. */
export const transfers = hook<[from: string, to: string, coin: Amount]>('bank.transfer')

/** Subscribes to transfers of denominations that begin so, `share/` for instance; throwing refuses the transfer. */
export function onTransfer(denomPrefix: string, listener: OnTransfer) {
  return transfers.on((ctx, from, to, coin) => {
    if (coin.denom.startsWith(denomPrefix)) listener(ctx, from, to, coin)
  })
}
