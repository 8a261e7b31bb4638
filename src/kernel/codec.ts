import { addressBytes, addressText } from '#lib/address.ts'
import { fromByteString, toByteString, utf8, utf8Text } from '#lib/bytes.ts'
import { slotOf } from '#lib/slot-cache.ts'
import { assert } from './errors.ts'
import type { ByteString } from './kv.ts'

/** Reads a key from the front; `at` moves past what was read. */
export interface KeyReader {
  readonly text: ByteString
  at: number
}

/**
 * Turns keys into byte strings and back. Every codec is *order preserving* (keys sort as their values do) and
 * *prefix free* (no key is the beginning of another), so codecs can be put one after the other.
 * `P` is what may be given as the beginning of a key to name a range.
 */
export interface KeyCodec<K, P = never> {
  readonly name: string
  encode(key: K): ByteString
  encodePrefix(prefix: P): ByteString
  decode(reader: KeyReader): K
  /** A number below 2^32 that differs for most keys, where making a key costs enough to remember the latest ones. */
  slot?(key: K): number
}

const noPrefix = (): never => {
  assert(false, 'this key has no proper prefix')
}

function unsigned<K extends number | bigint>(
  bytes: number,
  name: string,
  make: (text: string) => K,
): KeyCodec<K> {
  const limit = 1n << BigInt(8 * bytes)
  return {
    name,
    encode(key) {
      assert(key >= 0 && BigInt(key) < limit, `${name} key ${key} is out of range`)
      const high = bytes > 4 ? Number(BigInt(key) >> 32n) : 0
      const low = bytes > 4 ? Number(BigInt(key) & 0xffff_ffffn) : Number(key)
      let text = ''
      for (let i = bytes - 1; i >= 0; i--) {
        text += String.fromCharCode((i > 3 ? high >>> (8 * (i - 4)) : low >>> (8 * i)) & 0xff)
      }
      return text
    },
    encodePrefix: noPrefix,
    decode(reader) {
      let value = 0n
      for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(reader.text.charCodeAt(reader.at++))
      return make(value.toString())
    },
  }
}

/** uint64 as 8 bytes, big endian. */
export const u64: KeyCodec<bigint> = unsigned(8, 'u64', BigInt)
/** uint32 as 4 bytes, big endian. */
export const u32: KeyCodec<number> = unsigned(4, 'u32', Number)
/** uint8 as one byte; enum numbers and flags. */
export const u8: KeyCodec<number> = unsigned(1, 'u8', Number)

// 0x00 inside becomes 0x00 0xff and the end is 0x00 0x01, which sorts below any continuation.
const terminated = (text: ByteString): ByteString =>
  (text.includes('\0') ? text.replaceAll('\0', '\0\xff') : text) + '\0\x01'

function readTerminated(reader: KeyReader): ByteString {
  let text = ''
  for (;;) {
    const zero = reader.text.indexOf('\0', reader.at)
    assert(zero >= 0, 'a text key has no end')
    text += reader.text.slice(reader.at, zero)
    reader.at = zero + 2
    if (reader.text.charCodeAt(zero + 1) === 1) return text
    text += '\0'
  }
}

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** Text in UTF-8, of any length; sorts by its bytes. */
export const str: KeyCodec<string> = {
  name: 'str',
  encode: (key) => terminated(isAscii(key) ? key : toByteString(utf8(key))),
  encodePrefix: noPrefix,
  decode(reader) {
    const text = readTerminated(reader)
    return isAscii(text) ? text : utf8Text(fromByteString(text))
  },
}

/** Bytes of any length. */
export const bytes: KeyCodec<Uint8Array> = {
  name: 'bytes',
  encode: (key) => terminated(toByteString(key)),
  encodePrefix: noPrefix,
  decode: (reader) => fromByteString(readTerminated(reader)),
}

/** Exactly `length` bytes: digests, hashes. */
export function fixedBytes(length: number): KeyCodec<Uint8Array> {
  return {
    name: `bytes${length}`,
    encode(key) {
      assert(key.length === length, `key of ${key.length} bytes where ${length} are due`)
      return toByteString(key)
    },
    encodePrefix: noPrefix,
    decode(reader) {
      const start = reader.at
      reader.at += length
      return fromByteString(reader.text.slice(start, reader.at))
    },
  }
}

