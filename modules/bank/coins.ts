import { sdk } from '#kernel'
import { MAX_U256, parseUint } from '#lib/int.ts'
import { COMMON_DENOM } from './state.ts'

/** A coin as messages carry it: the amount in decimal digits. */
export interface Coin {
  denom: string
  amount: string
}

/** A coin as the code counts it. */
export interface Amount {
  readonly denom: string
  readonly amount: bigint
}

const DENOM = /^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/
/** Coins that one list may hold: a transfer touches two balances a coin. */
const MAX_COINS = 100

export function checkDenom(denom: string): void {
  if (denom === COMMON_DENOM) return
  if (!DENOM.test(denom)) throw sdk.invalidCoins(`invalid denom: ${denom.slice(0, 140)}`)
}

/** One coin with an amount of 0 or more. */
export function parseCoin({ denom, amount }: Coin): Amount {
  checkDenom(denom)
  return { denom, amount: parseUint(amount, 256) }
}

/** Coins to move: at least one, sorted by denomination, each once, each above 0. */
export function parseCoins(coins: readonly Coin[]): Amount[] {
  if (coins.length === 0 || coins.length > MAX_COINS) {
    throw sdk.invalidCoins(`${coins.length} coins where 1 to ${MAX_COINS} are due`)
  }
  const parsed = coins.map(parseCoin)
  for (let index = 0; index < parsed.length; index++) {
    const coin = parsed[index] as Amount
    const before = parsed[index - 1]
    if (coin.amount === 0n)
      throw sdk.invalidCoins(`${formatCoins(parsed)}: the amount of ${coin.denom} is not positive`)
    if (before !== undefined && before.denom >= coin.denom) {
      throw sdk.invalidCoins(`${formatCoins(parsed)}: denominations must be sorted and come once`)
    }
  }
  return parsed
}

/** As events and clients write a list of coins: `5awadi,7share/1`. */
export function formatCoins(coins: readonly Amount[]): string {
  let text = ''
  for (const { amount, denom } of coins) text += `${text === '' ? '' : ','}${amount}${denom}`
  return text
}

export const toCoin = (denom: string, amount: bigint): Coin => ({ denom, amount: amount.toString() })

/** The most of one denomination that there can be. */
export const MAX_SUPPLY = MAX_U256
