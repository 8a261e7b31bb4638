import { readFileSync } from 'node:fs'
import type { GenesisConsensusParams } from '../node/genesis-doc.ts'

/** What a new chain starts from: a genesis document of `genesis/` without validators, accounts and time. */
export interface GenesisTemplate {
  readonly chain_id: string
  readonly consensus_params: GenesisConsensusParams
  readonly app_state: AppState
}

export type AppState = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export type TemplateName = 'devnet' | 'localnet' | 'testnet'

/** Reads a template that comes with the program. */
export function readTemplate(name: TemplateName): GenesisTemplate {
  const file = new URL(`../../../genesis/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as GenesisTemplate
}

/** The template's state with these accounts added, each holding `amount` awadi, and the first as authority. */
export function fundedState(
  template: GenesisTemplate,
  addresses: readonly string[],
  amount: bigint,
): AppState {
  const { system, auth, bank, ...rest } = template.app_state
  const accounts = addresses.map((address, index) => ({
    '@type': '/cosmos.auth.v1beta1.BaseAccount',
    address,
    pub_key: null,
    account_number: `${index}`,
    sequence: '0',
  }))
  const balances = addresses.map((address) => ({ address, coins: [{ denom: 'awadi', amount: `${amount}` }] }))
  return {
    system: { ...system, authority: addresses[0] ?? system?.['authority'] },
    auth: { ...auth, accounts },
    bank: { ...bank, balances },
    ...rest,
  }
}
