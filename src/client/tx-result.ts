import type { comet38 } from '@cosmjs/tendermint-rpc'
import { TxMsgData } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { toHex } from '#lib/bytes.ts'
import { EventList } from './events.ts'
import { messageResponseTypes } from './services.ts'
import type { TypedEncodeObject } from './types.ts'

/** A transaction in a block. */
export interface TxResult {
  /** Upper-case hexadecimal. */
  readonly hash: string
  readonly height: number
  /** Its place in the block, from 0. */
  readonly index: number
  /** 0 if it succeeded. */
  readonly code: number
  readonly codespace: string
  readonly log: string
  readonly gasWanted: bigint
  readonly gasUsed: bigint
  readonly events: EventList
  /** What its messages answered, in order; those this client does not know are left as bytes. */
  readonly responses: readonly TypedEncodeObject<unknown>[]
  /** The transaction itself, `cosmos.tx.v1beta1.TxRaw`. */
  readonly tx: Uint8Array
}

const responseTypes = new Map(messageResponseTypes().map((type) => [`/${type.$type}`, type]))

/** What CometBFT's `tx` says of a transaction. */
export function txResult({ tx, hash, height, index, result }: comet38.TxResponse): TxResult {
  const { code, codespace = '', log = '', data, events, gasWanted, gasUsed } = result
  const { msgResponses } = TxMsgData.decode(data ?? new Uint8Array())
  const responses = msgResponses.map(({ typeUrl, value }) => ({
    typeUrl,
    value: responseTypes.get(typeUrl)?.decode(value) ?? value,
  }))
  const text = toHex(hash).toUpperCase()
  return {
    hash: text,
    height,
    index,
    code,
    codespace,
    log,
    gasWanted,
    gasUsed,
    events: new EventList(events),
    responses,
    tx,
  }
}
