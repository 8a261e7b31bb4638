import { join } from 'node:path'
import { Level } from 'level'
import { StorageOpenError } from './errors.ts'

/**
 * Keeps a second process out of a data folder. The lock is the one LevelDB takes on its own folder: the operating
 * system holds it, so it is gone when the process is, however that ended.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const lock = new Level(join(directory, 'lock'))
  try {
    await lock.open()
  } catch (cause) {
    const code = ((cause as Error).cause as { code?: string } | undefined)?.code
    const reason =
      code === 'LEVEL_LOCKED'
        ? 'another process uses it: stop that one, or choose another folder'
        : `its lock cannot be taken (` +
          `${((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message})`
    throw new StorageOpenError(directory, reason, { cause })
  }
  return () => lock.close()
}
