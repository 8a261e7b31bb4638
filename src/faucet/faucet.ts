import type { IncomingMessage, ServerResponse } from 'node:http'
import { clip } from '#lib/bytes.ts'
import { hasUnreadBody, readBody } from '../query/body.ts'
import { httpStatus, refusalOf } from '../query/errors.ts'
import { sendJson, TooLarge } from '../query/rest-answer.ts'
import { Cors } from '../query/rest-cors.ts'
import { RestServer } from '../query/rest-server.ts'
import { FaucetError, sendText } from './errors.ts'
import type { Payer } from './payer.ts'
import { CreditQueue } from './queue.ts'
import { Quota } from './quota.ts'
import { type CreditRequest, checkContentType, clientKey, readCredit } from './requests.ts'
import { type FaucetSettings, HTTP_LIMITS, MAX_REMEMBERED } from './settings.ts'

export interface FaucetOptions extends FaucetSettings {
  /** The RPC of the node, for people to read. */
  readonly nodeUrl: string
  /** Opens the account that pays; called when it is first needed, and again after a failure. */
  readonly openPayer: () => Promise<Payer>
  /** Told of credits and of errors that are nobody's answer. */
  readonly log: (message: string) => void
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number
}

const WELCOME = `Welcome to the faucet!

GET /status says what it has; POST /credit {"address": "wadi1…", "denom": "awadi"} sends coins.
It speaks the protocol of @cosmjs/faucet: its FaucetClient works.
`

/** For how long an answer of /status is good. */
const STATUS_MS = 1_000

/** A faucet with CosmJS' HTTP interface: GET /healthz, GET /status, POST /credit. */
export class Faucet {
  readonly #options: FaucetOptions
  readonly #server: RestServer
  readonly #cors: Cors
  readonly #queue: CreditQueue
  readonly #byAddress: Quota
  readonly #byIp: Quota
  readonly #now: () => number
  #payer: Promise<Payer> | undefined
  #status: { readonly since: number; readonly json: Promise<string> } | undefined

