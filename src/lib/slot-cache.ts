/**
 * A small memory of pairs of strings in flat arrays: each key has one slot, and the latest one in it stays. Nothing is
 * hashed and nothing has to be collected, so a look-up that fails costs next to nothing.
 */
export class SlotCache {
  readonly #keys: (string | undefined)[]
  readonly #values: string[]

  /** @param slots a power of two */
  constructor(slots: number) {
    this.#keys = new Array<string | undefined>(slots).fill(undefined)
    this.#values = new Array<string>(slots).fill('')
  }

  /** What was last put there under this key; undefined if that was another key. */
  get(key: string): string | undefined {
    const slot = slotOf(key, this.#keys.length)
    return this.#keys[slot] === key ? this.#values[slot] : undefined
  }

  set(key: string, value: string): void {
    const slot = slotOf(key, this.#keys.length)
    this.#keys[slot] = key
    this.#values[slot] = value
  }
}

/** A slot by the last four units: of an address the checksum or the end of a hash, in both cases as good as random. */
export function slotOf(key: string, slots: number): number {
  const end = key.length
  let hash = 0
  for (let i = end > 4 ? end - 4 : 0; i < end; i++) hash = Math.imul(hash, 0x85eb_ca6b) + key.charCodeAt(i)
  return (hash ^ (hash >>> 15)) & (slots - 1)
}
