import { COMETBFT_VERSION, searchCometbft, waysToGetCometbft } from '../../../scripts/cometbft.mjs'
import { NodeError } from './errors.ts'

export interface Cometbft {
  readonly path: string
  /** Such as `0.38.25`. */
  readonly version: string
}

/**
 * The CometBFT binary of the one supported release: `$COMETBFT`, then PATH, then the user's cache folder, each
 * asked for its version. Throws `cometbft-wrong-version` when only others were found, else `cometbft-missing`.
 */
export function findCometbft(env: Readonly<Record<string, string | undefined>> = process.env): Cometbft {
  const { path, version, rejected } = searchCometbft({ env })
  if (path !== undefined && version !== undefined) return { path, version }
  const fix = ['run "node scripts/setup.mjs"', ...waysToGetCometbft(env)]
  const seen = rejected.map(({ source, path, problem }) => `${source}: ${path} ${problem}`).join('; ')
  const wanted = `CometBFT v${COMETBFT_VERSION}`
  if (seen === '') throw new NodeError('cometbft-missing', `${wanted} was not found`, fix)
  const wrong = rejected.some(({ problem }) => problem.startsWith('is version'))
  throw new NodeError(
    wrong ? 'cometbft-wrong-version' : 'cometbft-missing',
    `${wanted} was not found; ${seen}`,
    fix,
  )
}
