import { type DescEnum, ScalarType } from '@bufbuild/protobuf'
import { clip, fromBase64, fromHex, toBase64 } from '#lib/bytes.ts'
import type { JsonObject, JsonValue } from '#lib/proto-json.ts'
import { type DescField, type DescMessage, scalarOf } from '#lib/reflect.ts'
import { UsageError } from '../errors.ts'
import { readBytes } from '../files.ts'
import { didYouMean } from '../suggest.ts'

/** How the value of a field is written on the command line. */
export type FlagKind = 'text' | 'number' | 'bool' | 'bytes' | 'enum' | 'address' | 'coin' | 'json' | 'message'

/** Turns a key name, 0x… or bech32 into bech32; throws {@link UsageError} for anything else. */
export type ResolveAddress = (text: string) => string

const JSON_MESSAGES: readonly string[] = [
  'google.protobuf.Any',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
]

/** How a field is written: of a list, one of its items. */
export function flagKind(field: DescField): FlagKind {
  if (field.fieldKind === 'map') return 'json'
  if (field.message !== undefined) return messageKind(field.message)
  if (field.enum !== undefined) return 'enum'
  switch (field.scalar) {
    case ScalarType.BOOL:
      return 'bool'
    case ScalarType.BYTES:
      return 'bytes'
    case ScalarType.STRING:
      return scalarOf(field) === 'cosmos.AddressString' ? 'address' : 'text'
    default:
      return 'number'
  }
}

function messageKind({ typeName }: DescMessage): FlagKind {
  if (typeName === 'cosmos.base.v1beta1.Coin') return 'coin'
  return JSON_MESSAGES.includes(typeName) ? 'json' : 'message'
}

/** What help texts show in place of the value. */
export function placeholder(field: DescField): string {
  const kind = flagKind(field)
  if (kind === 'enum' && field.enum !== undefined) return enumNames(field.enum).join('|')
  const names: Partial<Record<FlagKind, string>> = {
    coin: 'amount',
    bytes: 'hex|base64|@file',
    message: 'json',
  }
  return names[kind] ?? kind
}

/** The JSON of a field's value; a flag of a list may hold several coins, or a JSON array. */
export function parseFlag(flag: string, field: DescField, text: string, resolve: ResolveAddress): JsonValue {
  try {
    if (field.fieldKind !== 'list') return parseOne(field, text, resolve)
    if (text.startsWith('[')) return JSON.parse(text) as JsonValue
    if (flagKind(field) === 'coin') return text.split(',').map((coin) => parseCoin(coin))
    return [parseOne(field, text, resolve)]
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`)
  }
}

function parseOne(field: DescField, text: string, resolve: ResolveAddress): JsonValue {
  switch (flagKind(field)) {
    case 'number':
      return parseNumber(text)
    case 'bool':
      return parseBool(text)
    case 'bytes':
      return toBase64(parseBytes(text))
    case 'enum':
      return parseEnum(field.enum as DescEnum, text)
    case 'address':
      return resolve(text)
    case 'coin':
      return parseCoin(text)
    case 'json':
      return parseJson(text)
    case 'message':
      return text.startsWith('{') ? parseJson(text) : parsePairs(field.message as DescMessage, text, resolve)
    case 'text':
      return text
  }
}

function parseNumber(text: string): string {
  if (/^-?\d{1,20}$/.test(text)) return text
  throw new UsageError(`${clip(text)} is not a whole number`)
}

function parseBool(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new UsageError(`${clip(text)} is neither true nor false`)
}

/** Bytes in hex (with or without 0x), in base64, or in a file named behind an @. */
export function parseBytes(text: string): Uint8Array {
  if (text.startsWith('@')) return readBytes(text.slice(1))
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (/^[0-9a-fA-F]*$/.test(digits) && digits.length % 2 === 0) return fromHex(digits)
  try {
    return fromBase64(text)
  } catch {
    throw new UsageError(`${clip(text)} is neither hex nor base64; a file is named with an @ before its path`)
  }
}

/** The `next_key` of a page: base64 as answers have it, or hex behind 0x. Without it, much base64 reads as hex. */
export function parsePageKey(text: string): Uint8Array {
  try {
    return text.startsWith('0x') ? fromHex(text.slice(2)) : fromBase64(text)
  } catch {
    throw new UsageError(
      `--page-key: ${clip(text)} is not the next_key of a page: copy it as it stands there, or write hex behind 0x`,
    )
  }
}

/** The names of an enumeration's values without what all have in common: `MODEL` for `ASSET_KIND_MODEL`. */
export function enumNames(desc: DescEnum): string[] {
  return desc.values.filter(({ number }) => number !== 0).map(({ name }) => shortName(desc, name))
}

/** The name of an enumeration's value without what all its names have in common. */
export function shortName({ sharedPrefix = '' }: DescEnum, name: string): string {
  return name.slice(name.toLowerCase().startsWith(sharedPrefix.toLowerCase()) ? sharedPrefix.length : 0)
}

function parseEnum(desc: DescEnum, text: string): string {
  const wanted = text.toUpperCase().replaceAll('-', '_')
  const found = desc.values.find(({ name }) => name === wanted || shortName(desc, name) === wanted)
  if (found !== undefined) return found.name
  const names = enumNames(desc)
  throw new UsageError(`${clip(text)} is none of ${names.join(', ')}.${didYouMean(text, names)}`)
}

const COIN = /^(\d+)(?:\.(\d+))?([a-zA-Z][a-zA-Z0-9/:._-]{1,127})$/
const WADI_DECIMALS = 18

/** `5awadi`; a decimal number only of WADI, which is 10^18 awadi. */
export function parseCoin(text: string): { denom: string; amount: string } {
  const [, whole = '', fraction = '', denom = ''] = COIN.exec(text.trim()) ?? []
  if (denom === 'WADI' && fraction.length <= WADI_DECIMALS) {
    return { denom: 'awadi', amount: BigInt(whole + fraction.padEnd(WADI_DECIMALS, '0')).toString() }
  }
  if (denom !== 'WADI' && denom.toUpperCase() === 'WADI') {
    const meant = `${text.trim().slice(0, -denom.length)}WADI`
    throw new UsageError(`${clip(text)} is not an amount: did you mean ${meant}?`)
  }
  if (denom !== '' && fraction === '') return { denom, amount: BigInt(whole).toString() }
  throw new UsageError(
    `${clip(text)} is not an amount: write a whole number and a denomination, as 5awadi, or 1.5WADI`,
  )
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}

/** `asset_id=1,version=2,relation=FINETUNE` for an item of a list of messages. */
function parsePairs(message: DescMessage, text: string, resolve: ResolveAddress): JsonObject {
  const result: JsonObject = {}
  for (const pair of text.split(',')) {
    const [key = '', ...rest] = pair.split('=')
    const name = key.trim().replaceAll('-', '_')
    const field = message.fields.find((candidate) => candidate.name === name)
    if (field === undefined || rest.length === 0) {
      const names = message.fields.map((candidate) => candidate.name).join(', ')
      throw new UsageError(`${clip(pair)} is not key=value with one of ${names}; JSON is understood too`)
    }
    result[name] = parseFlag(name, field, rest.join('='), resolve)
  }
  return result
}
