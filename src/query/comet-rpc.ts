import { nodeErr } from './errors.ts'

export interface CometRpcOptions {
  /** As `http://127.0.0.1:26657`. */
  readonly url: string
  /** How long one call may take, waiting included (default 10 s). */
  readonly timeoutMs?: number
  /** Calls under way at once (default 16); so many times 64 may wait, the rest is refused. */
  readonly concurrency?: number
}

/** CometBFT understood the call and refused it; `data` is its own text, as `tx (AB12…) not found`. */
export class CometRpcError extends Error {
  override readonly name = 'CometRpcError'
  readonly code: number
  readonly data: string

  constructor(code: number, message: string, data: string) {
    super(data === '' ? message : `${message}: ${data}`)
    this.code = code
    this.data = data
  }
}

/** JSON-RPC to CometBFT, over connections that stay open. So many calls run at a time; CometBFT serves others, too. */
export class CometRpc {
  readonly #url: string
  readonly #timeoutMs: number
  readonly #concurrency: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #id = 0

  constructor({ url, timeoutMs = 10_000, concurrency = 16 }: CometRpcOptions) {
    this.#url = url
    this.#timeoutMs = timeoutMs
    this.#concurrency = concurrency
  }

  /** Calls a method and returns its `result`. Throws {@link CometRpcError}, `query/2` or `query/5`. */
  async call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const signal = AbortSignal.timeout(this.#timeoutMs)
    await this.#enter()
    try {
      return await this.#post(method, params, signal)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#concurrency) {
      this.#running++
      return
    }
    if (this.#waiting.length >= this.#concurrency * 64) {
      throw nodeErr.busy(`${this.#waiting.length} calls to CometBFT are waiting`)
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async #post(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    let answer: { result?: unknown; error?: { code?: number; message?: string; data?: string } }
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, method, params }),
        signal,
      })
      answer = (await response.json()) as typeof answer
    } catch (error) {
      const { cause, message } = error as Error
      throw nodeErr.comet(`${method}: ${cause instanceof Error ? cause.message : message}`)
    }
    const { error } = answer
    if (error !== undefined && error !== null) {
      throw new CometRpcError(error.code ?? 0, error.message ?? '', error.data ?? '')
    }
    return answer.result
  }
}
