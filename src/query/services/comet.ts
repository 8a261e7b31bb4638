import type { PageRequest } from '#gen/cosmos/base/query/v1beta1/pagination.ts'
import type { Header } from '#gen/tendermint/types/types.ts'
import { LruMap } from '#lib/lru.ts'
import type { BlockTime } from '../../kernel/context.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { type CometBlock, type CometObject, objectOf, readBlock, readHeader } from '../comet-json.ts'
import { type CometRpc, CometRpcError } from '../comet-rpc.ts'
import { GRPC, nodeErr, refuse } from '../errors.ts'

/** What the node's services ask of CometBFT. */
export class Comet {
  readonly rpc: CometRpc
  readonly #times = new LruMap<number, BlockTime>(10_000)

  constructor(rpc: CometRpc) {
    this.rpc = rpc
  }

  /** Calls a method; what CometBFT refuses is the asker's fault and is told in its words. */
  async call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<CometObject> {
    try {
      return objectOf(await this.rpc.call(method, params), method)
    } catch (error) {
      if (!(error instanceof CometRpcError)) throw error
      throw refuse(GRPC.invalidArgument, sdk.invalidRequest(error.data === '' ? error.message : error.data))
    }
  }

  /** The block at a height, 0 for the newest. */
  async block(height: bigint): Promise<CometBlock> {
    return readBlock(await this.call('block', height === 0n ? {} : { height: `${height}` }))
  }

  async header(height: number): Promise<Header> {
    const header = readHeader(await this.call('header', { height: `${height}` }))
    if (header !== undefined) return header
    throw refuse(GRPC.outOfRange, sdk.notFound(`block ${height}`))
  }

  /** The time of a block; remembered, since it never changes. */
  async blockTime(height: number): Promise<BlockTime> {
    const known = this.#times.get(height)
    if (known !== undefined) return known
    const { time } = await this.header(height)
    if (time === undefined) throw nodeErr.comet(`block ${height} has no time`)
    this.#times.set(height, time)
    return time
  }

  async status(): Promise<CometObject> {
    return this.call('status')
  }
}

/** A part of a list: rows from the `offset`-th on, `limit` at most. */
export interface Span {
  readonly offset: number
  readonly limit: number
}

export interface Rows<R> {
  readonly rows: readonly R[]
  /** Of all rows of the list. */
  readonly total: bigint
}

const MAX_OFFSET = 1_000_000n

/** What a page request asks of a list that has no keys; `most` is the most rows of a page, and the default. */
export function spanOf(pagination: PageRequest | undefined, most: number): Span {
  const { offset = 0n, limit = 0n, key = new Uint8Array() } = pagination ?? {}
  if (key.length > 0)
    throw sdk.invalidRequest('pagination.key is not served here; page with offset and limit')
  if (limit > BigInt(most)) throw sdk.invalidRequest(`pagination.limit ${limit} is above ${most}`)
  if (offset > MAX_OFFSET) throw sdk.invalidRequest(`pagination.offset ${offset} is above ${MAX_OFFSET}`)
  return { offset: Number(offset), limit: limit === 0n ? most : Number(limit) }
}

/** The rows of a span, from a list that CometBFT gives out in numbered pages: two of them where it lies across. */
export async function rowsOf<R>(
  { offset, limit }: Span,
  page: (page: number, rows: number) => Promise<Rows<R>>,
): Promise<Rows<R>> {
  const number = Math.floor(offset / limit) + 1
  const skipped = offset % limit
  const first = await page(number, limit)
  if (skipped === 0) return first
  const rest = first.total > BigInt(number * limit) ? (await page(number + 1, limit)).rows : []
  return { rows: [...first.rows.slice(skipped), ...rest.slice(0, skipped)], total: first.total }
}
