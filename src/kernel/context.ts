import { eventAttributes } from '#lib/proto-json.ts'
import { assert } from './errors.ts'
import type { AbciEvent } from './events.ts'
import { GAS, GasMeter } from './gas.ts'
import type { Subscriptions } from './hooks.ts'
import type { ByteString, KvIterator, ReadStore, WriteStore } from './kv.ts'

/** Opens a context's store; not part of the façade, so only collections can reach state. */
export const STORE = Symbol('store')
/** Schema id → store slot of the chain at hand. */
export const SLOTS = Symbol('slots')
export const METER = Symbol('meter')
export const SUBSCRIPTIONS = Symbol('subscriptions')

/** Block time: seconds since 1970 and nanoseconds within the second. The shape of google.protobuf.Timestamp. */
export interface BlockTime {
  readonly seconds: bigint
  readonly nanos: number
}

/** A generated event type: its proto full name becomes the event's type. */
export interface EventType<T> {
  readonly $type: string
  encode(message: T): unknown
}

/** May look. Handlers of queries get no more than this, so a write there does not compile. */
export interface ReadContext {
  readonly height: bigint
  readonly time: BlockTime
  readonly chainId: string
  readonly [STORE]: ReadStore
  readonly [SLOTS]: Slots
  readonly [METER]: GasMeter
}

/** May change state, tell of it, and charge for it. */
export interface WriteContext extends ReadContext {
  readonly [STORE]: WriteStore
  readonly [SUBSCRIPTIONS]: Subscriptions
  /** Emits a typed event: attributes are the JSON fields of `value`, as the Cosmos SDK writes them. */
  emit<T extends object>(type: EventType<T>, value: NoInfer<T>): void
  /**
   * Emits an event with given attributes: `key, value, key, value, …` (what wallets expect of bank and tx). The list
   * is handed over.
   */
  emitRaw(type: string, attributes: string[]): void
  /** False where nobody reads events (CheckTx, proposals): what only goes into one need not be made. */
  readonly recordsEvents: boolean
  consumeGas(amount: number, what: string): void
}

/** A message being executed, and who signed it. */
export interface TxContext extends WriteContext {
  /** bech32, in the order the message names them, each once. */
  readonly signers: readonly string[]
  /** sha256 of the transaction, 32 bytes. */
  readonly txHash: ByteString
  /** Position of the transaction in its block; 0 outside of one. */
  readonly txIndex: number
}

/** What CometBFT says of the block being executed. */
export interface BlockInfo {
  readonly proposer: Uint8Array
  readonly hash: Uint8Array
}

export interface BlockContext extends WriteContext {
  readonly block: BlockInfo
}

/** Store slots by schema id; undefined where the chain lacks that module. */
export type Slots = readonly (number | undefined)[]

/** Everything a context is made of. */
export interface ContextOptions {
  readonly store: ReadStore
  readonly slots: Slots
  readonly height: bigint
  readonly time: BlockTime
  readonly chainId: string
  readonly meter?: GasMeter
  readonly subscriptions?: Subscriptions
  readonly signers?: readonly string[]
  /** The transaction, asked for its hash when that is asked for. */
  readonly tx?: { readonly hash: ByteString }
  readonly txIndex?: number
  readonly block?: BlockInfo
  /** See {@link WriteContext.recordsEvents}; true when absent. */
  readonly recordsEvents?: boolean
}

const NO_SUBSCRIPTIONS: Subscriptions = new Map()
const NO_BLOCK: BlockInfo = { proposer: new Uint8Array(), hash: new Uint8Array() }

/** The one context class; its interfaces above say how much of it a piece of code may use. */
export class Context implements TxContext, BlockContext {
  readonly height: bigint
  readonly time: BlockTime
  readonly chainId: string
  readonly signers: readonly string[]
  readonly txIndex: number
  readonly block: BlockInfo
  readonly recordsEvents: boolean
  /** Position of the message being executed, as events carry it; undefined outside of one. */
  messageIndex: string | undefined = undefined
  readonly [STORE]: WriteStore
  readonly [SLOTS]: Slots
  readonly [METER]: GasMeter
  readonly [SUBSCRIPTIONS]: Subscriptions
  readonly #options: ContextOptions
  #events: AbciEvent[] = []

