import type { ProtoType } from '../../kernel/codec.ts'
import { type Answer, decodeRequest, type Queries } from '../queries.ts'
import type { QueryRoute } from '../routes.ts'

/** One request, one response. */
export interface UnaryMethod {
  readonly kind: 'unary'
  /** `height` is what was asked for, 0 for the newest. */
  answer(request: Uint8Array, height: number): Answer<Uint8Array> | Promise<Answer<Uint8Array>>
}

/** Requests and responses in any number. */
export interface StreamMethod {
  readonly kind: 'stream'
  /** True if it is right for it to be silent for as long as the client stays. */
  readonly silent: boolean
  open(out: StreamOut): StreamIn
}

/** Where the responses of a stream go. */
export interface StreamOut {
  send(response: Uint8Array): void
  /** Ends the call with OK. */
  end(): void
}

/** Where the requests of a stream go; what it throws ends the call. */
export interface StreamIn {
  request(data: Uint8Array): void
  /** The client has no more requests. */
  done(): void
  /** The call is over. */
  closed(): void
}

/** By path, as `/cosmos.bank.v1beta1.Query/Balance`. */
export type GrpcMethods = ReadonlyMap<string, UnaryMethod | StreamMethod>

/** Every method that the other doors serve. */
export function queryMethods(queries: Queries): GrpcMethods {
  return new Map([...queries.routes].map(([path, route]) => [path, queryMethod(queries, route)]))
}

function queryMethod(queries: Queries, route: QueryRoute): UnaryMethod {
  const write = (response: object) => encode(route.response, response)
  return {
    kind: 'unary',
    answer: (data, height) => queries.call(route, decodeRequest(route, data), height, write),
  }
}

export function encode<T>(type: ProtoType<T>, message: T): Uint8Array {
  return type.encode(message).finish()
}

/** The full name of the service in a path. */
export function serviceIn(path: string): string {
  return path.slice(1, path.lastIndexOf('/'))
}
