/** An event as CometBFT stores it: a type and a flat list `key, value, key, value, …`; never hashed by consensus. */
export interface AbciEvent {
  readonly type: string
  readonly attributes: readonly string[]
}
