/** `wadi/testing`: this chain in the process of a test, which decides what is in a block and when it is made. */
import { availableVerifier } from '#lib/verifier-available.ts'
import { chain } from '#modules/chain.ts'
import { TestChain, type TestChainOptions } from '../testing/chain.ts'
import { type FundedAccounts, fundedGenesis } from '../testing/genesis.ts'

export { TestAccount, type TxOptions, testAccounts } from '../testing/accounts.ts'
export {
  type ProposedBlock,
  TEST_CONSENSUS_PARAMS,
  type TestBlock,
  type TestChain,
} from '../testing/chain.ts'
export { authority, FUNDS } from '../testing/genesis.ts'
export type { PackedMessage } from '../testing/types.ts'

/** How a test chain begins: who has what, and what of the genesis is not as usual (by module, `app_state`). */
export interface CreateTestChainOptions extends Partial<TestChainOptions>, FundedAccounts {}

/**
 * Starts a chain of all modules, with these accounts funded, and makes its first block, before which queries find
 * nothing. Its blocks, and the time in them, are the test's. It needs no package beside this one; signatures are
 * checked faster where `secp256k1` is installed.
 */
export function createTestChain(options: CreateTestChainOptions = {}): TestChain {
  const { accounts: _accounts, coins: _coins, genesis, ...rest } = options
  const verifier = options.verifier ?? availableVerifier()
  const made = TestChain.create(chain, {
    ...rest,
    verifier,
    genesis: { ...fundedGenesis(options), ...genesis },
  })
  if (made.height === 0) made.nextBlock()
  return made
}
