import type { BlockScope, Executor } from './execute.ts'
import { isFailure } from './failure.ts'
import type { DecodedTx } from './tx.ts'

/** What a block may hold. */
export interface BlockLimits {
  /** Bytes of all transactions with their protobuf overhead. */
  readonly maxTxBytes: number
  /** Sum of gas limits; -1 for none. */
  readonly maxGas: number
}

interface Candidate {
  readonly tx: DecodedTx
  readonly position: number
  /** The least any fee coin pays per unit of gas, in 1/10^18. */
  readonly priority: bigint
}

const SCALE = 10n ** 18n

/**
 * Chooses a block out of what CometBFT offers (its mempool, first in, first out): drops what does not decode, orders
 * by priority without ever reordering one sender, and keeps what passes the ante handler in that order on the last
 * state, within the limits.
 */
export function prepareProposal(
  executor: Executor,
  scope: BlockScope,
  offered: readonly Uint8Array[],
  limits: BlockLimits,
): DecodedTx[] {
  const candidates: Candidate[] = []
  for (let position = 0; position < offered.length; position++) {
    const tx = executor.decode(offered[position] as Uint8Array)
    if (!isFailure(tx)) candidates.push({ tx, position, priority: priorityOf(tx) })
  }
  const ordered = byPriority(candidates)
  executor.warm(scope, ordered)
  const chosen: DecodedTx[] = []
  const room = new Room(limits)
  for (const tx of ordered) {
    if (!room.fits(tx)) continue
    if (executor.admit(scope, tx, 'proposal').failure !== undefined) continue
    room.take(tx)
    chosen.push(tx)
  }
  return chosen
}

/** Why a proposed block is refused; undefined if every transaction in it is one that a correct proposer sends. */
export function refuseProposal(
  executor: Executor,
  scope: BlockScope,
  proposed: readonly Uint8Array[],
  limits: BlockLimits,
): string | undefined {
  const decoded: DecodedTx[] = []
  const room = new Room(limits)
  for (const [index, bytes] of proposed.entries()) {
    const tx = executor.decode(bytes)
    if (isFailure(tx)) return `transaction ${index}: ${tx.log}`
    if (!room.fits(tx)) return `transaction ${index} passes the block's size or gas limit`
    room.take(tx)
    decoded.push(tx)
  }
  executor.warm(scope, decoded)
  for (const [index, tx] of decoded.entries()) {
    const { failure } = executor.admit(scope, tx, 'proposal')
    if (failure !== undefined) return `transaction ${index}: ${failure.log}`
  }
  return undefined
}

/** Counts what a block has left. */
class Room {
  #bytes: number
  #gas: bigint | undefined

  constructor({ maxTxBytes, maxGas }: BlockLimits) {
    this.#bytes = maxTxBytes
    this.#gas = maxGas < 0 ? undefined : BigInt(maxGas)
  }

  fits(tx: DecodedTx): boolean {
    return framed(tx) <= this.#bytes && (this.#gas === undefined || tx.fee.gasLimit <= this.#gas)
  }

  take(tx: DecodedTx): void {
    this.#bytes -= framed(tx)
    if (this.#gas !== undefined) this.#gas -= tx.fee.gasLimit
  }
}

/** A transaction's size in a block: field tag, length varint, bytes. */
function framed(tx: DecodedTx): number {
  const { length } = tx.bytes
  return 1 + (length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4) + length
}

function priorityOf(tx: DecodedTx): bigint {
  const { amount, gasLimit } = tx.fee
  if (gasLimit === 0n) return 0n
  let least: bigint | undefined
  for (const coin of amount) {
    const price = (BigInt(coin.amount) * SCALE) / gasLimit
    if (least === undefined || price < least) least = price
  }
  return least ?? 0n
}

/**
 * Highest priority first, then in order of arrival; one sender's transactions stay in theirs: a transaction counts no
 * more than the lowest of its sender's that came before it.
 */
function byPriority(candidates: readonly Candidate[]): DecodedTx[] {
  const ceiling = new Map<string, bigint>()
  const ranked = candidates.map(({ tx, position, priority }) => {
    let rank = priority
    for (const signer of tx.signers) {
      const limit = ceiling.get(signer)
      if (limit !== undefined && limit < rank) rank = limit
    }
    for (const signer of tx.signers) ceiling.set(signer, rank)
    return { tx, position, rank }
  })
  ranked.sort((a, b) => (a.rank === b.rank ? a.position - b.position : a.rank > b.rank ? -1 : 1))
  return ranked.map(({ tx }) => tx)
}
