import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** What a JSON-RPC server answered, with its HTTP status. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A POST of any text to the RPC. */
export async function post(rpc: string, body: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  return answerOf(await fetch(rpc, { method: 'POST', headers, body }))
}

/** A GET of a path. */
export async function get(rpc: string, path: string): Promise<Answer> {
  return answerOf(await fetch(`${rpc}${path}`))
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  let body: unknown = text
  try {
    body = JSON.parse(text)
  } catch {
    // A page, or nothing.
  }
  return { status: response.status, body }
}

/** Calls a method; throws what is refused. */
export async function call<T = Record<string, unknown>>(
  rpc: string,
  method: string,
  params: object = {},
): Promise<T> {
  const { body } = await post(rpc, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const { result, error } = body as { result?: T; error?: { message: string; data?: string } }
  if (error !== undefined) throw new Error(`${method}: ${error.data ?? error.message}`)
  return result as T
}

export async function heightOf(rpc: string): Promise<number> {
  const { sync_info } = await call<{ sync_info: { latest_block_height: string } }>(rpc, 'status')
  return Number(sync_info.latest_block_height)
}

/** Waits until a condition holds; throws after `ms`. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  ms = 60_000,
): Promise<void> {
  for (const deadline = Date.now() + ms; !(await holds()); await sleep(20))
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`)
}

/** A home with the same keys, genesis and settings, and no data. */
export function copyHome(from: string, to: string): void {
  mkdirSync(join(to, 'data'), { recursive: true })
  cpSync(join(from, 'config'), join(to, 'config'), { recursive: true })
}

/** A WebSocket that keeps every message. */
export class Socket {
  readonly messages: Record<string, unknown>[] = []
  readonly socket: WebSocket

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data)) as Record<string, unknown>))
  }

  static async open(rpc: string): Promise<Socket> {
    const socket = new WebSocket(`${rpc.replace('http', 'ws')}/websocket`)
    const opened = new Socket(socket)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return opened
  }

  /** Sends a text and waits for the next message. */
  async ask(text: string): Promise<Record<string, unknown>> {
    const before = this.messages.length
    this.socket.send(text)
    await until('an answer on the WebSocket', () => this.messages.length > before)
    return this.messages[before] as Record<string, unknown>
  }

  request(id: string | number, method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.ask(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  }

  close(): void {
    this.socket.terminate()
  }
}
