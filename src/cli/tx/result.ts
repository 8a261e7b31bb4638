import type { EncodeObject } from '@cosmjs/proto-signing'
import { type JsonObject, toJson } from '#lib/proto-json.ts'
import { messageOf } from '#lib/reflect.ts'
import type { TxFee } from '../../client/signing.ts'
import type { TxResult } from '../../client/tx-result.ts'
import type { OutputFormat } from '../output.ts'
import { readable } from '../output-message.ts'

/** A transaction in a block, in the words of the Cosmos SDK; people are spared the events. */
export function resultJson(result: TxResult, format: OutputFormat): JsonObject {
  const { hash, height, code, codespace, log, gasWanted, gasUsed, events, responses } = result
  const json: JsonObject = {
    txhash: hash,
    height: height.toString(),
    code,
    codespace,
    raw_log: log,
    gas_wanted: gasWanted.toString(),
    gas_used: gasUsed.toString(),
    responses: responses.map(({ typeUrl, value }) => responseJson(typeUrl, value, format)),
  }
  if (format === 'text') return json
  const plain = events.raw.map(({ type, attributes }) => ({
    type,
    attributes: attributes.map(({ key, value }) => ({ key, value })),
  }))
  return { ...json, events: plain }
}

function responseJson(typeUrl: string, value: unknown, format: OutputFormat): JsonObject {
  const message = messageOf(typeUrl.slice(1))
  const json = toJson(message, value as object)
  return { '@type': typeUrl, ...((format === 'text' ? readable(message, json) : json) as JsonObject) }
}

/** The unsigned transaction in proto3 JSON, as other tools sign it. */
export function unsignedTx(
  message: EncodeObject,
  fee: TxFee | undefined,
  { note = '', timeoutHeight = '0' }: { readonly note?: string; readonly timeoutHeight?: string },
): JsonObject {
  const value = toJson(message.typeUrl.slice(1), message.value as object) as JsonObject
  return {
    body: {
      messages: [{ '@type': message.typeUrl, ...value }],
      memo: note,
      timeout_height: timeoutHeight,
      extension_options: [],
      non_critical_extension_options: [],
    },
    auth_info: {
      signer_infos: [],
      fee: {
        amount: (fee?.amount ?? []).map(({ denom, amount }) => ({ denom, amount })),
        gas_limit: (fee?.gas ?? 200_000n).toString(),
        payer: '',
        granter: '',
      },
    },
    signatures: [],
  }
}
