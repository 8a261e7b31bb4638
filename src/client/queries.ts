import { QueryError } from './errors.ts'
import type { GeneratedCodec, MethodDefinition, QueryApi, QueryOptions, ServiceDefinition } from './types.ts'

/** The part of a CometBFT client that queries need; every CosmJS CometBFT client has it. */
export interface AbciQuerier {
  abciQuery(params: {
    readonly path: string
    readonly data: Uint8Array
    readonly height?: number
    readonly prove?: boolean
  }): Promise<{
    readonly value: Uint8Array
    readonly code?: number
    readonly codespace: string
    readonly log?: string
  }>
}

/** The methods of a service over `abci_query`, one function each. Refusals are {@link QueryError}. */
export function queryApi<S extends ServiceDefinition>(comet: AbciQuerier, service: S): QueryApi<S> {
  const calls = Object.entries(service.methods).map(([name, method]) => [
    name,
    (request: unknown = {}, options?: QueryOptions) => call(comet, service, method, request, options),
  ])
  return Object.fromEntries(calls)
}

async function call(
  comet: AbciQuerier,
  { fullName }: ServiceDefinition,
  method: MethodDefinition,
  request: unknown,
  options: QueryOptions = {},
): Promise<unknown> {
  const { requestType, responseType } = method
  const path = `/${fullName}/${method.name}`
  const { value, code, codespace, log } = await comet.abciQuery({
    path,
    data: encodePartial(requestType, request),
    ...(options.height === undefined ? {} : { height: Number(options.height) }),
  })
  if (code !== undefined && code !== 0) throw new QueryError(path, { codespace, code, log: log ?? '' })
  return responseType.decode(value)
}

/** The bytes of a message of which parts may be left out. */
export function encodePartial(type: GeneratedCodec, value: unknown): Uint8Array {
  return type.encode(type.fromPartial(value as never) as never).finish()
}
