import { ADDRESS_PREFIX } from '#lib/address.ts'
import type { JsonObject } from '#lib/proto-json.ts'

/** What wallets call the coin, and what messages do; see genesis/. */
const COIN = { coinDenom: 'WADI', coinMinimalDenom: 'awadi', coinDecimals: 18 } as const

/** The derivation path of Cosmos wallets, m/44'/118'/0'/0/0 (SLIP-44). */
const COIN_TYPE = 118

/** Longest chain name that Keplr takes. */
const MAX_NAME = 36

export interface KeplrOptions {
  readonly chainId: string
  /** URLs under which the wallet reaches the node. */
  readonly rpc: string
  readonly rest: string
  /** The node's `minimum-gas-prices`; the price of awadi in it is the lowest that the wallet offers. */
  readonly minGasPrices: string
}

/**
 * What `window.keplr.experimentalSuggestChain` takes, and with it the wallets that follow Keplr
 * (https://docs.keplr.app/api/guide/suggest-chain).
 */
export function keplrChainInfo({ chainId, rpc, rest, minGasPrices }: KeplrOptions): JsonObject {
  const name = `Wadi ${chainId}`
  return {
    chainId,
    chainName: name.length > MAX_NAME ? 'Wadi' : name,
    rpc,
    rest,
    bip44: { coinType: COIN_TYPE },
    bech32Config: {
      bech32PrefixAccAddr: ADDRESS_PREFIX,
      bech32PrefixAccPub: `${ADDRESS_PREFIX}pub`,
      bech32PrefixValAddr: `${ADDRESS_PREFIX}valoper`,
      bech32PrefixValPub: `${ADDRESS_PREFIX}valoperpub`,
      bech32PrefixConsAddr: `${ADDRESS_PREFIX}valcons`,
      bech32PrefixConsPub: `${ADDRESS_PREFIX}valconspub`,
    },
    currencies: [{ ...COIN }],
    feeCurrencies: [{ ...COIN, gasPriceStep: gasPriceStep(minGasPrices) }],
    stakeCurrency: { ...COIN },
    features: [],
  }
}

/** Lowest, usual and highest price of a unit of gas; all zero where gas is free. */
function gasPriceStep(minGasPrices: string): JsonObject {
  const price = minGasPrices.split(',').find((part) => part.trim().endsWith(COIN.coinMinimalDenom))
  const low = price === undefined ? 0 : Number.parseFloat(price)
  return { low, average: rounded(low * 1.25), high: rounded(low * 2) }
}

/** Without the digits that binary fractions add. */
const rounded = (price: number): number => Number(price.toPrecision(6))
