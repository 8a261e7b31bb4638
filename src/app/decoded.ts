import { equalBytes } from '#lib/bytes.ts'
import { LruMap } from '#lib/lru.ts'
import type { DecodedTx } from './tx.ts'
import type { TxDecoder } from './tx-decode.ts'

/**
 * Bytes of the transactions that stay decoded between CheckTx and their block: two whole blocks of 4 MiB. They are
 * counted before anybody has paid for them, and their objects may take fifty times the memory of their bytes.
 */
const CAPACITY_BYTES = 8 * 1_048_576
/**
 * Longer ones are decoded anew each time. Also the size of the pieces that copies stand in: one transaction keeps its
 * whole piece, so it is small.
 */
const REMEMBERED_BYTES = 4_096

/** Decodes transactions, each once while it is on its way to its block. */
export class DecodedTxs {
  readonly #decode: TxDecoder
  /** By a number made of the bytes; two transactions with the same number take turns in one place. */
  readonly #known = new LruMap<number, DecodedTx>(CAPACITY_BYTES, (tx) => tx.size)
  // Copies stand one behind the other: a piece of memory for each would cost more than what it holds.
  #piece = new ArrayBuffer(REMEMBERED_BYTES)
  #used = 0

  constructor(decode: TxDecoder) {
    this.#decode = decode
  }

  /** The decoded transaction; `bytes` may change afterwards. Throws what the decoder throws. */
  get(bytes: Uint8Array): DecodedTx {
    if (bytes.length > REMEMBERED_BYTES) return this.#decode(bytes.slice())
    const key = numberOf(bytes)
    const known = this.#known.get(key)
    if (known !== undefined && equalBytes(known.bytes, bytes)) return known
    // Only what is sure to stay lies in a piece: a stranger could fill pieces with the rest, each kept for one.
    const tx = known === undefined ? this.#decodeInPiece(bytes) : this.#decode(bytes.slice())
    this.#known.set(key, tx)
    return tx
  }

  #decodeInPiece(bytes: Uint8Array): DecodedTx {
    const fits = this.#used + bytes.length <= REMEMBERED_BYTES
    const piece = fits ? this.#piece : new ArrayBuffer(REMEMBERED_BYTES)
    const start = fits ? this.#used : 0
    const copy = new Uint8Array(piece, start, bytes.length)
    copy.set(bytes)
    const tx = this.#decode(copy)
    this.#piece = piece
    this.#used = start + bytes.length
    return tx
  }
}

/** Transactions end with a signature, which is as good as random: its last bytes and the length tell most apart. */
function numberOf(bytes: Uint8Array): number {
  const { length } = bytes
  let number = length
  for (let i = Math.max(0, length - 16); i < length; i++)
    number = Math.imul(number, 0x0100_0193) ^ (bytes[i] as number)
  // Thirty bits are a small integer, which a Map finds without an object.
  return number & 0x3fff_ffff
}
