import { RpcRefusal } from '../errors.ts'
import type { SoloNode } from '../node.ts'

const DEFAULT_PER_PAGE = 30
const MAX_PER_PAGE = 100

/** Rows of a page: as many as asked for, within CometBFT's limits. */
export function perPageOf(given: bigint | undefined): number {
  if (given === undefined || given < 1n) return DEFAULT_PER_PAGE
  return given > BigInt(MAX_PER_PAGE) ? MAX_PER_PAGE : Number(given)
}

/** The part of a list that a page shows; throws for a page that is not there. */
export function pageOf<T>(
  list: readonly T[],
  page: bigint | undefined,
  perPage: bigint | undefined,
): readonly T[] {
  const rows = perPageOf(perPage)
  const pages = Math.max(1, Math.ceil(list.length / rows))
  if (page !== undefined && (page <= 0n || page > BigInt(pages)))
    throw new RpcRefusal(`page should be within [1, ${pages}] range, given ${page}`)
  const first = (Number(page ?? 1n) - 1) * rows
  return list.slice(first, first + rows)
}

/** Sorts what a search found as asked; `fallback` is the order of an empty text. */
export function inOrder<T>(
  found: readonly T[],
  orderBy: string,
  fallback: 'asc' | 'desc',
  ascending: (a: T, b: T) => number,
): T[] {
  const order = orderBy === '' ? fallback : orderBy
  if (order !== 'asc' && order !== 'desc')
    throw new RpcRefusal('expected order_by to be either `asc` or `desc` or empty')
  return found.toSorted(order === 'asc' ? ascending : (a, b) => ascending(b, a))
}

/** The height asked for, else the latest; throws for one that is not there. */
export function heightOf(node: SoloNode, latest: number, given: bigint | undefined): number {
  if (given === undefined) return latest
  if (given <= 0n) throw new RpcRefusal(`height must be greater than 0, but got ${given}`)
  if (given > BigInt(latest))
    throw new RpcRefusal(
      `height ${given} must be less than or equal to the current blockchain height ${latest}`,
    )
  if (given < BigInt(node.base))
    throw new RpcRefusal(`height ${given} is not available, lowest height is ${node.base}`)
  return Number(given)
}
