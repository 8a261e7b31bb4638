import type { ServerHttp2Session } from 'node:http2'

export interface ConnectionOptions {
  /** How long a client may take to make its first call. */
  readonly firstMs: number
  /** How long it may be silent from then on. */
  readonly idleMs: number
  /** How long it may take to say that it lives, or to close after it was told to. */
  readonly replyMs: number
  /** Whether it has calls under way. */
  readonly busy: () => boolean
}

/** Ends a connection that nobody uses, or behind which nobody lives. */
export function keepConnection(session: ServerHttp2Session, options: ConnectionOptions): void {
  const { firstMs, idleMs, replyMs, busy } = options
  session.setTimeout(firstMs)
  session.once('stream', () => session.setTimeout(idleMs))
  session.on('timeout', () => {
    const end = setTimeout(() => session.destroy(), replyMs).unref()
    session.once('close', () => clearTimeout(end))
    // Told so, a client makes its next call on another connection: none is lost on this one.
    if (!busy()) return session.goaway()
    session.ping((error) => {
      if (error !== null) return
      clearTimeout(end)
      session.setTimeout(idleMs)
    })
  })
}
