import type { TxResponse } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { BroadcastMode } from '#gen/cosmos/tx/v1beta1/service.ts'
import { toBase64, toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type { AppError } from '../../kernel/errors.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { objectOf } from '../comet-json.ts'
import { CometRpcError } from '../comet-rpc.ts'
import type { Comet } from './comet.ts'
import { emptyTxResponse, resultFields } from './tx-response.ts'

const METHODS: Readonly<Record<number, string>> = {
  [BroadcastMode.BROADCAST_MODE_SYNC]: 'broadcast_tx_sync',
  [BroadcastMode.BROADCAST_MODE_ASYNC]: 'broadcast_tx_async',
}

/** Hands a transaction to the mempool. What the mempool itself refuses comes back as the SDK's codes 19 to 21. */
export async function broadcast(
  comet: Comet,
  tx: Uint8Array,
  mode: BroadcastMode,
): Promise<{ txResponse: TxResponse }> {
  const method = METHODS[mode]
  if (tx.length === 0) throw sdk.invalidRequest('invalid empty tx')
  if (method === undefined) {
    const name = Object.entries(BroadcastMode).find(([, value]) => value === mode)?.[0] ?? mode
    throw sdk.invalidRequest(`unsupported return type ${name}; supported types: sync, async`)
  }
  const response = emptyTxResponse(toHex(sha256(tx)).toUpperCase())
  try {
    const result = objectOf(await comet.rpc.call(method, { tx: toBase64(tx) }), method)
    return { txResponse: { ...response, ...resultFields(result) } }
  } catch (error) {
    if (!(error instanceof CometRpcError)) throw error
    const refused = mempoolError(error)
    if (refused === undefined) throw sdk.invalidRequest(error.data === '' ? error.message : error.data)
    const { codespace, code, message } = refused
    return { txResponse: { ...response, codespace, code, rawLog: message } }
  }
}

/** CometBFT says these three in words only. */
function mempoolError({ data }: CometRpcError): AppError | undefined {
  const text = data.toLowerCase()
  if (text.includes('tx already exists in cache')) return sdk.txInMempoolCache()
  if (text.includes('mempool is full')) return sdk.mempoolFull(data)
  return text.includes('tx too large') ? sdk.txTooLarge(data) : undefined
}
