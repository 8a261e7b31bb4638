import type { GetBlockWithTxsRequest, GetTxsEventRequest } from '#gen/cosmos/tx/v1beta1/service.ts'
import { OrderBy } from '#gen/cosmos/tx/v1beta1/service.ts'
import { Tx } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { BlockTime } from '../../kernel/context.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { listOf, textOf } from '../comet-json.ts'
import { type Comet, rowsOf, type Span, spanOf } from './comet.ts'
import { readFoundTx, txResponse } from './tx-response.ts'

/** Transactions on a page at most: what CometBFT allows. */
const TXS = 100
const MAX_PAGE = 1_000_000n

/**
 * Transactions by their events: `query`, or the older `events`, of which each is one more condition. Pages are given by
 * `page` and `limit`, or, where neither is, by the older `pagination.offset` and `pagination.limit`.
 */
export async function searchTxs(comet: Comet, request: GetTxsEventRequest) {
  const query = request.query === '' ? request.events.join(' AND ') : request.query
  if (query === '') throw sdk.invalidRequest('query cannot be empty')
  const order_by = request.orderBy === OrderBy.ORDER_BY_DESC ? 'desc' : 'asc'
  const { rows, total } = await rowsOf(wantedSpan(request), async (page, perPage) => {
    const options = { page: `${page}`, per_page: `${perPage}`, order_by }
    const found = await comet.call('tx_search', { query, prove: false, ...options })
    const total_count = BigInt(textOf(found['total_count'], 'total_count'))
    return { rows: listOf(found['txs']).map(readFoundTx), total: total_count }
  })
  const times = await blockTimes(
    comet,
    rows.map(({ height }) => height),
  )
  return {
    txs: rows.map(({ bytes }) => Tx.decode(bytes)),
    txResponses: rows.map((tx) => txResponse(tx, times.get(tx.height))),
    pagination: undefined,
    total,
  }
}

function wantedSpan({ page, limit, pagination }: GetTxsEventRequest): Span {
  // Refuses a key also where the page is not taken from here.
  const older = spanOf(pagination, TXS)
  if (page === 0n && limit === 0n) return older
  if (limit > BigInt(TXS)) throw sdk.invalidRequest(`limit ${limit} is above ${TXS}`)
  if (page > MAX_PAGE) throw sdk.invalidRequest(`page ${page} is above ${MAX_PAGE}`)
  const rows = limit === 0n ? TXS : Number(limit)
  return { offset: page === 0n ? 0 : (Number(page) - 1) * rows, limit: rows }
}

async function blockTimes(comet: Comet, heights: readonly bigint[]): Promise<Map<bigint, BlockTime>> {
  const different = [...new Set(heights)]
  const times = await Promise.all(different.map((height) => comet.blockTime(Number(height))))
  return new Map(different.map((height, i) => [height, times[i] as BlockTime]))
}

/** Transactions of a block on one page at most; a page that says nothing has as many as one of a search. */
const BLOCK_TXS = 1_000

/** A block, and one page of its transactions decoded. */
export async function blockWithTxs(comet: Comet, { height, pagination }: GetBlockWithTxsRequest) {
  if (height < 1n) throw sdk.invalidRequest(`requested height ${height} must not be less than 1`)
  const { offset, limit: most } = spanOf(pagination, BLOCK_TXS)
  const limit = (pagination?.limit ?? 0n) === 0n ? TXS : most
  const { blockId, block } = await comet.block(height)
  const all = block.data?.txs ?? []
  if (offset > 0 && offset >= all.length) {
    throw sdk.invalidRequest(
      `out of range: cannot paginate ${all.length} txs with offset ${offset} and limit ${limit}`,
    )
  }
  const ordered = pagination?.reverse === true ? all.toReversed() : all
  const txs = ordered.slice(offset, offset + limit).map((bytes) => Tx.decode(bytes))
  return { txs, blockId, block, pagination: { nextKey: new Uint8Array(), total: BigInt(all.length) } }
}
