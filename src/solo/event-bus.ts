import { RpcRefusal } from './errors.ts'
import { MAX_SUBSCRIPTION_CLIENTS, MAX_SUBSCRIPTIONS_PER_CLIENT } from './limits.ts'
import { type EventValues, matches, parseQuery, type Query, queryText } from './query.ts'
import { QueryError } from './query-scan.ts'

/** What a subscriber is sent: both are JSON. */
export interface Published {
  /** `{"type": …, "value": …}` */
  readonly data: string
  /** Values by `type.key`. */
  readonly events: string
}

/** Takes what a subscription matched. */
export type Deliver = (published: Published) => void

interface Subscription {
  readonly query: Query
  /** The `tm.event` it asks for, if it does. */
  readonly kind: string | undefined
  readonly deliver: Deliver
}

/** Whoever subscribes; one connection is one client. */
export type Client = object

/** Subscriptions, and what happens told to them. */
export class EventBus {
  readonly #clients = new Map<Client, Map<string, Subscription>>()
  #waiting = 0

  /** Throws {@link RpcRefusal} beyond the limits, for what is no query, and for one that is there already. */
  subscribe(client: Client, text: string, deliver: Deliver): void {
    const own = this.#clients.get(client) ?? new Map<string, Subscription>()
    this.refuseFull(client)
    const query = readQuery(text)
    const key = queryText(query)
    if (own.has(key)) throw new RpcRefusal('already subscribed')
    own.set(key, { query, kind: kindOf(query), deliver })
    this.#clients.set(client, own)
  }

  unsubscribe(client: Client, text: string): void {
    const key = queryText(readQuery(text))
    const own = this.#clients.get(client)
    if (own?.delete(key) !== true) throw new RpcRefusal('subscription not found')
    if (own.size === 0) this.#clients.delete(client)
  }

  unsubscribeAll(client: Client): void {
    if (!this.#clients.delete(client)) throw new RpcRefusal('subscription not found')
  }

  /** How many clients are subscribed to something. */
  get clients(): number {
    return this.#clients.size
  }

  /** Ends whatever a client is subscribed to, if anything. */
  forget(client: Client): void {
    this.#clients.delete(client)
  }

  /** Throws where one more subscription is one too many; calls that wait for a block count as clients. */
  refuseFull(client: Client): void {
    if (this.#clients.size + this.#waiting >= MAX_SUBSCRIPTION_CLIENTS)
      throw new RpcRefusal(`max_subscription_clients ${MAX_SUBSCRIPTION_CLIENTS} reached`)
    if ((this.#clients.get(client)?.size ?? 0) >= MAX_SUBSCRIPTIONS_PER_CLIENT)
      throw new RpcRefusal(`max_subscriptions_per_client ${MAX_SUBSCRIPTIONS_PER_CLIENT} reached`)
  }

  /** Counts a call that waits for a block until `work` is done. */
  async whileWaiting<T>(work: Promise<T>): Promise<T> {
    this.#waiting++
    try {
      return await work
    } finally {
      this.#waiting--
    }
  }

  /** Tells whoever asked for it; what is sent is made once, and only if somebody asked. */
  publish(kind: string, values: () => EventValues, data: () => object): void {
    let events: EventValues | undefined
    let published: Published | undefined
    for (const own of [...this.#clients.values()]) {
      for (const { query, kind: wanted, deliver } of [...own.values()]) {
        if (wanted !== undefined && wanted !== kind) continue
        events ??= values()
        if (!matches(query, events)) continue
        published ??= { data: JSON.stringify(data()), events: JSON.stringify(Object.fromEntries(events)) }
        deliver(published)
      }
    }
  }
}

function readQuery(text: string): Query {
  try {
    return parseQuery(text)
  } catch (error) {
    if (error instanceof QueryError) throw new RpcRefusal(`failed to parse query: ${error.message}`)
    throw error
  }
}

function kindOf(query: Query): string | undefined {
  return query.find(({ tag, op, arg }) => tag === 'tm.event' && op === '=' && arg?.kind === 'string')?.arg
    ?.text
}
