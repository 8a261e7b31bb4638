/**
 * Legacy amino JSON, what LEGACY_AMINO_JSON signers sign (hardware wallets, Keplr on a Ledger): derived from the
 * options `amino.*` of the definitions, equal to x/tx `aminojson` of the Cosmos SDK and to CosmJS.
 */

import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { aminoTypeOf, aminoWriterOf } from '#lib/amino-json-write.ts'
import { clip, compareByteStrings, utf8, ValueError } from '#lib/bytes.ts'
import { Decimal } from '#lib/decimal.ts'
import { complete, goJson, type JsonObject, type JsonValue } from '#lib/proto-json.ts'
import { createReaders, type Read } from '#lib/proto-json-read.ts'
import {
  type Duration,
  INT64,
  Misfit,
  readBytes,
  readInteger,
  readTimestamp,
  within,
} from '#lib/proto-json-scalars.ts'
import {
  aminoField,
  aminoMessageEncoding,
  aminoName,
  messageOf,
  messages,
  scalarOf,
  type TypeRef,
} from '#lib/reflect.ts'
import { codecOf } from '#lib/reflect-codecs.ts'

/** A message in amino JSON. */
export interface AminoMessage {
  /** The amino name, as `cosmos-sdk/MsgSend`. */
  readonly type: string
  readonly value: JsonValue
}

/** The amino form of a generated object. Throws `ReflectError` for a message that has none, `JsonError` for a value. */
export function aminoMessage(type: TypeRef, value: object): AminoMessage {
  const message = messageOf(type)
  return { type: aminoTypeOf(message), value: complete('', () => aminoWriterOf(message)(value)) }
}

/** The generated object of an amino message, with its type URL. Throws {@link JsonError}. */
export function fromAminoMessage(amino: AminoMessage, path = ''): { typeUrl: string; value: object } {
  return complete(path, () => {
    const message = messageOfAmino(amino.type)
    try {
      return { typeUrl: `/${message.typeName}`, value: readers.readerOf(message)(amino.value, 0) as object }
    } catch (error) {
      throw within(error, 'value')
    }
  })
}

/** What an amino signer signs. */
export interface AminoSignDoc {
  readonly chainId: string
  readonly accountNumber: bigint
  readonly sequence: bigint
  readonly fee: {
    readonly amount: readonly { readonly denom: string; readonly amount: string }[]
    readonly gasLimit: bigint
    /** Left out when empty, as the granter. */
    readonly payer?: string
    readonly granter?: string
  }
  readonly msgs: readonly AminoMessage[]
  readonly memo: string
  /** Left out when 0. */
  readonly timeoutHeight?: bigint
}

/** The UTF-8 bytes of the sign document: keys sorted, no white space, `&`, `<` and `>` escaped as Go does. */
export function aminoSignBytes(doc: AminoSignDoc): Uint8Array {
  const { payer = '', granter = '', amount, gasLimit } = doc.fee
  const fee: JsonObject = { amount: amount.map((coin) => ({ amount: coin.amount, denom: coin.denom })) }
  fee['gas'] = gasLimit.toString()
  if (granter !== '') fee['granter'] = granter
  if (payer !== '') fee['payer'] = payer
  const json: JsonObject = {
    account_number: doc.accountNumber.toString(),
    chain_id: doc.chainId,
    fee,
    memo: doc.memo,
    msgs: doc.msgs.map(({ type, value }) => ({ type, value })),
    sequence: doc.sequence.toString(),
  }
  if (doc.timeoutHeight !== undefined && doc.timeoutHeight !== 0n)
    json['timeout_height'] = doc.timeoutHeight.toString()
  return utf8(goJson(isSorted(json) ? json : sorted(json)))
}

/** Whether all keys stand in order already, as in what {@link aminoMessage} makes. */
function isSorted(json: JsonValue): boolean {
  if (typeof json !== 'object' || json === null) return true
  if (Array.isArray(json)) return json.every(isSorted)
  let last = ''
  for (const key of Object.keys(json)) {
    if (key < last || !isSorted(json[key] as JsonValue)) return false
    last = key
  }
  return true
}

/** The same value with the keys of every object in the order of their bytes. */
function sorted(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(sorted)
  if (typeof json !== 'object' || json === null) return json
  const result: JsonObject = {}
  for (const key of Object.keys(json).toSorted(compareByteStrings))
    result[key] = sorted(json[key] as JsonValue)
  return result
}

let byAminoName: Map<string, DescMessage> | undefined

/** Messages by their amino name. */
function messageOfAmino(name: unknown): DescMessage {
  if (byAminoName === undefined) {
    byAminoName = new Map()
    for (const message of messages()) {
      const amino = aminoName(message)
      if (amino === undefined) continue
      const other = byAminoName.get(amino)
      if (other !== undefined) {
        throw new ValueError(
          `${other.typeName} and ${message.typeName} have the same amino name ${clip(amino)}`,
        )
      }
      byAminoName.set(amino, message)
    }
  }
  const message = byAminoName.get(name as string)
  if (message === undefined) throw within(new Misfit(name, 'an amino name that this chain knows'), 'type')
  return message
}

const readers = createReaders({
  keysOf: (field: DescField) => [aminoField(field).name],
  specialOf: (message: DescMessage): Read | undefined => {
    if (message.typeName === 'google.protobuf.Timestamp') return readTimestamp
    if (message.typeName === 'google.protobuf.Duration') return readNanos
    if (message.typeName === 'google.protobuf.Any') return readAny
    return aminoMessageEncoding(message) === 'key_field' ? (json) => ({ key: readBytes(json) }) : undefined
  },
  scalarOf: (field: DescField): Read | undefined =>
    scalarOf(field) === 'cosmos.Dec' ? readDecimal : undefined,
})

function readNanos(json: unknown): Duration {
  const nanos = readInteger(json, INT64)
  return { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) }
}

function readDecimal(json: unknown): string {
  const expected = 'a decimal in a string'
  if (typeof json !== 'string') throw new Misfit(json, expected)
  try {
    return Decimal.parse(json).toProto()
  } catch (error) {
    throw error instanceof ValueError ? new Misfit(json, expected) : error
  }
}

function readAny(json: unknown, depth: number): unknown {
  if (typeof json !== 'object' || json === null) throw new Misfit(json, 'an object with type and value')
  const { type, value } = json as Partial<AminoMessage>
  const message = messageOfAmino(type)
  try {
    const inner = readers.readerOf(message)(value, depth + 1)
    return {
      typeUrl: `/${message.typeName}`,
      value: codecOf(message.typeName)
        .encode(inner as never)
        .finish(),
    }
  } catch (error) {
    throw within(error, 'value')
  }
}
