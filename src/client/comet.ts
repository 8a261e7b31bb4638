import { Comet38Client, type comet38, HttpClient, type HttpEndpoint } from '@cosmjs/tendermint-rpc'
import { NotReadyError } from './errors.ts'
import type { Trust } from './light/light-client.ts'

/** How a node is asked. */
export interface ConnectOptions {
  /** A request that takes longer fails with a `DOMException` named `TimeoutError`. Without it there is no limit. */
  readonly requestTimeoutMs?: number
  /** A header to verify answers by, learnt from somebody else than the node: see `QueryOptions.verify`. */
  readonly trust?: Trust
  /** Time between two looks for a new block where no WebSocket tells of it; default 250. */
  readonly pollMs?: number
}

/** CosmJS' client of the RPC. Requests go over HTTP, to the same port, where the endpoint is `ws://…`, too. */
export function connectComet(
  endpoint: string | HttpEndpoint,
  { requestTimeoutMs }: ConnectOptions = {},
): Comet38Client {
  const http = typeof endpoint === 'string' ? base(endpoint).replace(/^ws/, 'http') : endpoint
  return Comet38Client.create(new HttpClient(http, requestTimeoutMs))
}

/** What a node says of itself. Throws {@link NotReadyError} before its first block, whose hashes CosmJS insists on. */
export async function statusOf(comet: Comet38Client): Promise<comet38.StatusResponse> {
  try {
    return await comet.status()
  } catch (error) {
    throw error instanceof Error && error.message === 'Value must not be empty' ? new NotReadyError() : error
  }
}

/** The WebSocket of an endpoint `ws://…`; other endpoints are polled. */
export function socketUrl(endpoint: string | HttpEndpoint): string | undefined {
  if (typeof endpoint !== 'string' || !/^wss?:/.test(endpoint)) return undefined
  return `${base(endpoint)}/websocket`
}

/** An endpoint without a slash at its end, and without the path of its WebSocket. */
const base = (endpoint: string): string =>
  endpoint.replace(/\/+$/, '').replace(/^(wss?:.*)\/websocket$/, '$1')
