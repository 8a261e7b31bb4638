import { historyDirectory } from '../../store/history.ts'
import { HistoryDatabase } from '../../store/history-database.ts'
import { folderBytes, pruneHistory } from '../../store/offline.ts'
import { storageFor } from '../../store/pruning.ts'
import type { CliContext } from '../context.ts'
import { startProgress } from '../progress.ts'
import { onState } from './folder.ts'

/** `wadi prune`: what the mode of the home does not keep goes now. */
export async function runPrune(context: CliContext, options: { readonly home: string }) {
  return onState(context, options, async ({ home, chain, directory, options: { report = () => {} } }) => {
    const { pruning } = home.app
    const keepRecent = storageFor(pruning).history?.keepRecent ?? 0
    const where = historyDirectory(directory)
    const before = await folderBytes(where)
    if (!HistoryDatabase.exists(where) || keepRecent === Number.POSITIVE_INFINITY) {
      const kept = HistoryDatabase.exists(where) ? 'all of it' : 'there is no history on the disk'
      return { pruning: pruning.mode, heights_removed: 0, bytes_freed: 0, bytes_left: before, kept }
    }
    const progress = startProgress(context.stderr, 'Removing heights', 0, 'rows')
    const freed = await pruneHistory(directory, chain.stores, keepRecent, report, (versions) =>
      progress.add(versions),
    )
    progress.stop()
    return {
      pruning: pruning.mode,
      heights_removed: freed.versions ?? 'all',
      bytes_freed: freed.bytesBefore - freed.bytesAfter,
      bytes_left: freed.bytesAfter,
      kept: freed.kept.map(({ first, last }) => `${first} to ${last}`).join(', ') || 'none on the disk',
    }
  })
}
