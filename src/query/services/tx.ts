import { ServiceDefinition } from '#gen/cosmos/tx/v1beta1/service.ts'
import { AuthInfo, Tx, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromHex, toBase64, toHex, ValueError } from '#lib/bytes.ts'

import { sdk } from '../../kernel/sdk-errors.ts'
import { CometRpcError } from '../comet-rpc.ts'
import { GRPC, Refusal, refuse } from '../errors.ts'
import { type NodeHandlers, type NodeService, nodeService } from '../routes.ts'
import type { Comet } from './comet.ts'
import type { Simulate } from './simulate.ts'
import { broadcast } from './tx-broadcast.ts'
import { readFoundTx, txResponse } from './tx-response.ts'
import { blockWithTxs, searchTxs } from './tx-search.ts'

export interface TxServiceOptions {
  readonly comet: Comet
  readonly simulate: Simulate
  /** Refuses bytes that are no transaction of this chain. */
  readonly check: (tx: Uint8Array) => void
}

/** `cosmos.tx.v1beta1.Service`: try, send, find and translate transactions. */
export function createTxService({ comet, simulate, check }: TxServiceOptions): NodeService {
  const handlers: NodeHandlers<typeof ServiceDefinition> = {
    simulate({ tx, txBytes }, { height }) {
      const bytes = tx === undefined ? txBytes : encodeTx(tx)
      if (bytes.length === 0) throw sdk.invalidRequest('empty txBytes is not allowed')
      return simulate(bytes, height)
    },
    getTx: ({ hash }) => getTx(comet, hash),
    broadcastTx: ({ txBytes, mode }) => broadcast(comet, txBytes, mode),
    getTxsEvent: (request) => searchTxs(comet, request),
    getBlockWithTxs: (request) => blockWithTxs(comet, request),
    txDecode({ txBytes }) {
      if (txBytes.length === 0) throw sdk.invalidRequest('invalid empty tx bytes')
      check(txBytes)
      return { tx: Tx.decode(txBytes) }
    },
    txEncode({ tx }) {
      if (tx === undefined) throw sdk.invalidRequest('invalid empty tx')
      return { txBytes: encodeTx(tx) }
    },
    txEncodeAmino: () => refuseAminoBinary(),
    txDecodeAmino: () => refuseAminoBinary(),
  }
  return nodeService(ServiceDefinition, handlers, [
    'simulate',
    'txDecode',
    'txEncode',
    'txEncodeAmino',
    'txDecodeAmino',
  ])
}

function refuseAminoBinary(): never {
  throw refuse(
    GRPC.unimplemented,
    sdk.notSupported('amino binary is not served; use TxEncode and TxDecode, or amino JSON for signing'),
  )
}

function encodeTx({ body, authInfo, signatures }: Tx): Uint8Array {
  const bodyBytes = body === undefined ? new Uint8Array() : TxBody.encode(body).finish()
  const authInfoBytes = authInfo === undefined ? new Uint8Array() : AuthInfo.encode(authInfo).finish()
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures }).finish()
}

async function getTx(comet: Comet, hash: string) {
  if (hash === '') throw sdk.invalidRequest('tx hash cannot be empty')
  const wanted = readHash(hash)
  let found: unknown
  try {
    found = await comet.rpc.call('tx', { hash: toBase64(wanted) })
  } catch (error) {
    if (!(error instanceof CometRpcError)) throw error
    if (!error.data.includes('not found')) throw new Refusal(GRPC.internal, 'sdk', 35, error.message)
    throw refuse(GRPC.notFound, sdk.notFound(`tx not found: ${toHex(wanted).toUpperCase()}`))
  }
  const tx = readFoundTx(found)
  const time = await comet.blockTime(Number(tx.height))
  return { tx: Tx.decode(tx.bytes), txResponse: txResponse(tx, time) }
}

function readHash(text: string): Uint8Array {
  try {
    const hash = fromHex(text.replace(/^0x/, ''))
    if (hash.length === 32) return hash
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
  }
  throw sdk.invalidRequest(`hash ${JSON.stringify(text.slice(0, 80))} is not 64 hex digits`)
}
