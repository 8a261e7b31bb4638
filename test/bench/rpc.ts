import { once } from 'node:events'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** The reply to one request, as CometBFT's JSON-RPC writes it. */
export interface RpcReply {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly data?: string }
}

export const rpcText = (id: number, method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

/** One request over HTTP; throws what the node refuses. */
export async function rpc<T>(rpcUrl: string, method: string, params: object = {}): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(rpcUrl, { method: 'POST', headers, body: rpcText(1, method, params) })
  const { result, error } = (await response.json()) as RpcReply
  if (error !== undefined) throw new Error(`${method}: ${error.message} ${error.data ?? ''}`)
  return result as T
}

/** A WebSocket to CometBFT, made for the cost of many small requests. */
export class RpcSocket {
  readonly #socket: WebSocket
  readonly #stream: Socket
  readonly closed: Promise<void>

  private constructor(socket: WebSocket, stream: Socket) {
    this.#socket = socket
    this.#stream = stream
    this.closed = once(socket, 'close').then(() => {})
  }

  /** `onText` gets every message as it comes. */
  static async open(rpcUrl: string, onText: (text: string) => void): Promise<RpcSocket> {
    const socket = new WebSocket(`${rpcUrl.replace('http', 'ws')}/websocket`, {
      perMessageDeflate: false,
      // A mask of zeros leaves the payload as it is: masking is for proxies, and costs as much as the rest.
      generateMask: (mask) => mask.fill(0),
      skipUTF8Validation: true,
    })
    socket.on('message', (data: Buffer) => onText(data.toString('latin1')))
    const [[response]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])
    return new RpcSocket(socket, (response as { readonly socket: Socket }).socket)
  }

  /** Sends several texts with one system call. */
  send(texts: readonly string[]): void {
    this.#stream.cork()
    for (const text of texts) this.#socket.send(text)
    this.#stream.uncork()
  }

  close(): void {
    this.#socket.terminate()
  }
}
