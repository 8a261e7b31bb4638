import { sha256 } from '#lib/hash.ts'
import type { CheckTxResponse } from '../../abci/types.ts'
import { protoResult } from '../app-events.ts'
import { RpcRefusal } from '../errors.ts'
import { base64Text, hexText, resultJson, txJson } from '../json.ts'
import { BROADCAST_COMMIT_MS } from '../limits.ts'
import type { SoloNode } from '../node.ts'
import { parseQuery } from '../query.ts'
import { searchTxs } from '../search.ts'
import { type Caller, type Method, method } from './method.ts'
import { inOrder, pageOf, perPageOf } from './pages.ts'

/** Sending, finding and watching transactions. */
export const txMethods: Readonly<Record<string, Method>> = {
  broadcast_tx_async: method({ tx: 'tx' }, (node, { tx }) => {
    node.addTx(tx)
    return { code: 0, data: '', log: '', codespace: '', hash: hexText(sha256(tx)) }
  }),

  broadcast_tx_sync: method({ tx: 'tx' }, (node, { tx }) => {
    const { code, data, log, codespace } = node.addTx(tx)
    return { code, data: hexText(data), log, codespace, hash: hexText(sha256(tx)) }
  }),

  broadcast_tx_commit: method({ tx: 'tx' }, (node, { tx }, caller) => broadcastCommit(node, tx, caller)),

  check_tx: method({ tx: 'tx' }, (node, { tx }) => checkedJson(node, node.checkTx(tx))),

  tx: method({ hash: 'bytes', prove: 'bool' }, (node, { hash, prove }) => {
    if (hash.length === 0) throw new RpcRefusal('transaction hash cannot be empty')
    const found = node.store.txByHash(hash)
    if (found === undefined) throw new RpcRefusal(`tx (${hexText(hash)}) not found`)
    return txJson(found, prove ? node.store.txsOf(found.height) : undefined)
  }),

  tx_search: method(
    { query: 'string', prove: 'bool', page: 'int?', per_page: 'int?', order_by: 'string' },
    (node, { query, prove, page, per_page, order_by }) => {
      const places = searchTxs(node.store, parseQuery(query))
      const sorted = inOrder(places, order_by, 'asc', (a, b) => a.height - b.height || a.index - b.index)
      // Many of one page may stand in one block, which is read once.
      const blocks = new Map<number, readonly Uint8Array[]>()
      const blockOf = (height: number) => {
        const txs = blocks.get(height) ?? node.store.txsOf(height)
        blocks.set(height, txs)
        return txs
      }
      const txs = pageOf(sorted, page, per_page).flatMap(({ height, index }) => {
        const found = node.store.txAt(height, index)
        return found === undefined ? [] : [txJson(found, prove ? blockOf(height) : undefined)]
      })
      return { txs, total_count: `${sorted.length}` }
    },
  ),

  unconfirmed_txs: method({ limit: 'int?' }, (node, { limit }) => {
    const { mempool } = node.producer
    // One more than the limit, as CometBFT's mempool counts.
    const txs = mempool.oldest(perPageOf(limit) + 1)
    return {
      n_txs: `${txs.length}`,
      total: `${mempool.size}`,
      total_bytes: `${mempool.bytes}`,
      txs: txs.map(base64Text),
    }
  }),

  num_unconfirmed_txs: method({}, ({ producer: { mempool } }) => ({
    n_txs: `${mempool.size}`,
    total: `${mempool.size}`,
    total_bytes: `${mempool.bytes}`,
    txs: null,
  })),
}

function checkedJson(node: SoloNode, response: CheckTxResponse): object {
  return resultJson(protoResult(response, node.options.indexed))
}

const NO_RESULT = {
  code: 0,
  data: new Uint8Array(),
  log: '',
  info: '',
  gasWanted: 0n,
  gasUsed: 0n,
  events: [],
  codespace: '',
}

async function broadcastCommit(node: SoloNode, tx: Uint8Array, { client }: Caller): Promise<object> {
  node.bus.refuseFull(client)
  const hash = sha256(tx)
  const [committed, forget] = node.untilCommitted(hash)
  try {
    const checked = checkOrRefuse(node, tx)
    const answer = { check_tx: checkedJson(node, checked), hash: hexText(hash) }
    if (checked.code !== 0) return { ...answer, tx_result: resultJson(NO_RESULT), height: '0' }
    const { result, height } = await node.bus.whileWaiting(withTimeout(committed))
    return { ...answer, tx_result: resultJson(result), height: `${height}` }
  } finally {
    forget()
  }
}

function checkOrRefuse(node: SoloNode, tx: Uint8Array): CheckTxResponse {
  try {
    return node.addTx(tx)
  } catch (error) {
    if (error instanceof RpcRefusal) throw new RpcRefusal(`error on broadcastTxCommit: ${error.message}`)
    throw error
  }
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new RpcRefusal('timed out waiting for tx to be included in a block')
    timer = setTimeout(() => reject(error), BROADCAST_COMMIT_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
