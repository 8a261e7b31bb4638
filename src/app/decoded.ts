import { toByteString } from '#lib/bytes.ts'
import { LruMap } from '#lib/lru.ts'
import type { DecodedTx } from './tx.ts'
import type { TxDecoder } from './tx-decode.ts'

/**
 * Bytes of the transactions that stay decoded between CheckTx and their block: two whole blocks of 4 MiB. They are
 * counted before anybody has paid for them, and their objects may take fifty times the memory of their bytes.
 */
const CAPACITY_BYTES = 8 * 1_048_576
/** Longer ones are decoded anew each time. */
const REMEMBERED_BYTES = 4_096

/** Decodes transactions, each once while it is on its way to its block. */
export class DecodedTxs {
  readonly #decode: TxDecoder
  readonly #known = new LruMap<string, DecodedTx>(CAPACITY_BYTES, (tx) => tx.size)
  // Copies stand one behind the other: a piece of memory for each would cost more than what it holds.
  #piece = new Uint8Array(REMEMBERED_BYTES)
  #used = 0

  constructor(decode: TxDecoder) {
    this.#decode = decode
  }

  /** The decoded transaction; `bytes` may change afterwards. Throws what the decoder throws. */
  get(bytes: Uint8Array): DecodedTx {
    if (bytes.length > REMEMBERED_BYTES) return this.#decode(bytes.slice())
    const key = toByteString(bytes)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const tx = this.#decode(this.#copy(bytes))
    this.#known.set(key, tx)
    return tx
  }

  #copy(bytes: Uint8Array): Uint8Array {
    if (this.#used + bytes.length > REMEMBERED_BYTES) {
      this.#piece = new Uint8Array(REMEMBERED_BYTES)
      this.#used = 0
    }
    const copy = this.#piece.subarray(this.#used, this.#used + bytes.length)
    copy.set(bytes)
    this.#used += bytes.length
    return copy
  }
}
