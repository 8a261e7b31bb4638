import type { ByteString } from '#lib/bytes.ts'
import { sha256Text } from '#lib/hash.ts'
import { LruMap } from '#lib/lru.ts'
import type { CheckTxResponse } from '../abci/types.ts'
import { RpcRefusal } from './errors.ts'
import { MAX_TX_BYTES, MEMPOOL_BYTES, MEMPOOL_CACHE, MEMPOOL_TXS } from './limits.ts'

export interface MempoolLimits {
  readonly txs: number
  readonly bytes: number
  readonly txBytes: number
  readonly cache: number
}

const LIMITS: MempoolLimits = {
  txs: MEMPOOL_TXS,
  bytes: MEMPOOL_BYTES,
  txBytes: MAX_TX_BYTES,
  cache: MEMPOOL_CACHE,
}

interface Waiting {
  readonly tx: Uint8Array
  readonly gasWanted: number
}

/** What the consensus parameters say of transactions: bytes of a block's data, and gas of a block or -1. */
export interface TxRules {
  readonly maxBytes: number
  readonly maxGas: number
}

/** Transactions that wait for a block, in the order in which they came; the rules and texts are CometBFT's. */
export class Mempool {
  readonly #check: (tx: Uint8Array, recheck: boolean) => CheckTxResponse
  readonly #limits: MempoolLimits
  readonly #waiting = new Map<ByteString, Waiting>()
  /** Hashes of what was seen lately, in a block or not. */
  readonly #seen: LruMap<ByteString, true>
  #bytes = 0
  #rules: TxRules = { maxBytes: -1, maxGas: -1 }

  constructor(
    check: (tx: Uint8Array, recheck: boolean) => CheckTxResponse,
    limits: Partial<MempoolLimits> = {},
  ) {
    this.#check = check
    this.#limits = { ...LIMITS, ...limits }
    // The map is sure of the newest half of its capacity.
    this.#seen = new LruMap(2 * this.#limits.cache)
  }

  get size(): number {
    return this.#waiting.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Checks a transaction and keeps it if it is good; throws {@link RpcRefusal} where it is not even looked at. */
  add(tx: Uint8Array): CheckTxResponse {
    this.#refuseFull(tx.length)
    const { txBytes } = this.#limits
    if (tx.length > txBytes)
      throw new RpcRefusal(`Tx too large. Max size is ${txBytes}, but got ${tx.length}`)
    const { maxBytes } = this.#rules
    const bytes = dataBytes(tx.length)
    if (maxBytes > -1 && bytes > maxBytes)
      throw new RpcRefusal(`tx pre check: tx size is too big: ${bytes}, max: ${maxBytes}`)
    const hash = sha256Text(tx)
    if (this.#seen.get(hash) === true) throw new RpcRefusal('tx already exists in cache')
    this.#seen.set(hash, true)
    const response = this.#check(tx, false)
    if (response.code === 0 && this.#isAffordable(response.gasWanted)) {
      this.#waiting.set(hash, { tx, gasWanted: response.gasWanted })
      this.#bytes += tx.length
    } else this.#seen.delete(hash)
    return response
  }

  #refuseFull(bytes: number): void {
    const { txs, bytes: most } = this.#limits
    if (this.size < txs && this.#bytes + bytes <= most) return
    throw new RpcRefusal(
      `mempool is full: number of txs ${this.size} (max: ${txs}), total txs bytes ${this.#bytes} (max: ${most})`,
    )
  }

  /** CometBFT drops a transaction that asks for more gas than a block has, although its answer says 0. */
  #isAffordable(gasWanted: number): boolean {
    const { maxGas } = this.#rules
    return maxGas === -1 || (gasWanted >= 0 && gasWanted <= maxGas)
  }

  /** Transactions for a block, from the oldest on, as many as fit. */
  reap({ maxBytes, maxGas }: TxRules): Uint8Array[] {
    const txs: Uint8Array[] = []
    let bytes = 0
    let gas = 0
    for (const { tx, gasWanted } of this.#waiting.values()) {
      bytes += dataBytes(tx.length)
      gas += gasWanted
      if (maxBytes > -1 && bytes > maxBytes) break
      if (maxGas > -1 && gas > maxGas) break
      txs.push(tx)
    }
    return txs
  }

  /** The oldest transactions, `count` at most. */
  oldest(count: number): Uint8Array[] {
    const txs: Uint8Array[] = []
    for (const { tx } of this.#waiting.values()) {
      if (txs.length >= count) break
      txs.push(tx)
    }
    return txs
  }

  /** After a block: what it holds goes, what is left is checked once more under the rules that hold from now on. */
  update(txs: readonly { readonly hash: ByteString; readonly code: number }[], rules: TxRules): void {
    this.#rules = rules
    for (const { hash, code } of txs) {
      if (code === 0) this.#seen.set(hash, true)
      else this.#seen.delete(hash)
      this.#remove(hash)
    }
    for (const [hash, { tx }] of this.#waiting) {
      const { code, gasWanted } = this.#check(tx, true)
      if (code === 0 && this.#isAffordable(gasWanted)) continue
      this.#remove(hash)
      this.#seen.delete(hash)
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#waiting.clear()
    this.#seen.clear()
    this.#bytes = 0
  }

  #remove(hash: ByteString): void {
    const waiting = this.#waiting.get(hash)
    if (waiting === undefined) return
    this.#waiting.delete(hash)
    this.#bytes -= waiting.tx.length
  }
}

/** Bytes a transaction takes in a block: itself, its length and its tag (`ComputeProtoSizeForTxs`). */
function dataBytes(length: number): number {
  let varint = 1
  for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) varint++
  return 1 + varint + length
}
