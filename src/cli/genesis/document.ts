import { readFileSync } from 'node:fs'
import { JsonScanner, type JsonSpan, JsonSyntaxError } from '#lib/json-stream.ts'
import { CommandError } from '../errors.ts'

/** The bytes of a genesis file. A million accounts are some 270 MB; more than 2 GiB no file may have. */
export function readGenesis(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new CommandError(`the genesis file ${file} cannot be read: ${(error as Error).message}`, [
      'make one: "wadi init"; or name one with --genesis or --home',
    ])
  }
}

/** Where the members of the object at `span` stand, the whole document when absent. */
export function membersOf(bytes: Uint8Array, span?: JsonSpan): Map<string, JsonSpan> {
  const scanner = new JsonScanner(bytes, span === undefined ? {} : { span })
  const members = new Map<string, JsonSpan>()
  scanner.members((key) => {
    const value = scanner.span()
    members.set(key, { ...value, path: span === undefined ? key : `${span.path}.${key}` })
  })
  scanner.end()
  return members
}

/** The value at a span. */
export function valueOf(bytes: Uint8Array, span: JsonSpan): unknown {
  return new JsonScanner(bytes, { span }).value()
}

/** Runs `work`; what is wrong with the JSON is told with the file. */
export function inFile<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new CommandError(`${file}: ${error.message}`)
    throw error
  }
}
