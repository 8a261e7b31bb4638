import { Argument, type Command, Option } from 'commander'
import { fromJson, JsonError, type JsonObject, type JsonValue } from '#lib/proto-json.ts'
import type { DescMessage } from '#lib/reflect.ts'
import { giveHint, type Hint } from '../completion/hints.ts'
import { UsageError } from '../errors.ts'
import { type FieldFlag, fieldFlags, flagName } from './fields.ts'
import { enumNames, flagKind, parseFlag, placeholder, type ResolveAddress } from './values.ts'

/** Says what a full name means, as `wadi.asset.v1.MsgRegisterAsset.kind`. */
export type Explain = (fullName: string) => string | undefined

/** The flags and positional arguments by which one message is written. */
export class RequestFlags {
  readonly message: DescMessage
  readonly flags: readonly FieldFlag[]
  readonly #positional: readonly FieldFlag[]
  readonly #byAttribute = new Map<string, FieldFlag>()

  /** `positional` are names of fields that may be written without a flag, in that order. */
  constructor(message: DescMessage, positional: readonly string[]) {
    this.message = message
    this.flags = fieldFlags(message).filter(({ path }) => path[0] !== 'pagination')
    this.#positional = positional.map((name) => this.#flagAt(name))
  }

  /** Adds arguments and options to a command. */
  addTo(command: Command, explain: Explain): void {
    for (const { flag, field, repeated, kind } of this.#positional) {
      const name = flag.replaceAll('.', '-')
      const text = [firstLine(explain(fullName(field))), syntaxOf(kind)].filter(isText).join(' ')
      const argument = new Argument(repeated ? `[${name}...]` : `[${name}]`, text)
      giveHint(argument, hintFor(kind, field))
      command.addArgument(argument)
    }
    for (const each of this.flags) {
      const option = optionOf(each, explain)
      this.#byAttribute.set(option.attributeName(), each)
      command.addOption(option)
    }
  }

  /** Names of flags, so that common options make way for them. */
  has(flag: string): boolean {
    return this.flags.some((each) => each.flag === flag)
  }

  /** The JSON of the message as the command line has it. */
  read(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
    resolve: ResolveAddress,
  ): JsonObject {
    const json: JsonObject = {}
    for (const [attribute, each] of this.#byAttribute) {
      const given = options[attribute]
      if (given !== undefined) this.#take(json, each, given as string | readonly string[], resolve)
    }
    for (const [i, each] of this.#positional.entries()) {
      const given = args[i]
      if (given === undefined || (Array.isArray(given) && given.length === 0)) continue
      if (valueAt(json, each.path) !== undefined) {
        throw new UsageError(`${each.flag} is given twice: as an argument and with --${each.flag}`)
      }
      this.#take(json, each, given as string | readonly string[], resolve)
    }
    return json
  }

  /** The generated object of the JSON; what is wrong is told by its flag. */
  complete(json: JsonObject): object {
    for (const { flag, field, path, repeated } of this.#positional) {
      // A list of texts may be empty; of coins none is never meant.
      const optional = repeated && flagKind(field) !== 'coin'
      if (optional || valueAt(json, path) !== undefined) continue
      throw new UsageError(`${flag} is missing: write it as an argument, or with --${flag}`)
    }
    try {
      return fromJson<object>(this.message, json)
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
      const path = error.path.replaceAll(/\[\d+\]/g, '').split('.')
      throw new UsageError(`--${flagName(path)}: ${error.message}`)
    }
  }

  #take(json: JsonObject, each: FieldFlag, given: string | readonly string[], resolve: ResolveAddress): void {
    const texts = typeof given === 'string' ? [given] : given
    const values = texts.map((text) => parseFlag(`--${each.flag}`, each.field, text, resolve))
    const value = each.repeated ? values.flat() : (values.at(-1) as JsonValue)
    place(json, each.path, value)
  }

  #flagAt(name: string): FieldFlag {
    const found = this.flags.find(({ path }) => path.join('.') === name)
    if (found !== undefined) return found
    throw new UsageError(`${this.message.typeName} has no field ${name}`)
  }
}

function optionOf({ flag, field, kind, repeated, whole }: FieldFlag, explain: Explain): Option {
  const text = [explain(fullName(field)), syntaxOf(kind), repeated ? '(may stand several times)' : undefined]
  const value = kind === 'bool' ? '[true|false]' : `<${placeholder(field)}>`
  const option = new Option(`--${flag} ${value}`, text.filter(isText).join(' '))
  if (kind === 'bool') option.preset('true')
  if (repeated) option.argParser((next: string, before: string[] | undefined) => [...(before ?? []), next])
  return whole ? option.hideHelp() : option
}

/** What a shell completes for a field. */
function hintFor(kind: FieldFlag['kind'], field: FieldFlag['field']): Hint {
  if (kind === 'address') return { kind: 'keys' }
  if (kind === 'enum' && field.enum !== undefined) return { kind: 'choices', values: enumNames(field.enum) }
  return kind === 'bool' ? { kind: 'choices', values: ['true', 'false'] } : { kind: 'nothing' }
}

/** How a value is written whose kind does not say it. */
const syntaxOf = (kind: FieldFlag['kind']): string | undefined =>
  kind === 'coin' ? '(as 5awadi or 1.5WADI)' : undefined

const isText = (part: string | undefined): boolean => part !== undefined && part !== ''

const fullName = (field: FieldFlag['field']): string => `${field.parent.typeName}.${field.name}`

const firstLine = (text: string | undefined): string => text?.split('\n')[0] ?? ''

/** The value at a path of names; undefined where there is none. */
export function valueAt(json: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = json
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = (value as Readonly<Record<string, JsonValue>>)[name]
  }
  return value
}

/** Puts a value at a path of names; objects that are given whole and in parts are merged. */
export function place(json: JsonObject, path: readonly string[], value: JsonValue): void {
  let at = json
  for (const name of path.slice(0, -1)) {
    const inner = at[name]
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) at = inner as JsonObject
    else {
      const made: JsonObject = {}
      at[name] = made
      at = made
    }
  }
  at[path.at(-1) as string] = value
}
