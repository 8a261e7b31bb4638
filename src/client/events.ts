import type { comet38 } from '@cosmjs/tendermint-rpc'
import { fromJson } from '#lib/proto-json.ts'
import { registry } from '#lib/reflect.ts'
import { EventError, type RawEvent } from './errors.ts'
import type { CoinAmount } from './fees.ts'

/** A kind of event: a generated message such as `EventAssetRegistered`, or one of {@link sdkEvents}. */
export interface EventType<T> {
  /** The event's type, as `wadi.asset.v1.EventAssetRegistered` or `transfer`. */
  readonly $type: string
  /** Absent in generated messages: their attributes are the JSON of their fields. */
  readonly readEvent?: (event: RawEvent) => T
  /** Of a generated message. */
  decode?(bytes: Uint8Array): T
}

/** The message of a kind of event. */
export type EventOf<E> = E extends { readonly readEvent: (event: RawEvent) => infer T }
  ? T
  : E extends { decode(...args: never[]): infer T }
    ? T
    : never

/** An event with what it says. */
export interface DecodedEvent {
  readonly type: string
  /** The message of a typed event, the attributes of others as texts. */
  readonly value: unknown
  /** Which of the transaction's messages emitted it; undefined for the checks before them, and in block events. */
  readonly msgIndex: number | undefined
  /** Whether a block event is of the block's beginning or end; undefined in a transaction. */
  readonly mode: string | undefined
  readonly raw: RawEvent
  /** Why a typed event could not be read; its attributes are then in `value`, as texts. */
  readonly problem: EventError | undefined
}

/** The events of a transaction or a block, in order. */
export class EventList implements Iterable<comet38.Event> {
  /** As the node sent them. */
  readonly raw: readonly comet38.Event[]

  constructor(raw: readonly comet38.Event[]) {
    this.raw = raw
  }

  get length(): number {
    return this.raw.length
  }

  [Symbol.iterator](): Iterator<comet38.Event> {
    return this.raw[Symbol.iterator]()
  }

  /** The messages of all events of that kind. Throws {@link EventError} if one cannot be read. */
  of<E extends EventType<unknown>>(type: E): EventOf<E>[] {
    return this.raw.filter((event) => event.type === type.$type).map((event) => readEvent(event, type))
  }

  /** All events, each read by its type. Nothing is left out: an unknown or broken one keeps its attributes. */
  decoded(): DecodedEvent[] {
    return this.raw.map(decodeEvent)
  }
}

/** Reads an event of a known kind. Throws {@link EventError}. */
export function readEvent<E extends EventType<unknown>>(event: RawEvent, type: E): EventOf<E> {
  return (type.readEvent?.(event) ?? readTyped(event)) as EventOf<E>
}

/** Reads an event by its type. */
export function decodeEvent(event: RawEvent): DecodedEvent {
  const { type } = event
  const msgIndex = markOf(event, 'msg_index')
  const base = {
    type,
    msgIndex: msgIndex === undefined || !/^\d{1,9}$/.test(msgIndex) ? undefined : Number(msgIndex),
    mode: markOf(event, 'mode'),
    raw: event,
  }
  const known = sdkEventTypes.get(type)
  if (known === undefined && (!type.includes('.') || registry().getMessage(type) === undefined))
    return { ...base, value: textsOf(event), problem: undefined }
  try {
    return {
      ...base,
      value: known === undefined ? readTyped(event) : known.readEvent(event),
      problem: undefined,
    }
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    return { ...base, value: textsOf(event), problem: error }
  }
}

/** What the application adds behind an event's own attributes. */
const MARKS = ['msg_index', 'mode'] as const

/** A mark stands last, so an attribute of the same name before it is the event's own. */
function markOf({ attributes }: RawEvent, key: (typeof MARKS)[number]): string | undefined {
  const last = attributes.at(-1)
  return last?.key === key ? last.value : undefined
}

function ownAttributes({ attributes }: RawEvent): RawEvent['attributes'] {
  return MARKS.some((mark) => attributes.at(-1)?.key === mark) ? attributes.slice(0, -1) : attributes
}

const textsOf = (event: RawEvent): Readonly<Record<string, string>> =>
  Object.fromEntries(ownAttributes(event).map(({ key, value }) => [key, value]))

/** A typed event: every attribute is a field in JSON. */
function readTyped(event: RawEvent): unknown {
  const json: Record<string, unknown> = Object.create(null)
  for (const { key, value } of ownAttributes(event)) {
    if (key in json) throw new EventError(event, `attribute ${key} stands in it twice`)
    try {
      json[key] = JSON.parse(value)
    } catch (cause) {
      throw new EventError(event, `attribute ${key} is not JSON`, { cause })
    }
  }
  try {
    return fromJson(event.type, json)
  } catch (cause) {
    throw new EventError(event, (cause as Error).message, { cause })
  }
}

type Reader<T> = (text: string) => T
type Fields = Readonly<Record<string, Reader<unknown>>>
type Read<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> }

interface SdkEventType<T> extends EventType<T> {
  readonly readEvent: (event: RawEvent) => T
}

/** A kind of event whose attributes are texts; all of them have to be there. */
function sdkEvent<F extends Fields>(type: string, fields: F): SdkEventType<Read<F>> {
  const readEvent = (event: RawEvent) => {
    const texts = textsOf(event)
    const read = Object.entries(fields).map(([name, reader]) => {
      const value = texts[name]
      if (value === undefined) throw new EventError(event, `it has no attribute ${name}`)
      try {
        return [name, reader(value)]
      } catch (cause) {
        throw new EventError(event, `attribute ${name}: ${(cause as Error).message}`, { cause })
      }
    })
    return Object.fromEntries(read) as Read<F>
  }
  return { $type: type, readEvent }
}

const text: Reader<string> = (value) => value

/** Reads a list of coins as `5awadi,7other`; nothing is no coins. */
export const coins: Reader<readonly CoinAmount[]> = (value) =>
  value === ''
    ? []
    : value.split(',').map((each) => {
        const match = /^(\d{1,78})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})$/.exec(each)
        if (match === null) throw new Error('not a list of coins')
        return { amount: match[1] as string, denom: match[2] as string }
      })

/** The events that the Cosmos SDK writes as texts. `message` and `tx` have various attributes, so are not here. */
export const sdkEvents = {
  transfer: sdkEvent('transfer', { recipient: text, sender: text, amount: coins }),
  coinSpent: sdkEvent('coin_spent', { spender: text, amount: coins }),
  coinReceived: sdkEvent('coin_received', { receiver: text, amount: coins }),
  coinbase: sdkEvent('coinbase', { minter: text, amount: coins }),
  burn: sdkEvent('burn', { burner: text, amount: coins }),
} as const

const sdkEventTypes = new Map<string, SdkEventType<unknown>>(
  Object.values(sdkEvents).map((type) => [type.$type, type]),
)
