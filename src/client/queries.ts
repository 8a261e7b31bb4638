import { QueryError } from './errors.ts'
import { VerifyUnsupportedError } from './light/errors.ts'
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
    readonly height?: number
  }>
}

/** Answers a query from proven state; throws `VerifyUnsupportedError` where it cannot. */
export interface Verifier {
  read(path: string, request: unknown, height?: number): Promise<unknown>
}

/** The methods of a service over `abci_query`, one function each. Refusals are {@link QueryError}. */
export function queryApi<S extends ServiceDefinition>(
  comet: AbciQuerier,
  service: S,
  verifier?: () => Promise<Verifier>,
): QueryApi<S> {
  const calls = Object.entries(service.methods).map(([name, method]) => [
    name,
    async (request: unknown = {}, options: QueryOptions = {}) => {
      const height = options.height === undefined ? undefined : Number(options.height)
      if (options.verify !== true) return (await answer(comet, service, method, request, height)).response
      if (verifier === undefined) throw new VerifyUnsupportedError(NO_TRUST)
      return (await verifier()).read(
        pathOf(service, method),
        method.requestType.fromPartial(request as never),
        height,
      )
    },
  ])
  return Object.fromEntries(calls)
}

const NO_TRUST =
  'this client trusts no header to verify by: connect with { trust: { chainId, height, hash } } of a block that you ' +
  'know from somebody else than the node'

/** The path of a method, as `/cosmos.bank.v1beta1.Query/Balance`. */
export const pathOf = ({ fullName }: ServiceDefinition, { name }: MethodDefinition): string =>
  `/${fullName}/${name}`

/** What a method answers, and at which height. */
export async function answer(
  comet: AbciQuerier,
  service: ServiceDefinition,
  method: MethodDefinition,
  request: unknown,
  height: number | undefined,
): Promise<{ readonly response: unknown; readonly height: number | undefined }> {
  const { requestType, responseType } = method
  const path = pathOf(service, method)
  const got = await comet.abciQuery({
    path,
    data: encodePartial(requestType, request),
    ...(height === undefined ? {} : { height }),
  })
  const { code = 0, codespace, log = '' } = got
  if (code !== 0) throw new QueryError(path, { codespace, code, log })
  return { response: responseType.decode(got.value), height: got.height }
}

/** The bytes of a message of which parts may be left out. */
export function encodePartial(type: GeneratedCodec, value: unknown): Uint8Array {
  return type.encode(type.fromPartial(value as never) as never).finish()
}
