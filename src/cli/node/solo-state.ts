import { mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '../../store/log-files.ts'
import { copyDurably } from '../../store/snapshot-files.ts'
import { listSnapshots } from '../../store/snapshot-format.ts'

/**
 * Makes the folder of a saved state, `<all of them>/<id>`. A revert names it in a record that is on the disk, so the
 * folder has to be there after a power loss, too.
 */
export function makeStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const all = dirname(folder)
  syncDirectory(all)
  syncDirectory(dirname(all))
}

/**
 * Puts a saved state in the place of what a closed application has. It is on the disk when this returns, for the record
 * that says it has to be done goes next.
 */
export function replaceState(folder: string, appData: string): void {
  const own = join(appData, 'snapshots')
  for (const part of [join(appData, 'log'), own]) rmSync(part, { recursive: true, force: true })
  mkdirSync(own, { recursive: true, mode: 0o700 })
  for (const { file } of listSnapshots(folder)) copyDurably(file, join(own, basename(file)))
  syncDirectory(own)
  syncDirectory(appData)
}
