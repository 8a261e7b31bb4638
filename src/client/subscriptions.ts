import type { comet38 } from '@cosmjs/tendermint-rpc'
import { sha256 } from '@noble/hashes/sha2.js'
import { toHex, ValueError } from '#lib/bytes.ts'
import { SubscriptionError } from './errors.ts'
import { type DecodedEvent, decodeEvent, type EventOf, type EventType, readEvent } from './events.ts'
import type { BlockFeed } from './feed.ts'
import { sleep, timeLimit, within } from './timing.ts'
import { type TxQuery, txMatcher } from './tx-query.ts'
import { type TxResult, txResult } from './tx-result.ts'

/** What subscriptions ask of a node. Every CosmJS CometBFT client has it. */
export interface BlockSource {
  abciInfo(): Promise<comet38.AbciInfoResponse>
  block(height?: number): Promise<comet38.BlockResponse>
  blockResults(height?: number): Promise<comet38.BlockResultsResponse>
}

/** How a subscription runs. */
export interface SubscribeOptions {
  /** The first height; default the block after the newest at the time of the call. */
  readonly from?: number
  /** Ends the subscription: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal
  /**
   * How long the node may be away, or not have what it should, before the subscription gives up with a
   * {@link SubscriptionError}; default five minutes.
   */
  readonly patienceMs?: number
}

/** How a subscription to events runs. */
export interface EventOptions<T> extends SubscribeOptions {
  /** Leaves out the events for which it says no. */
  readonly where?: (value: T) => boolean
}

/** A block as subscriptions give it. */
export interface BlockInfo {
  readonly height: number
  /** Upper-case hexadecimal. */
  readonly hash: string
  readonly time: Date
  /** Consensus address of the proposer, upper-case hexadecimal. */
  readonly proposer: string
  /** `cosmos.tx.v1beta1.TxRaw` each. */
  readonly txs: readonly Uint8Array[]
}

/** A typed event and where it stands in the chain. */
export interface ChainEvent<T> {
  readonly height: number
  /** Place of the transaction in its block, from 0; undefined for an event of the block itself. */
  readonly txIndex: number | undefined
  /** Place of the message in its transaction. */
  readonly msgIndex: number | undefined
  readonly value: T
}

/** Blocks that are asked for at a time where a subscription has fallen behind. */
const AHEAD = 8
/** One answer takes this long at most. */
const REQUEST_MS = 30_000
const RETRY_MS = 250

/**
 * Streams of what blocks bring, in order and each exactly once. They go by height: a block is asked for when the one
 * before has been taken, so nothing is lost with a connection, nothing piles up before a slow reader, and a node that
 * was away is caught up with. End one by leaving the loop, or with a signal.
 */
export class Subscriptions {
  readonly #source: BlockSource
  readonly #feed: BlockFeed

  constructor(source: BlockSource, feed: BlockFeed) {
    this.#source = source
    this.#feed = feed
  }

