/** Arguments of methods, read as CometBFT's server reads them, with the error texts of Go's decoders. */
import { goBase64Error, goDepthError, goHexError, goJsonError, jsonKind } from '../go-errors.ts'

/** Kinds of arguments, by their types in Go. */
interface ArgumentTypes {
  string: string
  bool: boolean
  /** int64; absent is 0. */
  int64: bigint
  /** *int64 and *int: absent is undefined. */
  'int64?': bigint | undefined
  'int?': bigint | undefined
  uint: bigint
  /** []byte: base64 in JSON. */
  bytes: Uint8Array
  /** types.Tx, the same with another name in errors. */
  tx: Uint8Array
  /** HexBytes. */
  hex: Uint8Array
  /** Of the methods of solo mode: any JSON. */
  json: unknown
}

export type ArgumentKind = keyof ArgumentTypes
/** The names and kinds of a method's arguments, in the order of a call with a list. */
export type Signature = Readonly<Record<string, ArgumentKind>>
export type Arguments<S extends Signature> = { readonly [N in keyof S]: ArgumentTypes[S[N]] }

/** An argument that cannot be read; the message is Go's. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError'
}

const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

const GO_TYPES: Readonly<Record<ArgumentKind, string>> = {
  string: 'string',
  bool: 'bool',
  int64: 'int64',
  'int64?': 'int64',
  'int?': 'int',
  uint: 'uint',
  bytes: '[]uint8',
  tx: 'types.Tx',
  hex: 'bytes.HexBytes',
  json: 'interface {}',
}

/** Reads `params` of a JSON-RPC call: by name or as a list. */
export function argumentsOfJson(signature: Signature, params: unknown): Record<string, unknown> {
  if (params === null) return defaults(signature)
  if (Array.isArray(params)) return argumentsOfList(signature, params)
  if (typeof params !== 'object')
    throw new ArgumentError(
      `unknown type for JSON params: json: cannot unmarshal ${jsonKind(params)} into Go value of type ` +
        '[]json.RawMessage. Expected map or array',
    )
  const given = params as Readonly<Record<string, unknown>>
  const values = defaults(signature)
  for (const [name, kind] of Object.entries(signature))
    if (Object.hasOwn(given, name)) values[name] = fromJson(kind, given[name])
  return values
}

function argumentsOfList(signature: Signature, params: readonly unknown[]): Record<string, unknown> {
  const entries = Object.entries(signature)
  if (entries.length !== params.length) {
    const names = entries.map(([name]) => name).join(' ')
    const texts = params.map((value) => `[${[...Buffer.from(JSON.stringify(value))].join(' ')}]`)
    throw new ArgumentError(
      `expected ${entries.length} parameters ([${names}]), got ${params.length} ([${texts.join(' ')}])`,
    )
  }
  return Object.fromEntries(entries.map(([name, kind], index) => [name, fromJson(kind, params[index])]))
}

/** Reads the query of a URL, where texts are JSON and bytes may be hexadecimal. */
export function argumentsOfUrl(signature: Signature, query: URLSearchParams): Record<string, unknown> {
  const values = defaults(signature)
  for (const [name, kind] of Object.entries(signature)) {
    const text = query.get(name) ?? ''
    if (text !== '') values[name] = fromUrl(kind, text)
  }
  return values
}

function fromUrl(kind: ArgumentKind, text: string): unknown {
  const isInteger = kind === 'int64' || kind === 'int64?' || kind === 'int?' || kind === 'uint'
  // HexBytes decode themselves from JSON, and are byte slices all the same.
  const isBytes = kind === 'bytes' || kind === 'tx' || kind === 'hex'
  if (isInteger && /^-?[0-9]+$/.test(text)) return fromJson(kind, text)
  if (/^0x/i.test(text)) {
    if (kind !== 'string' && !isBytes)
      throw new ArgumentError(`got a hex string arg, but expected '${GO_TYPES[kind]}'`)
    const problem = goHexError(text.slice(2))
    if (problem !== undefined) throw new ArgumentError(problem)
    const bytes = Buffer.from(text.slice(2), 'hex')
    return kind === 'string' ? bytes.toString('utf8') : new Uint8Array(bytes)
  }
  if (isInteger && !(text.startsWith('"') && text.endsWith('"'))) throw notText(text)
  const value = parseJson(text)
  if (isBytes && text.startsWith('"') && text.endsWith('"') && typeof value === 'string')
    return new Uint8Array(Buffer.from(value, 'utf8'))
  return fromJson(kind, value)
}

function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ArgumentError(goJsonError(text))
  }
  const problem = goDepthError(value)
  if (problem !== undefined) throw new ArgumentError(problem)
  return value
}

function defaults(signature: Signature): Record<string, unknown> {
  return Object.fromEntries(Object.entries(signature).map(([name, kind]) => [name, zeroOf(kind)]))
}

function zeroOf(kind: ArgumentKind): unknown {
  if (kind === 'string') return ''
  if (kind === 'bool') return false
  if (kind === 'int64' || kind === 'uint') return 0n
  return kind === 'bytes' || kind === 'tx' || kind === 'hex' ? new Uint8Array() : undefined
}

function fromJson(kind: ArgumentKind, value: unknown): unknown {
  if (kind === 'json') return value
  if (value === null) return zeroOf(kind)
  switch (kind) {
    case 'string':
      if (typeof value === 'string') return value
      throw wrongType(kind, value)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw wrongType(kind, value)
    case 'bytes':
    case 'tx':
      return base64Of(kind, value)
    case 'hex':
      return hexOf(value)
    default:
      return integerOf(kind, value)
  }
}

function base64Of(kind: 'bytes' | 'tx', value: unknown): Uint8Array {
  if (typeof value !== 'string') throw wrongType(kind, value)
  // As Go, which leaves out line ends.
  const text = value.replace(/[\r\n]/g, '')
  const problem = goBase64Error(text)
  if (problem !== undefined) throw new ArgumentError(problem)
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function hexOf(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new ArgumentError(`invalid hex string: ${JSON.stringify(value)}`)
  const problem = goHexError(value)
  if (problem !== undefined) throw new ArgumentError(problem)
  return new Uint8Array(Buffer.from(value, 'hex'))
}

/** 64-bit integers are texts: JavaScript would round them. */
function integerOf(kind: 'int64' | 'int64?' | 'int?' | 'uint', value: unknown): bigint {
  if (typeof value !== 'string') throw notText(JSON.stringify(value))
  const number = value.trim()
  if (/^-?(?:0|[1-9]\d{0,30})$/.test(number)) {
    const integer = BigInt(number)
    const fits =
      kind === 'uint' ? integer >= 0n && integer < 2n ** 64n : integer >= MIN_INT64 && integer <= MAX_INT64
    if (fits) return integer
    throw notNumber(kind, number)
  }
  const parsed = parseJson(value)
  if (typeof parsed === 'number') throw notNumber(kind, number)
  throw wrongType(kind, parsed)
}

function notText(json: string): ArgumentError {
  return new ArgumentError(`invalid 64-bit integer encoding ${JSON.stringify(json)}, expected string`)
}

function notNumber(kind: ArgumentKind, number: string): ArgumentError {
  return new ArgumentError(`json: cannot unmarshal number ${number} into Go value of type ${GO_TYPES[kind]}`)
}

function wrongType(kind: ArgumentKind, value: unknown): ArgumentError {
  return new ArgumentError(
    `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${GO_TYPES[kind]}`,
  )
}
