// The node: its RPC over one WebSocket, which is opened again when it is lost, and REST.

import { byId } from '../../query/pages/base.js'
import { doors, PATIENCE_MS, sleep } from './parts.js'

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 5_000

let socket
let nextId = 1
const waiting = new Map()

/** A method of CometBFT's RPC. */
export function ask(method, params = {}) {
  return new Promise((resolve, reject) => {
    if (socket?.readyState !== WebSocket.OPEN) return reject(new Error('not connected'))
    const id = nextId++
    const timer = setTimeout(
      () => settle(id, { error: { message: `${method} was not answered` } }),
      PATIENCE_MS,
    )
    waiting.set(id, { resolve, reject, timer })
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  })
}

function settle(id, { result, error }) {
  const call = waiting.get(id)
  if (call === undefined) return
  waiting.delete(id)
  clearTimeout(call.timer)
  if (error === undefined) call.resolve(result)
  else call.reject(new Error(error.data ?? error.message))
}

export async function rest(path) {
  const answer = await fetch(doors.rest + path, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok) throw new Error(`${answer.status} ${path}`)
  return answer.json()
}

function say(text, kind) {
  const state = byId('state')
  if (state.textContent !== text) state.textContent = text
  state.className = kind
}

let left = false

/** Closes the connection as a browser that is left should: else CometBFT's log speaks of an error. */
export function disconnect() {
  left = true
  socket?.close(1_000)
}

/** Keeps a connection. Calls `onOpen` whenever there is a new one, and `onBlock` with every new header. */
export function connect(onOpen, onBlock, retryMs = FIRST_RETRY_MS) {
  let pause = retryMs
  left = false
  socket = new WebSocket(doors.websocket)
  const own = socket
  own.onopen = async () => {
    pause = FIRST_RETRY_MS
    try {
      await ask('subscribe', { query: "tm.event='NewBlockHeader'" })
      const { node_info } = await ask('status')
      say(`${node_info.network}, CometBFT ${node_info.version}`, 'good')
      document.title = `${node_info.network} – Wadi devnet`
      await onOpen()
    } catch {
      own.close()
    }
  }
  own.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    const header = message.result?.data?.value?.header
    if (header === undefined) return settle(message.id, message)
    onBlock(header)
  }
  own.onclose = async () => {
    for (const id of [...waiting.keys()]) settle(id, { error: { message: 'the connection was lost' } })
    if (left) return
    say(`${doors.rpc} does not answer; trying again …`, 'bad')
    await sleep(pause)
    if (!left) connect(onOpen, onBlock, Math.min(pause * 2, LAST_RETRY_MS))
  }
}
