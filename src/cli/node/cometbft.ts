import { existsSync } from 'node:fs'
import {
  COMETBFT_VERSION,
  rememberedVersion,
  searchCometbft,
  waysToGetCometbft,
} from '../../../scripts/cometbft.mjs'
import { NodeError } from './errors.ts'

/** Comes with a clone, and not with the npm package. */
const setUp = new URL('../../../scripts/setup.mjs', import.meta.url)

/** The release that this program is made for. */
export const SUPPORTED_COMETBFT: string = COMETBFT_VERSION

export interface Cometbft {
  readonly path: string
  /** Such as `0.38.25`. */
  readonly version: string
}

/**
 * The CometBFT binary of the one supported release: `$COMETBFT`, then PATH, then the user's cache folder, each
 * asked for its version. Throws `cometbft-wrong-version` when only others were found, else `cometbft-missing`.
 */
export function findCometbft(env: Environment = process.env): Cometbft {
  return find(env, undefined)
}

/**
 * As {@link findCometbft}, but a binary that set-up asked for its version, and that is the same file still, is not
 * asked again: that takes a process, and a node that starts has better to do.
 */
export function preparedCometbft(env: Environment = process.env): Cometbft {
  return find(env, rememberedVersion)
}

type Environment = Readonly<Record<string, string | undefined>>

function find(env: Environment, known: ((path: string) => string | undefined) | undefined): Cometbft {
  const { path, version, rejected } = searchCometbft({ env, ...(known === undefined ? {} : { known }) })
  if (path !== undefined && version !== undefined) return { path, version }
  const fix = existsSync(setUp)
    ? ['run "node scripts/setup.mjs"', ...waysToGetCometbft(env)]
    : waysToGetCometbft(env, false)
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
