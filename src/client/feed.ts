/** Events of the RPC are larger than this only if something other than CometBFT answers. */
const MAX_MESSAGE = 1 << 20
/** Waiting times between two attempts to connect. */
const FIRST_RETRY_MS = 100
const MOST_RETRY_MS = 5_000
/** A socket stays open this long after its last use, so that one transaction after the other shares it. */
const LINGER_MS = 1_000
/** How often a node is asked where a socket tells of blocks: only in case that it went silent. */
const SILENCE_MS = 5_000

const SUBSCRIBE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'subscribe',
  params: { query: "tm.event='NewBlockHeader'" },
})

interface WaitForBlock {
  readonly since?: number
  readonly soon?: boolean
  readonly signal?: AbortSignal | undefined
}

type Timer = ReturnType<typeof setTimeout>

/**
 * Tells when there may be a new block: at once over a WebSocket, and by the clock while there is none. It carries no
 * data, so nothing is lost with a connection: whoever is woken asks the node for what it has not seen yet.
 */
export class BlockFeed {
  readonly #url: string | undefined
  readonly #pollMs: number
  readonly #waiting = new Set<() => void>()
  #wakes = 0
  #users = 0
  #socket: WebSocket | undefined
  #isLive = false
  #failures = 0
  #retry: Timer | undefined
  #linger: Timer | undefined

  /** @param url as `ws://127.0.0.1:26657/websocket`; without it, the clock alone wakes, every `pollMs` */
  constructor(url: string | undefined, pollMs: number) {
    this.#url = typeof WebSocket === 'undefined' ? undefined : url
    this.#pollMs = pollMs
  }

  /** Whether a socket tells of new blocks at the moment. */
  get isLive(): boolean {
    return this.#isLive
  }

  /** How often it has woken those who wait. */
  get wakes(): number {
    return this.#wakes
  }

  /** Keeps the socket open until the returned function is called. */
  use(): () => void {
    this.#users++
    clearTimeout(this.#linger)
    this.#open()
    let isUsed = true
    return () => {
      if (!isUsed) return
      isUsed = false
      this.#users--
      if (this.#users > 0 || this.#url === undefined) return
      this.#linger = setTimeout(() => this.close(), LINGER_MS)
    }
  }

  /**
   * Resolves at the next block, when the socket has just been opened again, or after a time: the poll time, or longer
   * while a socket is live. `since` is {@link wakes} from before the last look at the node: what came since resolves at
   * once. `soon` asks for the poll time in any case. Rejects with the signal's reason.
   */
  wait({ since = this.#wakes, soon = false, signal }: WaitForBlock = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', abort)
      }
      const wake = () => {
        end()
        resolve()
      }
      const abort = () => {
        end()
        reject(signal?.reason)
      }
      const timer = setTimeout(wake, this.#isLive && !soon ? SILENCE_MS : this.#pollMs)
      this.#waiting.add(wake)
      if (signal?.aborted === true) abort()
      else if (this.#wakes !== since) wake()
      else signal?.addEventListener('abort', abort)
    })
  }

  /** Closes the socket, if it is not used. With `force`, in any case. */
  close(force = false): void {
    if (this.#users > 0 && !force) return
    clearTimeout(this.#linger)
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#drop()
  }

  #open(): void {
    if (this.#url === undefined || this.#socket !== undefined || this.#retry !== undefined) return
    let socket: WebSocket
    try {
      socket = new WebSocket(this.#url)
    } catch {
      // A page may not open such a socket at all; polling remains.
      return
    }
    this.#socket = socket
    socket.onopen = () => socket.send(SUBSCRIBE)
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = () => this.#lost(socket)
    socket.onerror = () => this.#lost(socket)
  }

  /** The answer to the subscription, or an event: in both cases there may be something new. */
  #receive(data: unknown): void {
    if (isResult(data)) {
      this.#isLive = true
      this.#failures = 0
      this.#wakeAll()
    } else if (this.#socket !== undefined) this.#lost(this.#socket)
  }

  #lost(socket: WebSocket): void {
    if (this.#socket !== socket) return
    this.#drop()
    // Those who wait for a silent socket begin to poll.
    this.#wakeAll()
    if (this.#users === 0) return
    const delay = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      if (this.#users > 0) this.#open()
    }, delay)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#isLive = false
    if (socket === undefined) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.onerror = null
    socket.close()
  }

  #wakeAll(): void {
    this.#wakes++
    for (const wake of [...this.#waiting]) wake()
  }
}

function isResult(data: unknown): boolean {
  if (typeof data !== 'string' || data.length > MAX_MESSAGE) return false
  try {
    const message = JSON.parse(data) as { readonly result?: unknown; readonly error?: unknown } | null
    return message !== null && message.result !== undefined && message.error === undefined
  } catch {
    return false
  }
}
