import { rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { NodeError } from './errors.ts'
import { prepareSocketFolder, socketPath } from './home.ts'
import type { LocalnetNode, Which } from './localnet-node.ts'

/** What a second terminal may ask of a running localnet; nodes by their number. */
export type ControlRequest =
  | { readonly do: 'status' }
  | { readonly do: 'kill'; readonly node: number; readonly which?: Which; readonly signal?: NodeJS.Signals }
  | { readonly do: 'restart'; readonly node: number }
  | { readonly do: 'add-full-node' }

/** One node as `status` tells it; `height` is absent while its RPC does not answer. */
export interface NodeReport {
  readonly index: number
  readonly name: string
  readonly validator: boolean
  readonly running: boolean
  readonly rpcUrl: string
  readonly restUrl: string
  readonly grpcAddress?: string | undefined
  readonly pids: { readonly app?: number; readonly cometbft?: number }
  readonly height?: number
}

interface ControlResponse {
  readonly nodes?: readonly NodeReport[]
  readonly error?: string
}

const SOCKET = 'control.sock'
const MAX_REQUEST = 4_096
const ANSWER_MS = 60_000

/** Listens on the control socket of a localnet; returns what closes it. One JSON line each way a connection. */
export async function serveControl(
  dir: string,
  nodes: readonly LocalnetNode[],
  addFullNode: () => Promise<LocalnetNode>,
): Promise<() => Promise<void>> {
  const path = socketPath(resolve(dir), SOCKET)
  prepareSocketFolder(path)
  rmSync(path, { force: true })
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    onRequest(socket, async (text) => {
      const answer = await perform(text, nodes, addFullNode).catch((error: Error) => ({
        error: error.message,
      }))
      socket.end(`${JSON.stringify(answer)}\n`)
    })
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(path, done))
  return async () => {
    await new Promise<void>((done) => {
      server.close(() => done())
      for (const socket of open) socket.destroy()
    })
    rmSync(path, { force: true })
  }
}

/**
 * Asks the localnet that runs in `dir`. Throws `not-running` when none does, and what it answers with when it
 * refuses.
 */
export async function askLocalnet(dir: string, request: ControlRequest): Promise<readonly NodeReport[]> {
  const text = await exchange(socketPath(resolve(dir), SOCKET), `${JSON.stringify(request)}\n`)
  if (text === undefined)
    throw new NodeError('not-running', `no localnet runs in ${resolve(dir)}`, [
      'start it in another terminal: "npm run localnet"',
      'or name its folder with --dir',
    ])
  const answer = JSON.parse(text) as ControlResponse
  if (answer.error !== undefined)
    throw new NodeError('bad-option', answer.error, ['"wadi localnet status" lists the nodes'])
  return answer.nodes ?? []
}

async function perform(
  text: string,
  nodes: readonly LocalnetNode[],
  addFullNode: () => Promise<LocalnetNode>,
): Promise<ControlResponse> {
  const request = JSON.parse(text) as ControlRequest
  switch (request.do) {
    case 'status':
      return { nodes: await Promise.all(nodes.map(report)) }
    case 'kill': {
      const node = nodeAt(nodes, request.node)
      await node.kill(request.which, request.signal)
      return { nodes: [await report(node)] }
    }
    case 'restart': {
      const node = nodeAt(nodes, request.node)
      await node.restart()
      return { nodes: [await report(node)] }
    }
    case 'add-full-node':
      return { nodes: [await report(await addFullNode())] }
    default:
      return { error: `unknown request ${text.trim()}` }
  }
}

function nodeAt(nodes: readonly LocalnetNode[], index: number): LocalnetNode {
  const node = nodes[index]
  if (node === undefined)
    throw new NodeError('bad-option', `there is no node ${index}`, [
      `take a number from 0 to ${nodes.length - 1}`,
    ])
  return node
}

async function report(node: LocalnetNode): Promise<NodeReport> {
  const { index, name, validator, running, rpcUrl, restUrl, grpcAddress, pids } = node
  const height = (await node.status())?.height
  const told = { index, name, validator, running, rpcUrl, restUrl, grpcAddress, pids }
  return height === undefined ? told : { ...told, height }
}

function onRequest(socket: Socket, handle: (text: string) => void): void {
  let text = ''
  const take = (chunk: string) => {
    text += chunk
    if (text.length > MAX_REQUEST) socket.destroy()
    if (!text.includes('\n')) return
    socket.off('data', take)
    handle(text)
  }
  socket.setEncoding('utf8').on('data', take)
}

/** Sends one line and returns everything that comes back, or undefined when nobody listens. */
function exchange(path: string, line: string): Promise<string | undefined> {
  return new Promise((done, fail) => {
    let text = ''
    const socket = connect(path, () => socket.write(line))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.setTimeout(ANSWER_MS, () => {
      socket.destroy()
      fail(new NodeError('timeout', 'the localnet did not answer', ['look at its terminal']))
    })
    socket.once('error', () => done(undefined))
    socket.once('end', () => done(text === '' ? undefined : text))
  })
}
