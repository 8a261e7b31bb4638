import type { GetBlockWithTxsRequest, GetTxsEventRequest } from '#gen/cosmos/tx/v1beta1/service.ts'
import { OrderBy } from '#gen/cosmos/tx/v1beta1/service.ts'
import { Tx } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { BlockTime } from '../../kernel/context.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { listOf, textOf } from '../comet-json.ts'
import { type Comet, pageOf } from './comet.ts'
import { readFoundTx, txResponse } from './tx-response.ts'

/** Transactions on a page at most: what CometBFT allows. */
const TXS = 100
const MAX_PAGE = 1_000_000n

/** Transactions by their events. Pages are given by `page` and `limit`, or by the older `pagination.*`. */
export async function searchTxs(comet: Comet, request: GetTxsEventRequest) {
  const query = request.query === '' ? request.events.join(' AND ') : request.query
  if (query === '') throw sdk.invalidRequest('query cannot be empty')
  const { page, limit } = wantedPage(request)
  const found = await comet.call('tx_search', {
    query,
    prove: false,
    page: `${page}`,
    per_page: `${limit}`,
    order_by: request.orderBy === OrderBy.ORDER_BY_DESC ? 'desc' : 'asc',
  })
  const txs = listOf(found['txs']).map(readFoundTx)
  const times = await blockTimes(
    comet,
    txs.map(({ height }) => height),
  )
  return {
    txs: txs.map(({ bytes }) => Tx.decode(bytes)),
    txResponses: txs.map((tx) => txResponse(tx, times.get(tx.height))),
    pagination: undefined,
    total: BigInt(textOf(found['total_count'], 'total_count')),
  }
}

function wantedPage({ page, limit, pagination }: GetTxsEventRequest): { page: number; limit: number } {
  if (page === 0n && limit === 0n && pagination !== undefined) return pageOf(pagination, TXS)
  if (limit > BigInt(TXS)) throw sdk.invalidRequest(`limit ${limit} is above ${TXS}`)
  if (page > MAX_PAGE) throw sdk.invalidRequest(`page ${page} is above ${MAX_PAGE}`)
  return { page: page === 0n ? 1 : Number(page), limit: limit === 0n ? TXS : Number(limit) }
}

async function blockTimes(comet: Comet, heights: readonly bigint[]): Promise<Map<bigint, BlockTime>> {
  const different = [...new Set(heights)]
  const times = await Promise.all(different.map((height) => comet.blockTime(Number(height))))
  return new Map(different.map((height, i) => [height, times[i] as BlockTime]))
}

/** A block, and one page of its transactions decoded. */
export async function blockWithTxs(comet: Comet, { height, pagination }: GetBlockWithTxsRequest) {
  if (height < 1n) throw sdk.invalidRequest(`requested height ${height} must not be less than 1`)
  const { offset = 0n, limit: asked = 0n } = pagination ?? {}
  if (asked > 1_000n) throw sdk.invalidRequest(`pagination.limit ${asked} is above 1000`)
  const limit = asked === 0n ? TXS : Number(asked)
  const { blockId, block } = await comet.block(height)
  const all = block.data?.txs ?? []
  if (offset > 0n && offset >= BigInt(all.length)) {
    throw sdk.invalidRequest(
      `out of range: cannot paginate ${all.length} txs with offset ${offset} and limit ${limit}`,
    )
  }
  const start = Number(offset)
  const txs = all.slice(start, start + limit).map((bytes) => Tx.decode(bytes))
  return { txs, blockId, block, pagination: { nextKey: new Uint8Array(), total: BigInt(all.length) } }
}
