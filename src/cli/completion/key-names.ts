import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { namesIn } from '../keys/names.ts'
import { DEFAULT_HOME } from '../options.ts'
import { settingsFile } from '../settings.ts'

/** The chains whose first accounts have names that every command knows. */
const PUBLIC = /^wadi-(?:dev|local)-1$/
const PUBLIC_ACCOUNTS = 10

/** The names of the keys that a command line with these options would use, without opening any. */
export async function keyNames(command: Command, options: ReadonlyMap<string, string>): Promise<string[]> {
  const home = options.get('home') ?? process.env['WADI_HOME'] ?? DEFAULT_HOME
  const settings = await settingsIn(home)
  const value = (attribute: string, env: string, key: string): string | undefined =>
    options.get(attribute) ?? process.env[env] ?? settings.get(key)
  const backend = value('keyringBackend', 'WADI_KEYRING_BACKEND', 'keyring-backend') ?? 'file'
  const folder = value('keyringDir', 'WADI_KEYRING_DIR', 'keyring-dir') ?? home
  const chainId = value('chainId', 'WADI_CHAIN_ID', 'chain-id')
  const own = namesIn(join(folder, `keyring-${backend}`))
  const arePublic = command.parent?.name() !== 'keys' && (chainId === undefined || PUBLIC.test(chainId))
  return arePublic ? [...own, ...Array.from({ length: PUBLIC_ACCOUNTS }, (_, i) => `dev${i}`)] : own
}

async function settingsIn(home: string): Promise<ReadonlyMap<string, string>> {
  const file = settingsFile(home)
  if (!existsSync(file)) return new Map()
  const { readSettings } = await import('../settings-file.ts')
  return new Map([...readSettings(file)].map(([key, value]) => [key, String(value)]))
}
