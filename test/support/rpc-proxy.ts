import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'

/** Stands between a client and a node, at connections alone: they can be cut, and refused for a while. */
export interface Wire {
  /** As `127.0.0.1:40001`. */
  readonly host: string
  /** Connections that were opened so far. */
  readonly opened: () => number
  /** Ends every connection; while `isDown`, new ones are ended at once, too. */
  cut(isDown?: boolean): void
  close(): Promise<void>
}

/** @param rpcUrl as `http://127.0.0.1:26657` */
export async function startWire(rpcUrl: string): Promise<Wire> {
  const { hostname, port } = new URL(rpcUrl)
  const open = new Set<Socket>()
  let isDown = false
  let opened = 0
  const server = createTcpServer((client) => {
    opened++
    if (isDown) {
      client.destroy()
      return
    }
    const node = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, node],
      [node, client],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await listening(server)
  const end = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    opened: () => opened,
    cut(down = false) {
      isDown = down
      end()
    },
    async close() {
      end()
      await new Promise((done) => server.close(done))
    },
  }
}

/** What a lie is told about: a call, and what the node answered it. */
export interface Call {
  readonly method: string
  readonly params: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of CometBFT, changed at will
  readonly result: any
  /** Asks the node something else. */
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of CometBFT
  readonly ask: (method: string, params: Record<string, unknown>) => Promise<any>
}

/** Stands between a client and a node and changes what the node answers. */
export interface LyingNode {
  readonly url: string
  /** Gets each answer and returns what the client is told; undefined leaves it as it is. */
  lie: (call: Call) => unknown
  /** Calls by method. */
  readonly calls: Map<string, number>
  close(): Promise<void>
}

/** @param rpcUrl as `http://127.0.0.1:26657` */
export async function startLyingNode(rpcUrl: string): Promise<LyingNode> {
  const calls = new Map<string, number>()
  const ask = async (method: string, params: Record<string, unknown>) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(rpcUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const { result, error } = (await response.json()) as { result?: unknown; error?: unknown }
    if (error !== undefined) throw new Error(JSON.stringify(error))
    return result
  }
  const server = createServer((request, response) => void serve(request, response))
  const node: LyingNode = {
    url: '',
    lie: () => undefined,
    calls,
    close: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    calls.set(method, (calls.get(method) ?? 0) + 1)
    let answer: object
    try {
      const result = await ask(method, params)
      answer = { jsonrpc: '2.0', id, result: (await node.lie({ method, params, result, ask })) ?? result }
    } catch (error) {
      answer = { jsonrpc: '2.0', id, error: { code: -1, message: String(error) } }
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  }
  // WebSockets go through untouched.
  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const { hostname, port } = new URL(rpcUrl)
    const upstream = connect(Number(port), hostname, () => {
      const headers = request.rawHeaders
        .map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`))
        .join('')
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${headers}\r\n`)
      upstream.write(head)
      upstream.pipe(client)
      client.pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  await listening(server)
  return Object.assign(node, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve())
  })
}