  constructor(options: FaucetOptions) {
    const { cors, limits, now = () => performance.now() } = options
    this.#options = options
    this.#cors = new Cors(cors)
    this.#now = now
    this.#byAddress = new Quota(limits.perAddress, limits.windowMs, MAX_REMEMBERED, now)
    this.#byIp = new Quota(limits.perIp, limits.windowMs, MAX_REMEMBERED, now)
    this.#queue = new CreditQueue(async (credits) => (await this.#open()).pay(credits))
    this.#server = new RestServer(
      HTTP_LIMITS,
      (request, response) => void this.#handle(request, response),
      'faucet',
    )
  }

  /** Resolves with the URL. */
  listen(host: string, port: number): Promise<string> {
    return this.#server.listen(host, port, (error) => this.#options.log(`faucet: ${error}`))
  }

  /** Refuses what waits, lets the transaction under way end, and closes the door. */
  async close(): Promise<void> {
    await this.#queue.close()
    await this.#server.close()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, [...this.#cors.preflight(request)]).end()
      return
    }
    const headers = this.#cors.headers(request)
    try {
      await this.#answer(request, response, headers)
    } catch (error) {
      this.#refuse(request, response, error, headers)
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    headers: readonly string[],
  ): Promise<void> {
    switch (request.url?.split('?')[0]) {
      case '/':
      case '/healthz':
        return sendText(response, 200, WELCOME, headers)
      case '/status':
        return sendJson(response, 200, await this.#statusJson(), headers)
      case '/credit':
        await this.#credit(request)
        return sendText(response, 200, 'ok', headers)
      default:
        throw new FaucetError(404, 'Not Found. There are /healthz, /status and /credit.')
    }
  }

  async #credit(request: IncomingMessage): Promise<void> {
    if (request.method !== 'POST') throw new FaucetError(405, 'This endpoint requires a POST request.')
    checkContentType(request)
    const wanted = readCredit(await readBody(request, HTTP_LIMITS.maxBodyBytes))
    const coin = this.#options.credits.find(({ denom }) => denom === wanted.denom)
    if (coin === undefined) {
      const names = this.#options.credits.map(({ denom }) => denom).join(', ')
      throw new FaucetError(
        422,
        `Token is not available: ${clip(wanted.denom)}. Available tokens are: ${names}.`,
      )
    }
    const giveBack = this.#take(wanted, clientKey(request, this.#options.behindProxy ?? false))
    try {
      const payer = await this.#open()
      await payer.check(wanted.address)
      await this.#queue.add({ address: wanted.address, coin })
    } catch (error) {
      if (!(error instanceof FaucetError && error.uncertain)) giveBack()
      throw error
    }
    this.#options.log(`credit ${coin.amount}${coin.denom} ${wanted.address}`)
  }

  /** Counts a credit before it is given, so that many at once are no way past the limits. Returns how to undo it. */
  #take({ address, denom }: CreditRequest, ip: string): () => void {
    const { perAddress, perIp } = this.#options.limits
    const account = `${address} ${denom}`
    const give = (quota: Quota, key: string, what: string) => {
      const answer = quota.take(key)
      if (answer.taken) return
      const seconds = Math.ceil(answer.wait / 1_000)
      if (answer.full)
        throw new FaucetError(503, `The faucet is asked by too many. Try again later.`, {
          retryAfter: seconds,
        })
      throw new FaucetError(429, `Too many requests for ${what}. Wait ${seconds} seconds and try again.`, {
        retryAfter: seconds,
      })
    }
    give(this.#byAddress, account, `the same address, which gets ${perAddress} in a window`)
    try {
      give(this.#byIp, ip, `the same client, ${ip}, which gets ${perIp} in a window`)
    } catch (error) {
      this.#byAddress.giveBack(account)
      throw error
    }
    return () => {
      this.#byAddress.giveBack(account)
      this.#byIp.giveBack(ip)
    }
  }

  #open(): Promise<Payer> {
    this.#payer ??= this.#options.openPayer().catch((error: unknown) => {
      this.#payer = undefined
      throw error
    })
    return this.#payer
  }

  /** One question to the node a second, however many ask. */
  #statusJson(): Promise<string> {
    const since = this.#now()
    if (this.#status === undefined || since - this.#status.since >= STATUS_MS)
      this.#status = { since, json: this.#readStatus() }
    return this.#status.json
  }

  async #readStatus(): Promise<string> {
    const { credits, limits, nodeUrl } = this.#options
    const payer = await this.#open()
    const chainTokens = credits.map(({ denom }) => denom)
    const balance = await payer.balances(chainTokens)
    return JSON.stringify({
      status: 'ok',
      nodeUrl,
      chainId: await payer.chainId(),
      chainTokens,
      availableTokens: balance.filter(({ amount }) => amount !== '0').map(({ denom }) => denom),
      holder: { address: payer.address, balance },
      distributors: [],
      // From here on, more than CosmJS' faucet says.
      credits,
      limits: { perAddress: limits.perAddress, perIp: limits.perIp, windowSeconds: limits.windowMs / 1_000 },
    })
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    headers: readonly string[],
  ): void {
    const more = [...headers]
    if (hasUnreadBody(request)) more.push('connection', 'close')
    if (error instanceof FaucetError) {
      if (error.retryAfter !== undefined) more.push('retry-after', `${error.retryAfter}`)
      if (error.status === 405) more.push('allow', 'POST, OPTIONS')
      sendText(response, error.status, error.message, more)
      return
    }
    const { grpc, message } = refusalOf(error, () => {
      this.#options.log(`faucet: ${(error as Error).stack ?? error}`)
    })
    sendText(response, error instanceof TooLarge ? error.status : httpStatus(grpc), message, more)
  }
}
