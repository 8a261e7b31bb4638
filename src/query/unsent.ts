/** What answers are sent over. */
export interface UnsentConnection {
  readonly destroyed: boolean
  destroy(): void
}

export interface UnsentLimits {
  /** Bytes of all connections together. */
  readonly bytes: number
  /** When more is wanted, connections are closed that have not taken their answers for so long. */
  readonly staleMs: number
}

/** Bytes of answers that clients have not taken: native memory, which no limit of a heap counts. */
export const MAX_UNSENT_BYTES = 256 * 1_048_576
/** Of them on one connection, unless it is a single answer. */
export const MAX_UNSENT_CONNECTION_BYTES = 32 * 1_048_576
/** An answer up to this size is always sent to a client that takes its answers. */
export const SMALL_ANSWER_BYTES = 16_384

interface Held {
  readonly since: number
  bytes: number
}

/** Counts the bytes of answers that clients have not taken yet, and says when there are too many. */
export class Unsent<Connection extends UnsentConnection> {
  readonly #limits: UnsentLimits
  /** In the order in which they fell behind. */
  readonly #held = new Map<Connection, Held>()
  #bytes = 0

  constructor(limits: UnsentLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Why an answer of so many bytes is not sent; undefined if it is. */
  problem(connection: Connection, bytes: number): string | undefined {
    if (this.#bytes === 0) return undefined
    const own = this.#held.get(connection)
    if (own !== undefined && own.bytes + bytes > MAX_UNSENT_CONNECTION_BYTES)
      return `this connection has not taken ${own.bytes} bytes of its answers`
    if (this.#bytes + bytes > this.#limits.bytes) this.#dropStale()
    if (this.#bytes + bytes <= this.#limits.bytes) return undefined
    // Else a few clients that take nothing would silence the node for all.
    if (own === undefined && bytes <= SMALL_ANSWER_BYTES) return undefined
    return `clients have not taken ${this.#bytes} bytes of answers`
  }

  /** Counts bytes until the function that it returns is called, or the connection is forgotten. */
  hold(connection: Connection, bytes: number): () => void {
    let held = this.#held.get(connection)
    if (held === undefined) {
      held = { since: performance.now(), bytes: 0 }
      this.#held.set(connection, held)
    }
    const own = held
    own.bytes += bytes
    this.#bytes += bytes
    return () => {
      if (this.#held.get(connection) !== own) return
      own.bytes -= bytes
      this.#bytes -= bytes
      if (own.bytes === 0) this.#held.delete(connection)
    }
  }

  /** To be called when a connection is closed. */
  forget(connection: Connection): void {
    this.#bytes -= this.#held.get(connection)?.bytes ?? 0
    this.#held.delete(connection)
  }

  #dropStale(): void {
    const limit = performance.now() - this.#limits.staleMs
    for (const [connection, { since }] of this.#held) {
      if (since > limit) return
      connection.destroy()
      this.forget(connection)
    }
  }
}