  constructor(options: ContextOptions) {
    this.#options = options
    this.height = options.height
    this.time = options.time
    this.chainId = options.chainId
    this.signers = options.signers ?? []
    this.txIndex = options.txIndex ?? 0
    this.block = options.block ?? NO_BLOCK
    // A read-only store has no `set`: calling it is a bug that the types already refuse.
    this[STORE] = options.store as WriteStore
    this[SLOTS] = options.slots
    this[METER] = options.meter ?? new GasMeter()
    this[SUBSCRIPTIONS] = options.subscriptions ?? NO_SUBSCRIPTIONS
    this.recordsEvents = options.recordsEvents ?? true
  }

  get txHash(): ByteString {
    return this.#options.tx?.hash ?? ''
  }

  emit<T extends object>(type: EventType<T>, value: NoInfer<T>): void {
    if (this.recordsEvents) this.emitRaw(type.$type, eventAttributes(type.$type, value))
  }

  emitRaw(type: string, attributes: string[]): void {
    if (!this.recordsEvents) return
    if (this.messageIndex !== undefined) attributes.push('msg_index', this.messageIndex)
    this.#events.push({ type, attributes })
  }

  consumeGas(amount: number, what: string): void {
    this[METER].consume(amount, what)
  }

  get gasUsed(): number {
    return this[METER].used
  }

  /** The same context with some parts replaced, and an event list of its own. */
  with(changes: Partial<ContextOptions>): Context {
    return new Context({ ...this.#options, ...changes })
  }

  /** Hands over the events emitted so far and starts a new list. */
  takeEvents(): AbciEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}

/** The slot of a schema's store in this chain. */
export function slotOf(ctx: ReadContext, schemaId: number, name: string): number {
  const slot = ctx[SLOTS][schemaId]
  assert(slot !== undefined, `module ${name} is not part of this chain`)
  return slot
}

export function kvGet(ctx: ReadContext, slot: number, key: ByteString): Uint8Array | undefined {
  const value = ctx[STORE].get(slot, key)
  const bytes = key.length + (value === undefined ? 0 : value.length)
  ctx[METER].consume(GAS.readFlat + GAS.readByte * bytes, 'ReadFlat')
  return value
}

export function kvHas(ctx: ReadContext, slot: number, key: ByteString): boolean {
  ctx[METER].consume(GAS.has, 'Has')
  return ctx[STORE].has(slot, key)
}

export function kvSet(ctx: WriteContext, slot: number, key: ByteString, value: Uint8Array): void {
  ctx[METER].consume(GAS.writeFlat + GAS.writeByte * (key.length + value.length), 'WriteFlat')
  ctx[STORE].set(slot, key, value)
}

export function kvDelete(ctx: WriteContext, slot: number, key: ByteString): void {
  ctx[METER].consume(GAS.delete, 'Delete')
  ctx[STORE].delete(slot, key)
}

/** Walks `start ≤ key < end`, charging for every entry it lands on. */
export function kvIterate(
  ctx: ReadContext,
  slot: number,
  start: ByteString,
  end: ByteString | undefined,
  reverse: boolean,
): KvIterator {
  const cursor = ctx[STORE].iterate(slot, start, end, reverse)
  const meter = ctx[METER]
  return {
    next() {
      const found = cursor.next()
      const bytes = found ? cursor.key.length + cursor.value.length : 0
      meter.consume(GAS.iterateFlat + GAS.readByte * bytes, 'IterNextFlat')
      return found
    },
    get key() {
      return cursor.key
    },
    get value() {
      return cursor.value
    },
  }
}
