import type { StorageOptions } from './storage.ts'

/** Which old heights a node keeps, in the words of the Cosmos SDK. */
export const PRUNING_MODES = ['default', 'nothing', 'everything', 'custom'] as const
export type PruningMode = (typeof PRUNING_MODES)[number]

export interface Pruning {
  readonly mode: PruningMode
  /** With `custom`: heights that are kept, the latest included. */
  readonly keepRecent: number
  /** With `custom`: heights between two removals of old ones from the disk. */
  readonly interval: number
}

export const DEFAULT_PRUNING: Pruning = { mode: 'default', keepRecent: 0, interval: 0 }

/** Heights that memory holds: so many are free of cost, and `default` keeps no more. */
export const MEMORY_HEIGHTS = 100
/** What `everything` keeps: a query that follows a block, and a snapshot, find their height. */
export const LEAST_HEIGHTS = 10
/** Removing old heights more often than this costs more than it frees. */
export const LEAST_INTERVAL = 10

/**
 * What is wrong with settings, or undefined. `custom` needs at least {@link LEAST_HEIGHTS} heights, and an interval of
 * at least {@link LEAST_INTERVAL}; the other modes take no numbers but 0.
 */
export function pruningProblem({ mode, keepRecent, interval }: Pruning): string | undefined {
  if (mode !== 'custom') {
    if (keepRecent === 0 && interval === 0) return undefined
    const numbers = `pruning-keep-recent ${keepRecent} and pruning-interval ${interval}`
    return `${numbers} go with pruning = "custom", not with "${mode}"`
  }
  if (keepRecent < LEAST_HEIGHTS)
    return `pruning-keep-recent ${keepRecent} is too little for pruning = "custom": at least ${LEAST_HEIGHTS}`
  if (interval < LEAST_INTERVAL)
    return `pruning-interval ${interval} is too little for pruning = "custom": at least ${LEAST_INTERVAL}`
  return undefined
}

/** How the store does it: recent heights from memory, more of them from a history on the disk. */
export function storageFor({
  mode,
  keepRecent,
  interval,
}: Pruning): Pick<StorageOptions, 'historyVersions' | 'history'> {
  switch (mode) {
    case 'nothing':
      return { historyVersions: MEMORY_HEIGHTS, history: { keepRecent: Number.POSITIVE_INFINITY } }
    case 'everything':
      return { historyVersions: LEAST_HEIGHTS }
    case 'custom':
      if (keepRecent <= MEMORY_HEIGHTS) return { historyVersions: keepRecent }
      return { historyVersions: MEMORY_HEIGHTS, history: { keepRecent, interval } }
    default:
      return { historyVersions: MEMORY_HEIGHTS }
  }
}

/** The same in numbers, as clients are told: `keepRecent` 0 is everything. */
export function keptHeights({ mode, keepRecent, interval }: Pruning): {
  readonly keepRecent: number
  readonly interval: number
} {
  if (mode === 'nothing') return { keepRecent: 0, interval: 0 }
  if (mode === 'custom') return { keepRecent, interval }
  return { keepRecent: mode === 'everything' ? LEAST_HEIGHTS : MEMORY_HEIGHTS, interval: 1 }
}
