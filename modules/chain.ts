/** The whole chain on one screen: a module may use those above it, through their api.ts. */
import { defineChain } from '#kernel'
import { asset } from './asset/module.ts'
import { createAnte } from './auth/ante.ts'
import { signingAccount } from './auth/api.ts'
import { auth } from './auth/module.ts'
import { payFee } from './bank/api.ts'
import { setDevBalance } from './bank/dev.ts'
import { bank } from './bank/module.ts'
import { consensus, keeper } from './consensus/module.ts'
import { system } from './system/module.ts'

export const chain = defineChain({
  name: 'wadi',
  ante: createAnte(payFee),
  consensus: keeper,
  accountOf: signingAccount,
  modules: [system, consensus, auth, bank, asset],
})

/** What a development chain may do to its state without a transaction; real chains never call it. */
export const devTools = { setBalance: setDevBalance }
