import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { QueryBalanceRequest, QueryBalanceResponse } from '#gen/cosmos/bank/v1beta1/query.ts'
import { type RpcReply, RpcSocket, rpcText } from './rpc.ts'

/** Whose balance of what. */
export interface BalanceQuery {
  readonly address: string
  readonly denom: string
}

/** One connection through which balances are asked for, one after the other. */
export interface QueryConnection {
  /** Asks the query of that place in the list. `done` is told whether the answer was a balance above zero. */
  ask(index: number, done: (right: boolean) => void): void
  close(): void
}

/** Opens a connection, and writes all requests down so that asking costs the generator little. */
export type QueryDoor = (url: string, queries: readonly BalanceQuery[]) => Promise<QueryConnection>

const PATH = '/cosmos.bank.v1beta1.Query/Balance'

const encode = (query: BalanceQuery) => QueryBalanceRequest.encode(query).finish()

function isBalance(bytes: Uint8Array): boolean {
  const { balance } = QueryBalanceResponse.decode(bytes)
  return balance !== undefined && balance.amount !== '0'
}

/** `abci_query` over a WebSocket to CometBFT. */
export const abciDoor: QueryDoor = async (url, queries) => {
  const requests = queries.map((query, i) =>
    rpcText(i, 'abci_query', { path: PATH, data: Buffer.from(encode(query)).toString('hex') }),
  )
  let settle: (right: boolean) => void = () => {}
  const socket = await RpcSocket.open(url, (text) => settle(isRpcBalance(text)))
  return {
    ask(index, done) {
      settle = done
      socket.send([requests[index] as string])
    },
    close: () => socket.close(),
  }
}

function isRpcBalance(text: string): boolean {
  const { result } = JSON.parse(text) as RpcReply
  const { response } = result as {
    readonly response: { readonly code: number; readonly value: string | null }
  }
  return response.code === 0 && response.value !== null && isBalance(Buffer.from(response.value, 'base64'))
}

/** gRPC over HTTP/2 without TLS; `url` is `http://host:port`. */
export const grpcDoor: QueryDoor = async (url, queries) => {
  const requests = queries.map((query) => {
    const message = encode(query)
    const frame = Buffer.alloc(5 + message.length)
    frame.writeUInt32BE(message.length, 1)
    frame.set(message, 5)
    return frame
  })
  const session = connectHttp2(url)
  await once(session, 'remoteSettings')
  return {
    ask(index, done) {
      const stream = session.request({
        ':method': 'POST',
        ':path': PATH,
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      let body: Buffer | undefined
      let status: unknown
      stream.on('data', (chunk: Buffer) => {
        body = body === undefined ? chunk : Buffer.concat([body, chunk])
      })
      stream.on('trailers', (headers) => {
        status = headers['grpc-status']
      })
      stream.on('end', () => done(status === '0' && body !== undefined && isBalance(body.subarray(5))))
      stream.end(requests[index])
    },
    close: () => session.close(),
  }
}

/** REST over a connection that is kept; `url` is `http://host:port`. */
export const restDoor: QueryDoor = async (url, queries) => {
  const { hostname, port, host } = new URL(url)
  const requests = queries.map(({ address, denom }) => {
    const path = `/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=${denom}`
    return `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`
  })
  const socket = connect(Number(port), hostname).setNoDelay(true)
  await once(socket, 'connect')
  let settle: (right: boolean) => void = () => {}
  readHttp(socket, (head, body) => settle(head.startsWith('HTTP/1.1 200') && /"amount":"[1-9]/.test(body)))
  return {
    ask(index, done) {
      settle = done
      socket.write(requests[index] as string)
    },
    close: () => socket.destroy(),
  }
}

/** Calls back with head and body of every reply. Chunked bodies keep their chunks' lengths. */
function readHttp(socket: Socket, onReply: (head: string, body: string) => void): void {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = text.slice(0, end)
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
    const whole =
      length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length)
    if (!whole) return
    const body = text.slice(end + 4)
    text = ''
    onReply(head, body)
  })
}
