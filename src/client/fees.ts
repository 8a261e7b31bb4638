import { clip, ValueError } from '#lib/bytes.ts'

/** A price that cannot be read. */
export class GasPriceError extends ValueError {
  override readonly name = 'GasPriceError'
}

/** A price of a unit of gas. */
export interface ClientGasPrice {
  readonly denom: string
  /** In 1/10^18 of the denomination's smallest unit. */
  readonly atoms: bigint
}

/** An amount of one denomination, as in every message. */
export interface CoinAmount {
  readonly denom: string
  readonly amount: string
}

const ATOMS = 10n ** 18n
const PRICE = /^(\d{1,30})(?:\.(\d{1,18}))?([a-zA-Z][a-zA-Z0-9/:._-]{2,127})$/

/** Reads `0.025awadi`; of a list, as nodes publish it, the first price. Undefined for an empty text: gas is free. */
export function parseGasPrice(text: string): ClientGasPrice | undefined {
  const first = text.split(',')[0]?.trim() ?? ''
  if (first === '') return undefined
  const match = PRICE.exec(first)
  if (match === null) {
    throw new GasPriceError(
      `${clip(first)} is not a gas price: write a number and a denomination, as 0.025awadi`,
    )
  }
  const [, whole = '0', fraction = '', denom = ''] = match
  return { denom, atoms: BigInt(whole + fraction.padEnd(18, '0')) }
}

/** What `gas` units cost, rounded up; no coins where gas is free. */
export function feeFor(gas: bigint, price: ClientGasPrice | undefined): CoinAmount[] {
  if (price === undefined || price.atoms === 0n) return []
  return [{ denom: price.denom, amount: ((gas * price.atoms + ATOMS - 1n) / ATOMS).toString() }]
}

const SCALE = 1_000_000n

/** The gas limit for a transaction of which a simulation used `gas`; `adjustment` is a factor of 1 or more. */
export function adjustGas(gas: bigint, adjustment: number): bigint {
  if (!(adjustment >= 1 && adjustment <= 1000)) {
    throw new ValueError(
      `a gas adjustment of ${adjustment} is not usable: take a factor from 1 to 1000, as 1.3`,
    )
  }
  const scaled = BigInt(Math.ceil(adjustment * Number(SCALE)))
  return (gas * scaled + SCALE - 1n) / SCALE
}
