import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command, Option } from 'commander'
import { DEFAULT_HOME, settingOptions } from './options.ts'

/** Where the settings of this program are: values of flags that nobody wants to write each time. */
export const settingsFile = (home: string): string => join(home, 'config', 'client.toml')

/**
 * Gives the options of a command what the settings file says, where neither the command line nor a variable does.
 * Throws {@link CommandError} with file, key, value and what helps.
 */
export async function applySettings(command: Command): Promise<void> {
  if (isMending(command)) return
  const options = command.options.filter((option) => isSetting(option) && isOpen(command, option))
  if (options.length === 0) return
  const file = fileOf(command)
  if (!existsSync(file)) return
  const { readSettings } = await import('./settings-file.ts')
  const values = readSettings(file)
  for (const option of options) {
    const value = values.get(option.name())
    if (value !== undefined) command.setOptionValueWithSource(option.attributeName(), value, 'config')
  }
}

/** The settings file that a command reads. */
function fileOf(command: Command): string {
  const hasHome = command.options.some(({ envVar }) => envVar === 'WADI_HOME')
  return settingsFile(
    hasHome ? command.opts<{ home: string }>().home : (process.env['WADI_HOME'] ?? DEFAULT_HOME),
  )
}

/** Where the value of an option comes from, for people. */
export function originOf(command: Command, attribute: string): string {
  switch (command.getOptionValueSource(attribute)) {
    case 'cli':
      return 'flag'
    case 'env':
      return `$${command.options.find((option) => option.attributeName() === attribute)?.envVar}`
    case 'config':
      return resolve(fileOf(command))
    case 'default':
      return 'default'
    default:
      return 'not set'
  }
}

/** What changes the file must not fail on what it is called to change. */
function isMending(command: Command): boolean {
  return command.parent?.name() === 'config' && !['list', 'get'].includes(command.name())
}

/** A message may have a field of the same name; its flag reads no variable. */
function isSetting({ envVar }: Option): boolean {
  return envVar !== undefined && settingOptions().some((setting) => setting.envVar === envVar)
}

function isOpen(command: Command, option: Option): boolean {
  const source = command.getOptionValueSource(option.attributeName())
  return source === undefined || source === 'default'
}
