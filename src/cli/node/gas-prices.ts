import { NodeError } from './errors.ts'

/** A price per unit of gas, in 1/10^18 of the denomination's smallest unit. */
export interface GasPrice {
  readonly denom: string
  readonly price: bigint
}

const PRICE = /^(\d{1,30})(?:\.(\d{1,18}))?([a-zA-Z][a-zA-Z0-9/:._-]{2,127})$/

/** Reads `minimum-gas-prices`: `0.025awadi`, several separated by commas, or nothing. */
export function parseGasPrices(text: string): GasPrice[] {
  if (text.trim() === '') return []
  return text.split(',').map((part) => {
    const match = PRICE.exec(part.trim())
    if (match === null) {
      throw new NodeError('home-damaged', `minimum-gas-prices: "${part}" is not a price`, [
        'write a number and a denomination, e.g. "0.025awadi"',
      ])
    }
    const [, whole = '0', fraction = '', denom = ''] = match
    return { denom, price: BigInt(whole + fraction.padEnd(18, '0')) }
  })
}
