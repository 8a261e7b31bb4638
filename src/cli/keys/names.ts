import { existsSync, readdirSync } from 'node:fs'

/** What a key may be called: it is the name of its file. */
export const KEY_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/

/** The names of the key files in a folder of a keyring, in order, whatever is in them. */
export function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.map((file) => file.slice(0, -'.json'.length)).sort((a, b) => (a < b ? -1 : 1))
}
