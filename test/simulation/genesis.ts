import { fundedGenesis } from '../../src/testing/genesis.ts'
import type { Actor } from './actors.ts'
import { DENOMS } from './messages/bank.ts'

/** Enough of everything for any number of blocks. */
const EACH = 10n ** 27n

/** A genesis in which every actor has every coin, and in which time passes quickly. */
export function simulationGenesis(actors: readonly Actor[]): Record<string, unknown> {
  const addresses = actors.map(({ address }) => address)
  const everything = DENOMS.toSorted((a, b) => (a < b ? -1 : 1)).map((denom) => ({
    denom,
    amount: `${EACH}`,
  }))
  const coins = Object.fromEntries(addresses.map((address) => [address, everything]))
  const { system: _, ...genesis } = fundedGenesis({ accounts: addresses, coins })
  return {
    ...genesis,
    system: {
      authority: addresses[0],
      params: { deadline_items: 10, deadline_gas: '20000000', item_gas: '2000000' },
    },
    bank: {
      ...(genesis['bank'] as object),
      params: { default_send_enabled: true },
      send_enabled: [{ denom: 'awadi', enabled: true }],
    },
    asset: {
      params: {
        registration_fee: '10000000000000000',
        byte_fee: '10000000000000',
        commit_deposit: '100000000000000000',
        commit_min_age: 1,
        commit_ttl: 30,
        contest_window: 5,
        max_parents: 6,
        max_locators: 4,
        locator_bytes: 128,
        max_depth: 8,
        slug_bytes: 32,
        license_bytes: 128,
        media_type_bytes: 64,
        takeover_max_files: 16,
        takeover_file_bytes: 2_048,
        walk_page: 20,
      },
    },
  }
}
