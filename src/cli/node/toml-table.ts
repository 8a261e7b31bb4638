import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import { NodeError } from './errors.ts'

/** Parses a TOML file; the error names the file and the line. */
export function readToml(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new NodeError('home-damaged', `${file} cannot be read: ${(error as Error).message}`, [
      'restore it, or "wadi init" another home and copy its file',
    ])
  }
  try {
    return parse(text)
  } catch (error) {
    throw new NodeError('home-damaged', `${file}: ${(error as Error).message.trim()}`, ['correct that line'])
  }
}

/** One table of a TOML file; every complaint names file, key, value and what is expected. */
export class TomlTable {
  readonly file: string
  readonly prefix: string
  readonly values: Readonly<Record<string, unknown>>

  constructor(
    file: string,
    prefix: string,
    values: Readonly<Record<string, unknown>>,
    known?: readonly string[],
  ) {
    this.file = file
    this.prefix = prefix
    this.values = values
    const unknown = known === undefined ? undefined : Object.keys(values).find((key) => !known.includes(key))
    if (unknown !== undefined) this.refuse(unknown, `is unknown; known here: ${known?.join(', ')}`)
  }

  get<T>(key: string, is: (value: unknown) => value is T, expected: string): T {
    const value = this.values[key]
    return is(value) ? value : this.refuse(key, `must be ${expected}, not ${JSON.stringify(value)}`)
  }

  optional<T>(key: string, is: (value: unknown) => value is T, expected: string, otherwise: T): T {
    return this.values[key] === undefined ? otherwise : this.get(key, is, expected)
  }

  table(key: string): Readonly<Record<string, unknown>> {
    return this.get(key, isTable, 'a section')
  }

  address(key: string): { host: string; port: number } {
    const text = this.get(key, isString, 'an address such as "tcp://127.0.0.1:1317"')
    const parts = /^(?:tcp:\/\/)?(.*):(\d{1,5})$/.exec(text)
    if (parts === null)
      this.refuse(key, `must be an address such as "tcp://127.0.0.1:1317", not ${JSON.stringify(text)}`)
    return { host: parts[1] || '0.0.0.0', port: Number(parts[2]) }
  }

  private refuse(key: string, problem: string): never {
    throw new NodeError('home-damaged', `${this.file}: ${this.prefix}${key} ${problem}`, [
      `correct it in ${this.file}`,
    ])
  }
}

export const isString = (value: unknown): value is string => typeof value === 'string'
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
export const isPositiveInteger = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0
export const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
