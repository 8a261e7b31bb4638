import type { Chain } from '../../kernel/chain.ts'
import type { HeightRange } from '../../store/history-database.ts'
import { withFolder } from '../../store/offline.ts'
import type { RecoveryOptions } from '../../store/recovery.ts'
import type { CliContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { genesisInitialHeight } from '../node/genesis-doc.ts'
import { type NodeHome, readHome } from '../node/home.ts'
import { takeRunLock } from '../node/run-record.ts'

/** The state of a home, held so that no node starts on it. */
export interface HeldState {
  readonly home: NodeHome
  readonly chain: Chain
  /** The data folder. */
  readonly directory: string
  readonly options: RecoveryOptions
}

/** Runs `work` on the state of a home; refused while a node runs there. */
export async function onState<T>(
  context: CliContext,
  { home: folder }: { readonly home: string },
  work: (state: HeldState) => Promise<T>,
): Promise<T> {
  return onHome(context, folder, (state) => withFolder(state.directory, () => work(state)))
}

/** The same for a home that need not have a state yet. */
export async function onHome<T>(
  context: CliContext,
  folder: string,
  work: (state: HeldState) => Promise<T>,
): Promise<T> {
  const home = readHome(folder)
  const lock = takeRunLock(home.paths.runRecord)
  try {
    const chain = await context.loadChain()
    const report = (message: string) => void context.stderr.write(`wadi: ${message}\n`)
    const options = { initialVersion: genesisInitialHeight(home.paths.genesis), report }
    return await work({ home, chain, directory: home.paths.appData, options })
  } finally {
    lock.release()
  }
}

/** Says which heights there are instead of one that is not, and what to do for others. */
export function notKept(
  home: NodeHome,
  height: number | undefined,
  kept: readonly HeightRange[],
  otherwise = 'or ask a node that keeps more: pruning = "nothing" in app.toml makes an archive',
): CommandError {
  const what = height === undefined ? 'a last height' : `height ${height}`
  if (kept.length === 0) {
    return new CommandError(`${home.paths.appData} has no ${what}: no block was committed there`, [
      `run the node first: "wadi start --home ${home.paths.home}"`,
    ])
  }
  const ranges = joined(kept)
    .map(({ first, last }) => `${first} to ${last}`)
    .join(' and ')
  return new CommandError(`${home.paths.appData} has no ${what}: it keeps ${ranges}`, [
    'choose one of these with --height',
    otherwise,
  ])
}

/** Ranges that meet or overlap as one. */
function joined(ranges: readonly HeightRange[]): readonly HeightRange[] {
  const all: HeightRange[] = []
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = all.at(-1)
    if (before === undefined || range.first > before.last + 1) all.push(range)
    else all[all.length - 1] = { first: before.first, last: Math.max(before.last, range.last) }
  }
  return all
}
