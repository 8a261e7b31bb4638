import { describe, expect, test } from 'vitest'
import { keplrChainInfo } from '../src/query/keplr.ts'
import { chainInfoProblems } from './support/keplr-rules.ts'

const info = (more: Partial<Parameters<typeof keplrChainInfo>[0]> = {}) =>
  keplrChainInfo({
    chainId: 'wadi-dev-1',
    rpc: 'http://127.0.0.1:26657',
    rest: 'http://127.0.0.1:1317',
    minGasPrices: '',
    ...more,
  })

describe('chain info for Keplr', () => {
  test.each([
    ['', { low: 0, average: 0, high: 0 }],
    ['0.025awadi', { low: 0.025, average: 0.03125, high: 0.05 }],
    ['1000000000awadi', { low: 1e9, average: 1.25e9, high: 2e9 }],
    ['1ibc/27A6, 0.3awadi', { low: 0.3, average: 0.375, high: 0.6 }],
  ])('offers gas prices from %j on', (minGasPrices, gasPriceStep) => {
    expect(chainInfoProblems(info({ minGasPrices }))).toEqual([])
    expect(info({ minGasPrices })).toMatchObject({ feeCurrencies: [{ gasPriceStep }] })
  })

  test('is named after the chain, where the name is not too long for a wallet', () => {
    expect(info()).toMatchObject({ chainId: 'wadi-dev-1', chainName: 'Wadi wadi-dev-1' })
    // 36 characters are the most: "Wadi " and 32 more are 37.
    expect(info({ chainId: 'x'.repeat(31) })).toMatchObject({ chainName: `Wadi ${'x'.repeat(31)}` })
    expect(info({ chainId: 'x'.repeat(32) })).toMatchObject({ chainName: 'Wadi' })
  })

  test('has the prefixes, the coin and the derivation path of the chain', () => {
    expect(info()).toMatchObject({
      bip44: { coinType: 118 },
      bech32Config: {
        ...{ bech32PrefixAccAddr: 'wadi', bech32PrefixAccPub: 'wadipub' },
        ...{ bech32PrefixValAddr: 'wadivaloper', bech32PrefixValPub: 'wadivaloperpub' },
        ...{ bech32PrefixConsAddr: 'wadivalcons', bech32PrefixConsPub: 'wadivalconspub' },
      },
      stakeCurrency: { coinDenom: 'WADI', coinMinimalDenom: 'awadi', coinDecimals: 18 },
    })
  })
})

describe("Keplr's rules", () => {
  const broken: readonly (readonly [path: string, value: unknown, problem: RegExp])[] = [
    ['rpc', 'http://a/?x=1', /^rpc: "http:\/\/a\/\?x=1" is not a URI without a query$/],
    ['rest', 'nowhere', /^rest:/],
    ['chainId', 'x'.repeat(51), /^chainId:/],
    ['chainId', 'wadi-1-2', /^chainId: "wadi-1-2" is not an id with one number/],
    ['alternativeBIP44s', [{ coinType: 60 }], /60 stands alone/],
    ['alternativeBIP44s', [{ coinType: 118 }], /no coin type stands twice/],
    ['stakeCurrency', { coinDenom: 'A', coinMinimalDenom: 'a', coinDecimals: 1 }, /stake currency is one of/],
    ['chainName', '', /^chainName:/],
    ['bip44', {}, /^bip44.coinType: undefined/],
    ['bech32Config', { bech32PrefixAccAddr: 'a' }, /^bech32Config.bech32PrefixAccPub: undefined/],
    ['currencies', [], /^currencies:/],
    [
      'currencies',
      [{ coinDenom: 'A', coinMinimalDenom: 'a', coinDecimals: 19 }],
      /currencies\.\*\.coinDecimals: 19/,
    ],
    [
      'feeCurrencies',
      [1, 2].map(() => ({ coinDenom: 'A', coinMinimalDenom: 'a', coinDecimals: 1 })),
      /each denom/,
    ],
    [
      'feeCurrencies',
      [
        {
          coinDenom: 'A',
          coinMinimalDenom: 'a',
          coinDecimals: 1,
          gasPriceStep: { low: 2, average: 1, high: 3 },
        },
      ],
      /low ≤ average/,
    ],
    ['features', ['flying'], /^features:/],
    ['stakeCurrency', undefined, /^stakeCurrency.coinDenom: undefined/],
    ['colour', 'blue', /^colour: is dropped$/],
  ]

  test.each(broken)('refuse %s set to %j', (path, value, problem) => {
    expect(chainInfoProblems({ ...info(), [path]: value }).join('\n')).toMatch(
      new RegExp(problem.source, 'm'),
    )
  })
})
