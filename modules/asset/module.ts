import { defineModule, timer } from '#kernel'
import { runActivation, runExpiry } from './due.ts'
import { assetGenesis } from './genesis.ts'
import { assetInvariants } from './invariants.ts'
import { assetMsgs } from './msgs.ts'
import { assetQueries } from './queries.ts'
import { escrow, protocol, state } from './state.ts'

/** The registry of AI assets: who published which bytes first, and what they were made from. */
export const asset = defineModule({
  name: 'asset',
  version: 1,
  state,
  msgs: assetMsgs,
  queries: assetQueries,
  genesis: assetGenesis,
  accounts: [escrow, protocol],
  timers: [timer(state.activations, runActivation), timer(state.expiries, runExpiry)],
  invariants: assetInvariants,
})
