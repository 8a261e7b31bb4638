import type { ProtoType } from '../kernel/codec.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { GRPC, refuse } from './errors.ts'
import { QueryCounts } from './query-counts.ts'
import type { QueryRoute, QueryRoutes } from './routes.ts'
import type { Versions } from './versions.ts'

/** An answer and the height it holds for. */
export interface Answer<T> {
  readonly height: number
  readonly value: T
}

/** Answers requests to routes; the doors differ in how they read the request and write the answer. */
export class Queries {
  readonly routes: QueryRoutes
  readonly versions: Versions
  /** How long answers took, for all doors. */
  readonly counts: QueryCounts

  constructor(routes: QueryRoutes, versions: Versions) {
    this.routes = routes
    this.versions = versions
    this.counts = QueryCounts.of([...routes.keys()])
  }

  /**
   * Calls a method at a height (0: the newest) and hands its response to `write`, which must not keep it. A method that
   * reads state answers at once where it can.
   */
  call<T>(
    route: QueryRoute,
    request: unknown,
    height: number,
    write: (response: object) => T,
  ): Answer<T> | Promise<Answer<T>> {
    return this.counts.measure(route.path, () => this.#call(route, request, height, write))
  }

  #call<T>(
    { answer }: QueryRoute,
    request: unknown,
    height: number,
    write: (response: object) => T,
  ): Answer<T> | Promise<Answer<T>> {
    const { versions } = this
    if (answer.kind === 'state') {
      return versions.read(height, (version) => {
        const response = answer.handler(versions.context(version), request)
        return { height: version.height, value: write(response) }
      })
    }
    const done = (response: object) => ({
      height: height > 0 ? height : Math.max(1, versions.newest),
      value: write(response),
    })
    const response = answer.handler(request, { height })
    return response instanceof Promise ? response.then(done) : done(response)
  }
}

/** Reads a request in protobuf. */
export function decodeRequest<T>({ request }: { readonly request: ProtoType<T> }, data: Uint8Array): T {
  try {
    return request.decode(data)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw refuse(GRPC.invalidArgument, sdk.invalidRequest(`not a ${request.$type}: ${reason}`))
  }
}
