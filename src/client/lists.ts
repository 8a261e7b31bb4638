import type { PageRequest, PageResponse } from '#gen/cosmos/base/query/v1beta1/pagination.ts'
import { toHex, ValueError } from '#lib/bytes.ts'
import { messageOf, propertyOf } from '#lib/reflect.ts'
import { ListPrunedError, QueryError } from './errors.ts'
import { type AbciQuerier, answer, pathOf } from './queries.ts'
import type { ListApi, ListOptions, MethodDefinition, ServiceDefinition } from './types.ts'

/** The node's own bound on a page. */
const MAX_PAGE = 1_000
const DEFAULT_PAGE = 100
const PAGE_RESPONSE = 'cosmos.base.query.v1beta1.PageResponse'

/**
 * The paginated queries of a service: those with one list and a `pagination` on both sides. Each reads page after page
 * at the height of the first, so that the whole is one state of the chain.
 */
export function listApi<S extends ServiceDefinition>(comet: AbciQuerier, service: S): ListApi<S> {
  const found: [string, (request?: object, options?: ListOptions) => AsyncGenerator<unknown>][] = []
  for (const [name, method] of Object.entries(service.methods)) {
    const list = listField(method)
    if (list === undefined) continue
    found.push([name, (request = {}, options = {}) => pages(comet, service, method, list, request, options)])
  }
  return Object.fromEntries(found) as unknown as ListApi<S>
}

/** The property with the rows of a paginated answer; undefined if the method is not paginated by keys. */
function listField({ requestType, responseType }: MethodDefinition): string | undefined {
  const asks = messageOf(requestType.$type).fields.some(({ name }) => name === 'pagination')
  const { fields } = messageOf(responseType.$type)
  const lists = fields.filter(({ fieldKind }) => fieldKind === 'list')
  const pages = fields.some(({ message }) => message?.typeName === PAGE_RESPONSE)
  const [list] = lists
  return asks && pages && lists.length === 1 && list !== undefined ? propertyOf(list) : undefined
}

interface PagedAnswer {
  readonly [list: string]: unknown
  readonly pagination?: PageResponse
}

async function* pages(
  comet: AbciQuerier,
  service: ServiceDefinition,
  method: MethodDefinition,
  list: string,
  request: { readonly pagination?: Partial<PageRequest> },
  { pageSize = DEFAULT_PAGE, height: wanted, signal }: ListOptions,
): AsyncGenerator<unknown> {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PAGE)
    throw new ValueError(`a page size of ${pageSize} is not usable: take 1 to ${MAX_PAGE}`)
  let height = wanted === undefined ? undefined : Number(wanted)
  let key: Uint8Array = request.pagination?.key ?? new Uint8Array()
  let offset = request.pagination?.offset ?? 0n
  for (let page = 1; ; page++) {
    signal?.throwIfAborted()
    const pagination = { ...request.pagination, limit: BigInt(pageSize), key, offset, countTotal: false }
    let got: Awaited<ReturnType<typeof answer>>
    try {
      got = await answer(comet, service, method, { ...request, pagination }, height)
    } catch (error) {
      throw prunedList(error, page, height) ?? error
    }
    height ??= got.height
    const response = got.response as PagedAnswer
    yield* response[list] as readonly unknown[]
    const next = response.pagination?.nextKey ?? new Uint8Array()
    if (next.length === 0) return
    if (toHex(next) === toHex(key))
      throw new ValueError(`${pathOf(service, method)}: the node names the same next page again and again`)
    key = next
    offset = 0n
  }
}

/** The height of a list was dropped by the node while the list was being read. */
function prunedList(error: unknown, page: number, height: number | undefined): ListPrunedError | undefined {
  const isPruned = error instanceof QueryError && /not available: pruned/.test(error.log)
  return isPruned && page > 1 && height !== undefined ? new ListPrunedError(error, page, height) : undefined
}
