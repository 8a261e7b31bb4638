import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { goJsonError } from '../go-errors.ts'
import {
  MAX_BODY_BYTES,
  MAX_UNSENT_ANSWERS,
  MAX_UNSENT_BYTES,
  MAX_WAITING_REQUESTS,
  SUBSCRIPTION_BUFFER,
  SUBSCRIPTION_BYTES,
  WEBSOCKET_IDLE_MS,
  WEBSOCKET_PING_MS,
} from '../limits.ts'
import {
  answerCall,
  errorText,
  type Id,
  PARSE_ERROR,
  RequestError,
  type RpcRequest,
  type RpcService,
  readRequest,
  SERVER_ERROR,
} from './calls.ts'
import { devRefusal } from './dev-access.ts'

/** The WebSockets of an RPC server. */
export class RpcSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY_BYTES,
    perMessageDeflate: false,
  })
  readonly #pinger: NodeJS.Timeout

  constructor(service: RpcService) {
    this.#server.on(
      'connection',
      (socket, request: IncomingMessage) => new RpcSocket(socket, service, devRefusal(request, false)),
    )
    this.#pinger = setInterval(() => {
      for (const socket of this.#server.clients) if (socket.readyState === socket.OPEN) socket.ping()
    }, WEBSOCKET_PING_MS).unref()
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (URL.parse(request.url ?? '/', 'http://node')?.pathname !== '/websocket') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      this.#server.emit('connection', opened, request)
    })
  }

  close(): void {
    clearInterval(this.#pinger)
    for (const socket of this.#server.clients) socket.terminate()
    this.#server.close()
  }
}

/** One WebSocket: its requests are answered one after the other, and a reader who is slow makes nobody wait. */
class RpcSocket {
  readonly #socket: WebSocket
  readonly #service: RpcService
  readonly #devRefusal: string | undefined
  readonly #waiting: string[] = []
  #answering = false
  #unsentAnswers = 0
  #unsentAnswerBytes = 0
  #unsentEventBytes = 0
  #idle: NodeJS.Timeout | undefined

  constructor(socket: WebSocket, service: RpcService, devRefusal: string | undefined) {
    this.#socket = socket
    this.#service = service
    this.#devRefusal = devRefusal
    socket.on('message', (data: RawData) => this.#arrived((data as Buffer).toString('utf8')))
    for (const sign of ['message', 'ping', 'pong'] as const) socket.on(sign, () => this.#lives())
    // Its cause is the client's, and the end of the connection follows.
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      clearTimeout(this.#idle)
      service.node.bus.forget(this)
    })
    this.#lives()
  }

  #lives(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.#socket.terminate(), WEBSOCKET_IDLE_MS).unref()
  }

  #arrived(text: string): void {
    this.#waiting.push(text)
    this.#next()
  }

  /** Answers what waits, one after the other, while what was answered leaves; and reads on while that keeps up. */
  #next(): void {
    while (!this.#answering && !this.#isFull()) {
      const text = this.#waiting.shift()
      if (text === undefined) break
      this.#answer(text)
    }
    const behind = this.#isFull() || this.#waiting.length >= MAX_WAITING_REQUESTS
    if (behind && !this.#socket.isPaused) this.#socket.pause()
    else if (!behind && this.#socket.isPaused) this.#socket.resume()
  }

  #isFull(): boolean {
    return this.#unsentAnswers >= MAX_UNSENT_ANSWERS || this.#unsentAnswerBytes >= MAX_UNSENT_BYTES
  }

  #answer(text: string): void {
    const answer = this.#answerTo(text)
    if (typeof answer === 'string') this.#send(answer)
    if (typeof answer !== 'object') return
    this.#answering = true
    void answer
      .then((each) => this.#send(each))
      .catch((error) => this.#service.onBug(error))
      .finally(() => {
        this.#answering = false
        this.#next()
      })
  }

  #answerTo(text: string): string | Promise<string> | undefined {
    let request: RpcRequest | undefined
    try {
      request = readRequest(JSON.parse(text))
    } catch (error) {
      const problem = error instanceof RequestError ? error.message : goJsonError(text)
      return errorText(undefined, PARSE_ERROR, `error unmarshaling request: ${problem}`)
    }
    if (request === undefined) return undefined
    const { id } = request
    return answerCall(this.#service, request, {
      client: this,
      devRefusal: this.#devRefusal,
      deliver: (query) => this.#subscriber(id, query),
    })
  }

  /** Sends what one subscription matched; a client that does not take it loses the subscription, and is told. */
  #subscriber(id: Id, query: string): (data: string, events: string) => void {
    let unsent = 0
    const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"query":${JSON.stringify(query)},"data":`
    return (data, events) => {
      if (unsent >= SUBSCRIPTION_BUFFER || this.#unsentEventBytes > SUBSCRIPTION_BYTES) {
        this.#service.node.bus.unsubscribe(this, query)
        const reason = 'internal subscription event buffer is out of capacity'
        return this.#send(errorText(id, SERVER_ERROR, `subscription was canceled (reason: ${reason})`))
      }
      const text = `${head}${data},"events":${events}}}`
      unsent++
      this.#unsentEventBytes += text.length
      this.#socket.send(text, () => {
        unsent--
        this.#unsentEventBytes -= text.length
      })
    }
  }

  #send(text: string): void {
    const { length } = text
    this.#unsentAnswers++
    this.#unsentAnswerBytes += length
    this.#socket.send(text, () => {
      this.#unsentAnswers--
      this.#unsentAnswerBytes -= length
      this.#next()
    })
  }
}