  /** Every block. */
  blocks(options: SubscribeOptions = {}): AsyncIterableIterator<BlockInfo> {
    return this.#follow(
      options,
      (height) => this.#source.block(height),
      (_height, block) => [blockInfo(block)],
    )
  }

  /** Every transaction, failed ones too, that matches a query in CometBFT's language, as `transfer.sender='wadi1…'`. */
  txs(query: TxQuery = '', options: SubscribeOptions = {}): AsyncIterableIterator<TxResult> {
    const matches = txMatcher(query)
    return this.#follow(
      options,
      (height) => Promise.all([this.#source.block(height), this.#source.blockResults(height)]),
      (height, [{ block }, { results }]) => txsOf(height, block, results).filter(matches),
    )
  }

  /** Every event of a kind, of transactions and of blocks; throws `EventError` for one that cannot be read. */
  events<E extends EventType<unknown>>(
    type: E,
    options: EventOptions<EventOf<E>> = {},
  ): AsyncIterableIterator<ChainEvent<EventOf<E>>> {
    const { where = () => true } = options
    return this.#follow(
      options,
      (height) => this.#source.blockResults(height),
      (height, results) =>
        eventsOf(results)
          .filter(({ event }) => event.type === type.$type)
          .map(({ event, txIndex }) => {
            const { msgIndex } = decodeEvent(event)
            return { height, txIndex, msgIndex, value: readEvent(event, type) }
          })
          .filter(({ value }) => where(value)),
    )
  }

  /** `load` asks the node for a height, `read` makes items of its answer. */
  #follow<A, T>(
    options: SubscribeOptions,
    load: (height: number) => Promise<A>,
    read: (height: number, answer: A) => readonly T[],
  ): AsyncIterableIterator<T> {
    const { from, signal } = options
    if (from !== undefined && (!Number.isSafeInteger(from) || from < 1))
      throw new ValueError(`a subscription from height ${from} is not possible: heights begin with 1`)
    // Asked for now and not with the first step, so that what happens in between belongs to the subscription.
    const first = async () => (await within(this.#newest(), timeLimit(REQUEST_MS, signal))) + 1
    const start = started(from === undefined ? first() : Promise.resolve(from))
    return this.#run(start, load, read, options)
  }

  async *#run<A, T>(
    start: Promise<number>,
    load: (height: number) => Promise<A>,
    read: (height: number, answer: A) => readonly T[],
    { signal, patienceMs = 300_000 }: SubscribeOptions,
  ): AsyncGenerator<T> {
    const release = this.#feed.use()
    try {
      let height = await start
      let newest = height - 1
      const ahead = new Map<number, Promise<A>>()
      for (;;) {
        signal?.throwIfAborted()
        if (height > newest) {
          const since = this.#feed.wakes
          newest = await this.#patient(height, patienceMs, signal, () => this.#newest())
          if (height > newest) await this.#feed.wait({ since, signal })
          continue
        }
        for (let at = height; at <= newest && at < height + AHEAD; at++) {
          if (!ahead.has(at)) ahead.set(at, started(load(at)))
        }
        const wanted = height
        const answer = await this.#patient(wanted, patienceMs, signal, () => {
          const known = ahead.get(wanted) ?? started(load(wanted))
          ahead.delete(wanted)
          return known
        })
        yield* read(height, answer)
        height++
      }
    } finally {
      release()
    }
  }

  async #newest(): Promise<number> {
    return (await this.#source.abciInfo()).lastBlockHeight ?? 0
  }

  /** Tries until it works, or patience is at its end, or the node says that it never will. */
  async #patient<T>(
    height: number,
    patienceMs: number,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const end = Date.now() + patienceMs
    for (;;) {
      try {
        return await within(work(), timeLimit(REQUEST_MS, signal))
      } catch (cause) {
        signal?.throwIfAborted()
        const { message } = cause as Error
        if (/lowest height is/.test(message))
          throw new SubscriptionError(`the node no longer has block ${height} (${message})`, height, {
            cause,
          })
        if (Date.now() >= end)
          throw new SubscriptionError(`the node did not give block ${height} in time (${message})`, height, {
            cause,
          })
        await sleep(RETRY_MS, signal)
      }
    }
  }
}

/** All events of a block, in the order in which they happened. */
function eventsOf({
  finalizeBlockEvents,
  results,
}: comet38.BlockResultsResponse): { readonly event: comet38.Event; readonly txIndex: number | undefined }[] {
  const isEnd = (event: comet38.Event): boolean => modeOf(event) === 'EndBlock'
  const ofBlock = (events: readonly comet38.Event[]) => events.map((event) => ({ event, txIndex: undefined }))
  return [
    ...ofBlock(finalizeBlockEvents.filter((event) => !isEnd(event))),
    ...results.flatMap(({ events }, txIndex) => events.map((event) => ({ event, txIndex }))),
    ...ofBlock(finalizeBlockEvents.filter(isEnd)),
  ]
}

/** The transactions of a block with their results. */
function txsOf(height: number, block: comet38.Block, results: readonly comet38.TxData[]): TxResult[] {
  if (block.txs.length !== results.length) {
    throw new ValueError(
      `block ${height} has ${block.txs.length} transactions and ${results.length} results at this node`,
    )
  }
  return block.txs.map((tx, index) => {
    const result = results[index] as comet38.TxData
    return txResult({ tx: tx as Uint8Array<ArrayBuffer>, hash: sha256(tx), height, index, result })
  })
}

const modeOf = (event: comet38.Event): DecodedEvent['mode'] => {
  const last = event.attributes.at(-1)
  return last?.key === 'mode' ? last.value : undefined
}

const blockInfo = ({ blockId, block: { header, txs } }: comet38.BlockResponse): BlockInfo => ({
  height: header.height,
  hash: toHex(blockId.hash).toUpperCase(),
  time: new Date(header.time.getTime()),
  proposer: toHex(header.proposerAddress).toUpperCase(),
  txs,
})

/** A promise that may fail before somebody waits for it. */
function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
