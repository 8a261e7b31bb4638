import { TestAccount } from './accounts.ts'

/** What every account has of `awadi` at genesis unless a test says otherwise: a million WADI. */
export const FUNDS = 10n ** 24n

/** May change every module's parameters; it exists on every test chain, after the accounts named. */
export const authority = new TestAccount('authority')

/** Who has what when a test chain begins. */
export interface FundedAccounts {
  /** With these accounts, in this order: numbers 0, 1, 2 … */
  readonly accounts?: readonly (TestAccount | string)[]
  /** Coins by address, instead of {@link FUNDS}. */
  readonly coins?: Readonly<Record<string, readonly { readonly denom: string; readonly amount: string }[]>>
}

/** The genesis of accounts and their coins; other modules begin with their defaults. */
export function fundedGenesis({ accounts = [], coins = {} }: FundedAccounts = {}): Record<string, unknown> {
  const owners = [...accounts, authority].map((each) => (typeof each === 'string' ? each : each.address))
  return {
    system: { authority: authority.address },
    auth: {
      accounts: owners.map((address, number) => ({
        '@type': '/cosmos.auth.v1beta1.BaseAccount',
        address,
        account_number: `${number}`,
      })),
    },
    bank: {
      balances: owners.map((address) => ({
        address,
        coins: coins[address] ?? [{ denom: 'awadi', amount: `${FUNDS}` }],
      })),
    },
  }
}
