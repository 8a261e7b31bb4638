import { fromByteString, toByteString } from '#lib/bytes.ts'
import type { ReadContext } from './context.ts'
import type { Source } from './range.ts'
import { sdk } from './sdk-errors.ts'

/** cosmos.base.query.v1beta1.PageRequest: `key` resumes, else `offset` skips; `limit` 0 means the default. */
export interface PageRequest {
  readonly key: Uint8Array
  readonly offset: bigint
  readonly limit: bigint
  readonly countTotal: boolean
  readonly reverse: boolean
}

/** cosmos.base.query.v1beta1.PageResponse: `nextKey` is empty at the end; `total` only where it was asked for. */
export interface PageResponse {
  nextKey: Uint8Array
  total: bigint
}

export interface Page<R> {
  readonly rows: R[]
  readonly pagination: PageResponse
}

/** Rows a page holds when nothing is said, and at most. */
export const PAGE = { defaultLimit: 100, maxLimit: 1_000, maxOffset: 1_000_000 } as const

/** One page of a source. What is skipped or counted is paid for in the query's gas, which bounds it. */
export function paginate<R>(ctx: ReadContext, source: Source<R>, request: PageRequest | undefined): Page<R> {
  const { limit, offset, from, reverse, countTotal } = readRequest(request)
  const cursor = source.walk(ctx, reverse, from)
  if (cursor === undefined)
    throw sdk.invalidRequest(
      'pagination.key does not belong to this list: give the next_key of its page before, unchanged',
    )

  const rows: R[] = []
  let nextKey: Uint8Array = new Uint8Array()
  let seen = 0
  while (cursor.next()) {
    seen++
    if (seen <= offset) continue
    if (rows.length < limit) {
      rows.push(source.read(ctx, cursor))
      continue
    }
    if (nextKey.length === 0) nextKey = fromByteString(source.keyOf(cursor))
    if (!countTotal) break
  }
  return { rows, pagination: { nextKey, total: countTotal ? BigInt(seen) : 0n } }
}

function readRequest(request: PageRequest | undefined) {
  const key = request?.key ?? new Uint8Array()
  const offset = request?.offset ?? 0n
  const limit = request?.limit ?? 0n
  if (key.length > 0 && offset > 0n) throw sdk.invalidRequest('either offset or key is expected, got both')
  if (offset > BigInt(PAGE.maxOffset))
    throw sdk.invalidRequest(`pagination.offset ${offset} is above ${PAGE.maxOffset}; page with key`)
  if (limit > BigInt(PAGE.maxLimit))
    throw sdk.invalidRequest(`pagination.limit ${limit} is above ${PAGE.maxLimit}`)
  return {
    limit: limit === 0n ? PAGE.defaultLimit : Number(limit),
    offset: Number(offset),
    from: key.length > 0 ? toByteString(key) : undefined,
    reverse: request?.reverse ?? false,
    // A total below a resumed page would count only the rest.
    countTotal: key.length === 0 && (request?.countTotal ?? false),
  }
}