/** An account, spelled in bech32 outside and as its 20 bytes inside. */
export const address: KeyCodec<string> = {
  name: 'address',
  slot: (key) => slotOf(key, 65_536),
  encode: addressBytes,
  encodePrefix: noPrefix,
  decode(reader) {
    const start = reader.at
    reader.at += 20
    return addressText(reader.text.slice(start, reader.at))
  },
}

// biome-ignore lint/suspicious/noExplicitAny: codecs of unlike keys stand in one list; KeysOf recovers each type
type AnyCodec = KeyCodec<any, any>
type KeysOf<C extends readonly AnyCodec[]> = {
  -readonly [I in keyof C]: C[I] extends KeyCodec<infer K, infer _P> ? K : never
}
type Beginnings<T extends readonly unknown[]> = T extends readonly [...infer Rest, unknown]
  ? Rest extends readonly [unknown, ...unknown[]]
    ? Rest | Beginnings<Rest>
    : never
  : never

/** Several parts, first by first; a range is named by one or more leading parts. */
export function tuple<const C extends readonly AnyCodec[]>(
  ...parts: C
): KeyCodec<KeysOf<C>, Beginnings<KeysOf<C>>> {
  const codecs: readonly AnyCodec[] = parts
  const encode = (key: readonly unknown[]) => {
    let text = ''
    for (let i = 0; i < key.length; i++) text += (codecs[i] as AnyCodec).encode(key[i])
    return text
  }
  const slot = codecs[0]?.slot
  return {
    name: `(${parts.map((part) => part.name).join(', ')})`,
    ...(slot === undefined ? {} : { slot: (key: readonly unknown[]) => slot(key[0]) }),
    encode: encode as (key: KeysOf<C>) => ByteString,
    encodePrefix: encode as (prefix: Beginnings<KeysOf<C>>) => ByteString,
    decode: (reader) => codecs.map((codec) => codec.decode(reader)) as unknown as KeysOf<C>,
  }
}

/** Turns values into bytes and back. */
export interface ValueCodec<T> {
  readonly name: string
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** A generated message type. */
export interface ProtoType<T> {
  readonly $type: string
  encode(message: T): { finish(): Uint8Array }
  decode(bytes: Uint8Array): T
}

/** The value, with all objects and lists in it unchangeable; byte arrays cannot be made so. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}

/** The codec of a generated message, or the given codec itself. */
export function valueCodec<T>(type: ProtoType<T> | ValueCodec<T>): ValueCodec<T> {
  if (!('$type' in type)) return type
  return {
    name: type.$type,
    encode: (value) => type.encode(value).finish(),
    decode: (data) => type.decode(data),
  }
}

/** The number that decimal digits in ASCII stand for. */
function digits(data: Uint8Array): bigint {
  // Fifteen digits are below 2^53.
  if (data.length > 15) return BigInt(toByteString(data))
  let value = 0
  for (let i = 0; i < data.length; i++) value = value * 10 + ((data[i] as number) - 48)
  return BigInt(value)
}

/** An amount: a non-negative integer in decimal digits, as the Cosmos SDK stores math.Int. */
export const amount: ValueCodec<bigint> = {
  name: 'amount',
  // Digits are their own bytes.
  encode: (value) => fromByteString(value.toString()),
  decode: digits,
}

export const text: ValueCodec<string> = { name: 'text', encode: utf8, decode: utf8Text }

export const rawBytes: ValueCodec<Uint8Array> = { name: 'bytes', encode: (v) => v, decode: (v) => v }

/** Any key codec as a value: the compact form for ids, heights and pairs of them. */
export function keyAsValue<K>(codec: KeyCodec<K>): ValueCodec<K> {
  return {
    name: codec.name,
    encode: (value) => fromByteString(codec.encode(value)),
    decode: (data) => codec.decode({ text: toByteString(data), at: 0 }),
  }
}
