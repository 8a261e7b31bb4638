/**
 * What Keplr asks of a chain that is suggested to it, as its package @keplr-wallet/chain-validator 0.13.16 has it in
 * `schema` and `feature`, without what concerns chains that speak Ethereum's protocol alone.
 */

/** A rule for the value at a path; `*` in the path stands for every item of a list. */
interface Rule {
  readonly path: string
  readonly optional?: true
  readonly says: string
  readonly holds: (value: unknown) => boolean
}

const text =
  (most = Number.POSITIVE_INFINITY) =>
  (value: unknown) =>
    typeof value === 'string' && value.length > 0 && value.length <= most
const uri = (value: unknown): boolean => typeof value === 'string' && URL.canParse(value)
const endpoint = (value: unknown): boolean => uri(value) && !String(value).includes('?')
const whole = (most: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
const list = (value: unknown): value is unknown[] => Array.isArray(value) && value.length > 0
const distinct = (value: unknown): boolean => {
  const names = list(value) ? value.map((each) => (each as Record<string, unknown>)['coinMinimalDenom']) : []
  return names.length > 0 && new Set(names).size === names.length
}

const prefixes = ['AccAddr', 'AccPub', 'ValAddr', 'ValPub', 'ConsAddr', 'ConsPub']

/** The rules of one currency, at a path. */
const currency = (path: string): Rule[] => [
  { path: `${path}.coinDenom`, says: 'a text', holds: text() },
  { path: `${path}.coinMinimalDenom`, says: 'a text', holds: text() },
  { path: `${path}.coinDecimals`, says: 'a whole number, 0 to 18', holds: whole(18) },
  { path: `${path}.coinGeckoId`, optional: true, says: 'a text', holds: text() },
  { path: `${path}.coinImageUrl`, optional: true, says: 'a URI', holds: uri },
]

const steps = (value: unknown): boolean => {
  const { low, average, high } = value as Record<string, unknown>
  if (typeof low !== 'number' || typeof average !== 'number' || typeof high !== 'number') return false
  return low <= average && average <= high
}

/** `SupportedChainFeatures`. */
const features = new Set([
  ...['cosmwasm', 'wasmd_0.24+', 'secretwasm', 'ibc-transfer', 'ibc-go', 'eth-address-gen', 'eth-key-sign'],
  ...['query:/cosmos/bank/v1beta1/spendable_balances', 'axelar-evm-bridge', 'osmosis-txfees', 'ibc-pfm'],
  ...[
    'terra-classic-fee',
    'ibc-go-v7-hot-fix',
    'authz-msg-revoke-fixed',
    'osmosis-base-fee-beta',
    'feemarket',
  ],
])

const rules: readonly Rule[] = [
  { path: 'rpc', says: 'a URI without a query', holds: endpoint },
  { path: 'rest', says: 'a URI without a query', holds: endpoint },
  { path: 'chainId', says: 'a text of 1 to 50', holds: text(50) },
  {
    path: 'chainId',
    says: 'an id with one number behind it',
    holds: (value) => !/.-\d+-\d+$/.test(String(value)),
  },
  { path: 'chainName', says: 'a text of 1 to 36', holds: text(36) },
  { path: 'bip44.coinType', says: 'a whole number of 0 or more', holds: whole(2 ** 31 - 1) },
  ...prefixes.map((name): Rule => {
    return { path: `bech32Config.bech32Prefix${name}`, says: 'a text', holds: text() }
  }),
  ...currency('stakeCurrency'),
  { path: 'currencies', says: 'a list of one or more, each denomination once', holds: distinct },
  ...currency('currencies.*'),
  { path: 'feeCurrencies', says: 'a list of one or more, each denomination once', holds: distinct },
  ...currency('feeCurrencies.*'),
  {
    path: 'feeCurrencies.*.gasPriceStep',
    optional: true,
    says: 'numbers, low ≤ average ≤ high',
    holds: steps,
  },
  {
    path: 'features',
    optional: true,
    says: 'features that Keplr knows, each once',
    holds: (value) =>
      Array.isArray(value) &&
      new Set(value).size === value.length &&
      value.every((each) => features.has(each)),
  },
]

/** What is known of a chain; Keplr drops everything else. */
const known = [
  ...[
    'rpc',
    'rest',
    'evm',
    'nodeProvider',
    'chainId',
    'chainName',
    'stakeCurrency',
    'walletUrl',
    'bip44',
    'beta',
  ],
  ...['walletUrlForStaking', 'alternativeBIP44s', 'bech32Config', 'currencies', 'feeCurrencies', 'features'],
  ...['chainSymbolImageUrl', 'hideInUI', 'isTestnet', 'explorers'],
]

type Info = Readonly<Record<string, unknown>>

/** Rules for several values at once. */
const together: readonly (readonly [says: string, holds: (info: Info) => boolean])[] = [
  [
    'the stake currency is one of the currencies',
    (info) => {
      const [stake] = valuesAt(info, ['stakeCurrency', 'coinMinimalDenom'])
      return valuesAt(info, ['currencies', '*', 'coinMinimalDenom']).includes(stake)
    },
  ],
  [
    'no coin type stands twice, and 60 stands alone',
    (info) => {
      const types = ['bip44.coinType', 'alternativeBIP44s.*.coinType'].flatMap((path) =>
        valuesAt(info, path.split('.')),
      )
      return new Set(types).size === types.length && (types.length === 1 || !types.includes(60))
    },
  ],
]

/** The rules that chain info breaks, one line each. */
export function chainInfoProblems(info: Info): string[] {
  const unknown = Object.keys(info).filter((key) => !known.includes(key))
  return [
    ...unknown.map((key) => `${key}: is dropped`),
    ...together.flatMap(([says, holds]) => (holds(info) ? [] : [`does not hold: ${says}`])),
    ...rules.flatMap(({ path, optional, says, holds }) =>
      valuesAt(info, path.split('.'))
        .filter((value) => !(value === undefined && optional) && !(value !== undefined && holds(value)))
        .map((value) => `${path}: ${JSON.stringify(value)} is not ${says}`),
    ),
  ]
}

function valuesAt(value: unknown, [first, ...rest]: readonly string[]): unknown[] {
  if (first === undefined) return [value]
  if (first === '*') return list(value) ? value.flatMap((item) => valuesAt(item, rest)) : []
  return valuesAt((value as Record<string, unknown> | undefined)?.[first], rest)
}
