import type { ServerResponse } from 'node:http'

/** Why a credit is not given; the message is what the client reads. */
export class FaucetError extends Error {
  override readonly name = 'FaucetError'
  /** HTTP status. */
  readonly status: number
  /** Seconds after which asking again may help. */
  readonly retryAfter: number | undefined
  /** True where the coins may have been sent all the same: then the credit counts as given. */
  readonly uncertain: boolean

  constructor(
    status: number,
    message: string,
    { retryAfter, uncertain = false }: { readonly retryAfter?: number; readonly uncertain?: boolean } = {},
  ) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
    this.uncertain = uncertain
  }
}

/** The node of the faucet cannot be asked. */
export function nodeDown(error: unknown): FaucetError {
  const { cause, message } = error as Error
  const code = (cause as { code?: string } | undefined)?.code
  return new FaucetError(
    503,
    `The node of this faucet does not answer (${code ?? message}). Try again later.`,
    {
      retryAfter: 5,
    },
  )
}

/** Sends a text with these headers, `name, value, name, value, …`; nothing to a client that is gone. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: readonly string[],
): void {
  if (response.destroyed || response.headersSent) return
  const type = ['content-type', 'text/plain; charset=utf-8', 'content-length', `${Buffer.byteLength(text)}`]
  response.writeHead(status, [...type, 'x-content-type-options', 'nosniff', ...headers]).end(text)
}
