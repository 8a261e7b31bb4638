import type { TxResponse } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { Tx } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { Event } from '#gen/tendermint/abci/types.ts'
import { fromBase64, toHex } from '#lib/bytes.ts'
import type { BlockTime } from '../../kernel/context.ts'
import { type CometObject, listOf, objectOf, textOf } from '../comet-json.ts'

/** A transaction in a block, as `tx` and `tx_search` answer. */
export interface FoundTx {
  readonly hash: string
  readonly height: bigint
  readonly bytes: Uint8Array
  readonly result: CometObject
}

export function readFoundTx(json: unknown): FoundTx {
  const found = objectOf(json, 'tx')
  return {
    hash: textOf(found['hash'], 'hash'),
    height: BigInt(textOf(found['height'], 'height')),
    bytes: fromBase64(textOf(found['tx'], 'tx')),
    result: objectOf(found['tx_result'], 'tx_result'),
  }
}

/** A response in which nothing has been said but the hash. */
export function emptyTxResponse(txhash: string): TxResponse {
  return {
    height: 0n,
    txhash,
    codespace: '',
    code: 0,
    data: '',
    rawLog: '',
    logs: [],
    info: '',
    gasWanted: 0n,
    gasUsed: 0n,
    tx: undefined,
    timestamp: '',
    events: [],
  }
}

/** What became of a transaction; `time` is its block's. */
export function txResponse(
  { hash, height, bytes, result }: FoundTx,
  time: BlockTime | undefined,
): TxResponse {
  return {
    ...emptyTxResponse(hash.toUpperCase()),
    ...resultFields(result),
    height,
    info: textIn(result, 'info'),
    gasWanted: BigInt(textIn(result, 'gas_wanted') || 0),
    gasUsed: BigInt(textIn(result, 'gas_used') || 0),
    // Tx and TxRaw are the same on the wire.
    tx: { typeUrl: `/${Tx.$type}`, value: bytes },
    timestamp: time === undefined ? '' : wholeSeconds(time),
    events: listOf(result['events']).map(readEvent),
  }
}

/** The fields that results of CheckTx and of execution share. */
export function resultFields(
  result: CometObject,
): Pick<TxResponse, 'code' | 'codespace' | 'data' | 'rawLog'> {
  return {
    code: Number(result['code'] ?? 0),
    codespace: textIn(result, 'codespace'),
    data: toHex(fromBase64(textIn(result, 'data'))).toUpperCase(),
    rawLog: textIn(result, 'log'),
  }
}

function textIn(json: CometObject, key: string): string {
  const value = json[key]
  return typeof value === 'string' ? value : ''
}

function readEvent(json: unknown): Event {
  const event = objectOf(json, 'event')
  const attributes = listOf(event['attributes']).map((each) => {
    const attribute = objectOf(each, 'attribute')
    const index = attribute['index'] === true
    return { key: textIn(attribute, 'key'), value: textIn(attribute, 'value'), index }
  })
  return { type: textIn(event, 'type'), attributes }
}

/** RFC 3339 without a fraction, as the SDK writes it here. */
function wholeSeconds({ seconds }: BlockTime): string {
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`
}
