import { type KeyCodec, keyAsValue, str, tuple, u32, u64 } from './codec.ts'
import { Collection, type CollectionInfo, KeyMap, KeySet } from './collections.ts'
import { type BlockContext, type Context, METER, type ReadContext, type WriteContext } from './context.ts'
import { AppError } from './errors.ts'
import { GasMeter } from './gas.ts'
import type { Module, Timer } from './module.ts'

/** What all timed work of a block may cost together, and one item alone. */
export interface DeadlineBudget {
  readonly items: number
  readonly gas: number
  readonly itemGas: number
}

/** Why an item failed; it stays parked until somebody retries it. */
export interface DeadlineFailure {
  readonly height: bigint
  readonly codespace: string
  readonly code: number
}

type Entry<K> = readonly [height: bigint, key: K]

const failureCodec = keyAsValue(tuple(u64, str, u32))
/** Queue and failures share one prefix; the next byte tells them apart. */
const QUEUE = '\0'
const FAILED = '\x01'

/**
 * Work that falls due at a height. Items run in order of height, then key, each under its own checkpoint and gas limit;
 * a named error takes that item's writes back and parks it in `failed`, so one bad item never stops a block.
 */
export class Deadlines<K> extends Collection {
  readonly #queue: KeySet<[bigint, K], [bigint]>
  readonly #failed: KeyMap<K, [bigint, string, number]>
  #earliest: bigint | undefined

  constructor(prefix: number, codec: KeyCodec<K>) {
    super({ prefix, kind: 'deadlines', key: `(u64, ${codec.name})`, value: '' })
    const queueKey = tuple(u64, codec) as unknown as KeyCodec<[bigint, K], [bigint]>
    this.#queue = new KeySet(prefix, queueKey, 'set', QUEUE)
    this.#failed = new KeyMap(prefix, codec, failureCodec, 'map', FAILED)
  }

  override parts(): readonly CollectionInfo[] {
    return [this.info]
  }

  override bind(schemaId: number, name: string): void {
    super.bind(schemaId, name)
    this.#queue.bind(schemaId, name)
    this.#failed.bind(schemaId, name)
  }

  /** Sets an item for the end of the block at `height`, or of the next one if that has passed. */
  schedule(ctx: WriteContext, height: bigint, key: K): void {
    this.#queue.add(ctx, [height, key])
    if (this.#earliest === undefined || height < this.#earliest) this.#earliest = height
  }

  /** The lowest height that anything was scheduled for since this was asked, even if that was taken back. */
  takeEarliest(): bigint | undefined {
    const earliest = this.#earliest
    this.#earliest = undefined
    return earliest
  }

  cancel(ctx: WriteContext, height: bigint, key: K): void {
    this.#queue.remove(ctx, [height, key])
  }

  /** All waiting items, soonest first. */
  *pending(ctx: ReadContext): Generator<readonly [height: bigint, key: K], void, undefined> {
    yield* this.#queue.keys(ctx)
  }

  /** The first item due at or before `height`; `from` says where to begin, if nothing can stand before. */
  next(ctx: ReadContext, height: bigint, from?: Entry<K>): Entry<K> | undefined {
    const range = from === undefined ? {} : { from: [from[0], from[1]] as [bigint, K] }
    for (const entry of this.#queue.keys(ctx, range)) return entry[0] <= height ? entry : undefined
    return undefined
  }

  failure(ctx: ReadContext, key: K): DeadlineFailure | undefined {
    const row = this.#failed.get(ctx, key)
    return row === undefined ? undefined : { height: row[0], codespace: row[1], code: row[2] }
  }

  *failed(ctx: ReadContext): Generator<readonly [key: K, failure: DeadlineFailure], void, undefined> {
    for (const [key, row] of this.#failed.entries(ctx)) {
      yield [key, { height: row[0], codespace: row[1], code: row[2] }]
    }
  }

  /** Parks an item; also how genesis brings failed items back. */
  park(ctx: WriteContext, key: K, failure: DeadlineFailure): void {
    this.#failed.set(ctx, key, [failure.height, failure.codespace, failure.code])
  }

  /** Puts a failed item back into the queue, due now; false if it never failed. */
  retry(ctx: WriteContext, key: K): boolean {
    if (!this.#failed.has(ctx, key)) return false
    this.#failed.remove(ctx, key)
    this.schedule(ctx, ctx.height, key)
    return true
  }
}

/** Declares a queue of timed work; its items are keys of the given kind. */
export const deadlines = <K>(prefix: number, codec: KeyCodec<K>): Deadlines<K> => new Deadlines(prefix, codec)

/** A store whose writes can be taken back to a mark; the overlay of store/ is one. */
export interface Checkpoints {
  checkpoint(): number
  revert(mark: number): void
}

/**
 * Runs what is due at the end of a block: of all queues the item with the lowest height first, modules of one height
 * in chain order, until the budget has no room for a whole item; the rest waits for the next block. So an item fails
 * for want of gas only if it needs more than any item may use. Returns how many items ran.
 */
export function runDeadlines(
  ctx: Context,
  modules: readonly Module[],
  budget: DeadlineBudget,
  store: Checkpoints,
): number {
  const timers = modules.flatMap((module) => module.timers ?? []) as unknown as readonly Timer<unknown>[]
  const searches = timers.map((timer) => new Search(timer))
  let gasLeft = budget.gas
  let items = 0
  while (items < budget.items && gasLeft >= budget.itemGas) {
    const due = soonest(ctx, searches)
    if (due === undefined) break
    items++
    gasLeft -= runItem(ctx, due, budget.itemGas, store)
  }
  return items
}

interface Due {
  readonly timer: Timer<unknown>
  readonly height: bigint
  readonly key: unknown
}

/** Looks for what is due in one queue, for the length of one block's end. */
class Search {
  readonly timer: Timer<unknown>
  // What ran is gone but has to be passed over; nothing waits before it that was not scheduled since.
  #from: Entry<unknown> | undefined

  constructor(timer: Timer<unknown>) {
    this.timer = timer
    timer.queue.takeEarliest()
  }

  next(ctx: ReadContext): Entry<unknown> | undefined {
    const { queue } = this.timer
    const earliest = queue.takeEarliest()
    if (this.#from !== undefined && earliest !== undefined && earliest <= this.#from[0])
      this.#from = undefined
    const entry = queue.next(ctx, ctx.height, this.#from)
    if (entry !== undefined) this.#from = entry
    return entry
  }
}

function soonest(ctx: ReadContext, searches: readonly Search[]): Due | undefined {
  let first: Due | undefined
  for (const search of searches) {
    const entry = search.next(ctx)
    if (entry !== undefined && (first === undefined || entry[0] < first.height)) {
      first = { timer: search.timer, height: entry[0], key: entry[1] }
    }
  }
  return first
}

function runItem(ctx: Context, due: Due, gas: number, store: Checkpoints): number {
  const { timer, height, key } = due
  timer.queue.cancel(ctx, height, key)
  const mark = store.checkpoint()
  const item = ctx.with({ meter: new GasMeter(gas) })
  try {
    timer.run(item as BlockContext, key)
    for (const event of item.takeEvents()) ctx.emitRaw(event.type, [...event.attributes])
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    store.revert(mark)
    timer.queue.park(ctx, key, { height: ctx.height, codespace: error.codespace, code: error.code })
  }
  return item[METER].used
}
