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

/** Rows of a list that CometBFT numbers by pages: which page holds the offset. */
export function pageOf(pagination: PageRequest | undefined, most: number): { page: number; limit: number } {
  const { offset = 0n, limit = 0n, key = new Uint8Array() } = pagination ?? {}
  if (key.length > 0)
    throw sdk.invalidRequest('pagination.key is not served here; page with offset and limit')
  if (limit > BigInt(most)) throw sdk.invalidRequest(`pagination.limit ${limit} is above ${most}`)
  if (offset > 1_000_000n) throw sdk.invalidRequest(`pagination.offset ${offset} is above 1000000`)
  const rows = limit === 0n ? most : Number(limit)
  return { page: Math.floor(Number(offset) / rows) + 1, limit: rows }
}
