import { parse } from 'smol-toml'
import { CommandError } from './errors.ts'
import { readText } from './files.ts'
import { settingOptions } from './options.ts'
import { didYouMean } from './suggest.ts'

/** Beyond this it is not a file of settings. */
const MAX_BYTES = 64 * 1024

/** Names of all settings. */
export const settingNames = (): string[] => settingOptions().map((option) => option.name())

/** The values of a settings file, checked as the flags are. */
export function readSettings(file: string): ReadonlyMap<string, unknown> {
  const table = parsedToml(file, readText(file, MAX_BYTES))
  return new Map(Object.entries(table).map(([key, value]) => [key, settingValue(file, key, value)]))
}

/** The table of a TOML text; `file` is for what errors say. */
export function parsedToml(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text)
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message.trim()}`, [
      'correct that line, or remove the file',
    ])
  }
}

/** The value of one setting as its flag has it. */
export function settingValue(file: string, key: string, value: unknown): unknown {
  const option = settingOptions().find((each) => each.name() === key)
  if (option === undefined) {
    const names = settingNames()
    throw new CommandError(`${file}: ${key} is no setting.${didYouMean(key, names)}`, [
      `settings are ${names.join(', ')}`,
      `take it out: "wadi config unset ${key}"`,
    ])
  }
  const bad = (problem: string) =>
    new CommandError(`${file}: ${key}: ${problem}`, [
      `set another: "wadi config set ${key} VALUE"; or none: "wadi config unset ${key}"`,
    ])
  if (typeof value !== 'string' && typeof value !== 'number') throw bad(`${JSON.stringify(value)} is no text`)
  const text = String(value)
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined)
  } catch (error) {
    throw bad(`${JSON.stringify(text)} cannot be used: ${(error as Error).message}`)
  }
}
