import { chain } from '#modules/chain.ts'
import type { QueryRequest, QueryResponse } from '../../src/abci/types.ts'
import { type QueryPool, type QueryPoolOptions, startQueryPool } from '../../src/query/pool.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { MemoryState } from '../../src/testing/memory-state.ts'

export const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')

/** A chain in memory whose store a query worker reads; alice and bob have money, carol has no account. */
export interface QueryChain {
  readonly chain: TestChain
  readonly store: MemoryState['store']
}

const holders = [alice, bob]

/** `app_state` with two holders. */
export const genesis = {
  system: { authority: alice.address },
  auth: {
    accounts: holders.map(({ address }, i) => ({
      '@type': '/cosmos.auth.v1beta1.BaseAccount',
      address,
      account_number: `${i}`,
    })),
  },
  bank: {
    balances: holders.map(({ address }) => ({
      address,
      coins: [{ denom: 'awadi', amount: '1000000000000' }],
    })),
  },
  asset: {},
}

export function queryChain(
  historyVersions = 100,
  appState: Readonly<Record<string, unknown>> = genesis,
): QueryChain {
  const state = new MemoryState(chain.stores, { historyVersions, minHistory: 1 })
  return { chain: TestChain.create(chain, { state, genesis: appState }), store: state.store }
}

/** A query worker over that chain; nothing answers behind `rpcUrl` unless the test says so. */
export function startPool(
  store: QueryChain['store'],
  options: Partial<QueryPoolOptions> = {},
): Promise<QueryPool> {
  return startQueryPool({
    store,
    rpcUrl: 'http://127.0.0.1:1',
    rest: { host: '127.0.0.1', port: 0 },
    grpc: { host: '127.0.0.1', port: 0 },
    minGasPrices: '0.025awadi',
    software: '0.1.0-test',
    log: () => {},
    ...options,
  })
}

export function ask(
  pool: QueryPool,
  path: string,
  data: Uint8Array = new Uint8Array(),
  options: Partial<QueryRequest> = {},
): Promise<QueryResponse> {
  return Promise.resolve(pool.query({ path, data, height: 0, prove: false, ...options }))
}
