import { BaseAccount, ModuleAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { Any } from '#gen/google/protobuf/any.ts'
import { assert, type ValueCodec } from '#kernel'
import { fromByteString } from '#lib/bytes.ts'
import { recentText } from '#lib/recent-text.ts'

/** An account of any kind: what all have in common, and what only a module's has. */
export interface Account {
  readonly base: BaseAccount
  readonly module?: { readonly name: string; readonly permissions: readonly string[] }
}

const BASE = `/${BaseAccount.$type}`
const MODULE = `/${ModuleAccount.$type}`

/** An account as google.protobuf.Any: how the Cosmos SDK stores and serves it. */
export function packAccount({ base, module }: Account): Any {
  if (module === undefined) return { typeUrl: BASE, value: BaseAccount.encode(base).finish() }
  const account = { baseAccount: base, name: module.name, permissions: [...module.permissions] }
  return { typeUrl: MODULE, value: ModuleAccount.encode(account).finish() }
}

/** The account inside an Any; undefined if it is of a kind this chain does not know. */
export function unpackAccount({ typeUrl, value }: Any): Account | undefined {
  if (typeUrl === BASE) return { base: BaseAccount.decode(value) }
  return typeUrl === MODULE ? accountOf(typeUrl, ModuleAccount.decode(value)) : undefined
}

/** The account that a message of that type is; undefined if it is of a kind this chain does not know. */
export function accountOf(typeUrl: string, message: object | undefined): Account | undefined {
  if (typeUrl === BASE) return { base: message as BaseAccount }
  if (typeUrl !== MODULE) return undefined
  const { baseAccount, name, permissions } = message as ModuleAccount
  return { base: baseAccount ?? BaseAccount.fromPartial({}), module: { name, permissions } }
}

/**
 * Accounts as they are stored. Every transaction reads and writes its signer's at every step, so accounts of the usual
 * form are read and written here by hand, to the same bytes as the generated code's; all others go through that.
 */
export const accountCodec: ValueCodec<Account> = {
  name: 'google.protobuf.Any',
  encode: (account) => encodeUsual(account) ?? Any.encode(packAccount(account)).finish(),
  decode(bytes) {
    const known = decodeUsual(bytes) ?? unpackAccount(Any.decode(bytes))
    assert(known !== undefined, 'the state holds an account of an unknown kind')
    return known
  },
}

// Tags of google.protobuf.Any and of BaseAccount.
const FIELD_1 = 0x0a
const FIELD_2 = 0x12
const NUMBER = 0x18
const SEQUENCE = 0x20
/** What every stored account of no module begins with: the type URL and the tag of the value. */
const HEAD = Uint8Array.of(FIELD_1, BASE.length, ...fromByteString(BASE), FIELD_2)
/** Texts and keys of the usual form are shorter, so that each length is one byte. */
const SHORT = 64
/** More than an account of the usual form has. */
const MAX_BYTES = 512
const POOL_BYTES = 32_768
/** Accounts are written one before the other into pieces of memory, which costs less than a piece for each. */
let pool = new Uint8Array(POOL_BYTES)
/** Where the last account in `pool` begins; the next one is written before it, from its end to its beginning. */
let top = POOL_BYTES
/** Where reading has come to. */
let at = 0

function encodeUsual({ base, module }: Account): Uint8Array | undefined {
  const { accountNumber, sequence } = base
  if (module !== undefined || !isUsual(accountNumber) || !isUsual(sequence)) return undefined
  if (top < MAX_BYTES) {
    pool = new Uint8Array(POOL_BYTES)
    top = POOL_BYTES
  }
  const end = top
  if (!putBase(base, end)) {
    top = end
    return undefined
  }
  top -= HEAD.length
  pool.set(HEAD, top)
  return pool.subarray(top, end)
}

function putBase({ address, pubKey, accountNumber, sequence }: BaseAccount, end: number): boolean {
  putNumber(SEQUENCE, Number(sequence))
  putNumber(NUMBER, Number(accountNumber))
  if (pubKey !== undefined) {
    const { typeUrl, value } = pubKey
    const keyEnd = top
    if (value.length === 0 || value.length >= SHORT) return false
    top -= value.length
    pool.set(value, top)
    putHead(FIELD_2, value.length)
    if (!putText(typeUrl)) return false
    putHead(FIELD_2, keyEnd - top)
  }
  if (!putText(address)) return false
  putVarint(end - top)
  return true
}

const isUsual = (value: bigint): boolean => value >= 0n && value <= 0xffff_ffffn

function putNumber(tag: number, value: number): void {
  if (value !== 0) putHead(tag, value)
}

function putHead(tag: number, value: number): void {
  putVarint(value)
  pool[--top] = tag
}

function putVarint(value: number): void {
  let last = 0
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) last++
  top -= last + 1
  let rest = value
  for (let i = 0; i < last; i++, rest = Math.floor(rest / 0x80)) pool[top + i] = (rest % 0x80) + 0x80
  pool[top + last] = rest
}

/** Field 1 with a short text of ASCII; false if it is none. */
function putText(text: string): boolean {
  if (text === '' || text.length >= SHORT) return false
  top -= text.length
  let seen = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    seen |= unit
    pool[top + i] = unit
  }
  putHead(FIELD_1, text.length)
  return seen < 0x80
}

function decodeUsual(bytes: Uint8Array): Account | undefined {
  if (bytes.length < HEAD.length + 2) return undefined
  for (let i = 0; i < HEAD.length; i++) if (bytes[i] !== HEAD[i]) return undefined
  at = HEAD.length
  if (takeVarint(bytes) !== bytes.length - at) return undefined
  const address = takeText(bytes)
  const pubKey = bytes[at] === FIELD_2 ? takeKey(bytes) : undefined
  const accountNumber = takeNumber(bytes, NUMBER)
  const sequence = takeNumber(bytes, SEQUENCE)
  // Whatever was not as expected left the place where it was.
  if (address === undefined || at !== bytes.length) return undefined
  return { base: { address, pubKey, accountNumber, sequence } }
}

function takeKey(bytes: Uint8Array): Any | undefined {
  const start = at++
  const end = takeVarint(bytes) + at
  const typeUrl = takeText(bytes)
  const length = bytes[at + 1] ?? 0
  if (typeUrl !== undefined && bytes[at] === FIELD_2 && length < SHORT && at + 2 + length === end) {
    at = end
    return { typeUrl, value: bytes.subarray(end - length, end) }
  }
  at = start
  return undefined
}

function takeText(bytes: Uint8Array): string | undefined {
  const length = bytes[at + 1] ?? 0
  if (bytes[at] !== FIELD_1 || length >= SHORT || at + 2 + length > bytes.length) return undefined
  const start = at + 2
  for (let i = 0; i < length; i++) if ((bytes[start + i] as number) >= 0x80) return undefined
  at = start + length
  return recentText(bytes, start, at)
}

function takeNumber(bytes: Uint8Array, tag: number): bigint {
  if (bytes[at] !== tag) return 0n
  at++
  const value = takeVarint(bytes)
  if (value < 0) at = value
  return BigInt(value)
}

/** A varint of at most five bytes; -1 for anything else. */
function takeVarint(bytes: Uint8Array): number {
  let value = 0
  for (let scale = 1; scale <= 0x1000_0000; scale *= 0x80) {
    const byte = bytes[at++] ?? 0x80
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
  }
  return -1
}
