/** Places for what is under way: so many in all, and so many for each connection, so that no client takes them all. */
export class Places<Connection extends object> {
  readonly #all: number
  readonly #each: number
  readonly #byConnection = new Map<Connection, number>()
  #taken = 0

  constructor(all: number, each: number) {
    this.#all = all
    this.#each = each
  }

  /** Why the connection gets no place; undefined if it gets one. */
  problem(connection: Connection): string | undefined {
    if (this.#taken === 0) return undefined
    if (this.#taken >= this.#all) return `${this.#all} requests are being answered`
    const own = this.#byConnection.get(connection) ?? 0
    return own < this.#each ? undefined : `${this.#each} requests of this connection are being answered`
  }

  take(connection: Connection): void {
    this.#taken++
    this.#byConnection.set(connection, (this.#byConnection.get(connection) ?? 0) + 1)
  }

  /** Gives back a place that was taken. */
  free(connection: Connection): void {
    this.#taken--
    const left = (this.#byConnection.get(connection) ?? 0) - 1
    if (left > 0) this.#byConnection.set(connection, left)
    else this.#byConnection.delete(connection)
  }
}
