import { Comet38Client, HttpClient, type HttpEndpoint, WebsocketClient } from '@cosmjs/tendermint-rpc'

/** How a node is asked. */
export interface ConnectOptions {
  /**
   * A request that takes longer fails with a `DOMException` named `TimeoutError`. Without it there is no limit, and
   * never one over `ws://…`.
   */
  readonly requestTimeoutMs?: number
}

/** CosmJS' client of the RPC at `http://…`, or at `ws://…` for subscriptions. */
export function connectComet(
  endpoint: string | HttpEndpoint,
  { requestTimeoutMs }: ConnectOptions = {},
): Comet38Client {
  if (typeof endpoint === 'string' && !/^https?:/.test(endpoint))
    return Comet38Client.create(new WebsocketClient(endpoint))
  return Comet38Client.create(new HttpClient(endpoint, requestTimeoutMs))
}
