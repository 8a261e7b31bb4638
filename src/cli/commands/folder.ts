import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CommandError } from '../errors.ts'

/**
 * Makes the folder a command is to keep its files in, for this user alone, if it is not there. Throws
 * {@link CommandError} with the path at fault and `flag`, by which another is named, unless files can be put into it.
 */
export function usableFolder(folder: string, flag: string): void {
  const missing: string[] = []
  let path = resolve(folder)
  for (; !existsSync(path); path = dirname(path)) missing.unshift(path)

  const refuse = (problem: string, fix: string) => {
    const subject = path === resolve(folder) ? path : `${resolve(folder)} cannot be made: ${path}`
    return new CommandError(`${subject} ${problem}`, [`name another folder with ${flag}`, fix])
  }
  if (!statSync(path).isDirectory()) throw refuse('is a file, not a folder', 'or move the file away')
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch {
    throw refuse('may not be written by you', `or give yourself the right to (chmod u+wx ${path}, chown)`)
  }
  // Step by step: where a file system makes no folders, Node's own way of making them all never ends.
  for (path of missing) {
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      throw refuse(`is refused by the system: ${(error as Error).message}`, 'or look at the disk it is on')
    }
  }
}
