import { rollBack } from '../../store/offline.ts'
import { recoverableHeights } from '../../store/recovery.ts'
import type { CliContext } from '../context.ts'
import { notKept, onState } from './folder.ts'

/** What answers queries at old heights does not bring the state back there. */
const FURTHER =
  'or begin from a snapshot of such a height: "wadi snapshots restore". Rolling back reaches as far as the ' +
  'snapshots and the log of this home; a history of older heights only answers queries'

/** `wadi rollback`: the application's state at a height before. */
export async function runRollback(
  context: CliContext,
  options: { readonly home: string; readonly height?: number },
): Promise<Record<string, string | number>> {
  return onState(context, options, async ({ home, chain, directory, options: recovery }) => {
    const last = recoverableHeights(directory, chain.stores, recovery)?.last
    if (last === undefined) throw notKept(home, undefined, [])
    const height = options.height ?? last - 1
    const done = await rollBack(directory, chain.stores, height, recovery)
    if ('kept' in done) throw notKept(home, height, done.kept, FURTHER)
    const blocks = done.from - done.to
    return {
      height: done.to,
      blocks_undone: blocks,
      next:
        blocks === 0
          ? `nothing was to be done: the state is at height ${done.to}`
          : advice(home.paths.home, done),
    }
  })
}

/** What CometBFT makes of it: it stores blocks and its own state, and neither is touched here. */
function advice(home: string, { from, to }: { readonly from: number; readonly to: number }): string {
  const blocks = from === to + 1 ? `block ${from}` : `blocks ${to + 1} to ${from}`
  return (
    `"wadi start --home ${home}" executes ${blocks} again, from CometBFT's store. If this program now computes ` +
    `another app hash for ${from === to + 1 ? 'it' : 'them'} than before, CometBFT refuses: ` +
    (from === to + 1
      ? `then first run "cometbft rollback --home ${home}", which undoes its own state of that block`
      : `then first run "cometbft rollback --hard --home ${home}" ${from - to} times, which removes these blocks, ` +
        'and they are fetched from the peers')
  )
}
