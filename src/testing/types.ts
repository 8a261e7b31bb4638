import { encodePartial } from '../client/queries.ts'
import { messageTypes } from '../client/services.ts'
import type { TypedEncodeObject } from '../client/types.ts'

/** A generated message type, as tests use it. */
export interface GeneratedType<T> {
  readonly $type: string
  encode(message: T): { finish(): Uint8Array }
  decode(bytes: Uint8Array): T
  fromPartial(part: object): T
}

/** The message that a generated type encodes. */
export type MessageOf<C> = C extends { decode(...args: never[]): infer T } ? T : never

/** Some fields of a message, at any depth; the rest get their defaults. */
export type Part<T> = T extends Uint8Array | bigint
  ? T
  : T extends readonly (infer E)[]
    ? readonly Part<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Part<T[K]> | undefined }
      : T

/** A message ready to stand in a transaction. */
export interface PackedMessage {
  readonly typeUrl: string
  readonly value: Uint8Array
}

/** Packs a message; fields left out get their defaults. */
export function message<T>(type: GeneratedType<T>, fields: Part<T>): PackedMessage {
  return { typeUrl: `/${type.$type}`, value: type.encode(type.fromPartial(fields as object)).finish() }
}

/** Packs a message that a client made, as `messages.bank.send({ … })`; a packed one stays as it is. */
export function packed({ typeUrl, value }: TypedEncodeObject<unknown>): PackedMessage {
  if (value instanceof Uint8Array) return { typeUrl, value }
  const type = messageTypes().find(({ $type }) => typeUrl === `/${$type}`)
  if (type === undefined) throw new RangeError(`no message of this chain is named ${typeUrl}`)
  return { typeUrl, value: encodePartial(type, value) }
}
