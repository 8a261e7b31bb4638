import { statSync } from 'node:fs'
import type { Chain } from '../../kernel/chain.ts'
import { CommandError } from '../errors.ts'
import { validateGenesis } from '../genesis/validate.ts'
import { bad, type Finding, good } from '../node/doctor/finding.ts'
import { homePaths } from '../node/home.ts'

const CHECK = 'genesis state'
const FIX = 'restore the genesis file of the chain, or mend it'

/** Some 50,000 accounts; a million take too long to be tried unasked. */
const MAX_BYTES = 16 * 1024 ** 2

/**
 * Starts a chain from the genesis file of a home in memory, as `wadi genesis validate` does. Undefined where there is
 * no such file, which is another finding.
 */
export async function checkGenesisState(
  home: string,
  loadChain: () => Promise<Chain>,
  maxBytes = MAX_BYTES,
): Promise<Finding | undefined> {
  const { genesis } = homePaths(home)
  const bytes = statSync(genesis, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return undefined
  if (bytes > maxBytes) {
    const detail = `not tried, ${bytes} bytes are many: "wadi genesis validate --home ${home}" does it`
    return good(CHECK, detail)
  }
  try {
    const { chain_id: chainId, validators } = validateGenesis(genesis, await loadChain())
    const detail = `${chainId} starts from it, with ${validators} ${validators === 1 ? 'validator' : 'validators'}`
    return good(CHECK, detail)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const [detail = '', fix] = error.message.split('\n  - ')
    return bad(CHECK, detail, fix ?? FIX)
  }
}
