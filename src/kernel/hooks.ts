import { type ReadContext, SUBSCRIPTIONS, type WriteContext } from './context.ts'

type Listener<A extends readonly unknown[]> = (ctx: WriteContext, ...args: A) => void

/** One module's wish to be called by another's hook; a value that the module lists in its declaration. */
export interface Subscription {
  readonly hook: object
  readonly listener: Listener<never>
}

/** Who listens to what in the chain at hand; each list is in the chain's module order. */
export type Subscriptions = ReadonlyMap<object, readonly Listener<never>[]>

/** A place where a module lets others act. There is no event bus: a listener is named where the chain is declared. */
export interface Hook<A extends readonly unknown[]> {
  readonly name: string
  on(listener: Listener<A>): Subscription
  /** Calls every listener in chain order; what one throws ends the caller's message. */
  call(ctx: WriteContext, ...args: A): void
  /** True if anybody listens: lets a hot path skip the work of preparing arguments. */
  heard(ctx: ReadContext & WriteContext): boolean
}

/** Declares a hook; `A` are the arguments after the context. */
export function hook<A extends readonly unknown[]>(name: string): Hook<A> {
  const self: Hook<A> = {
    name,
    on: (listener) => ({ hook: self, listener: listener as Listener<never> }),
    call(ctx, ...args) {
      const listeners = ctx[SUBSCRIPTIONS].get(self) as readonly Listener<A>[] | undefined
      if (listeners !== undefined) for (const listener of listeners) listener(ctx, ...args)
    },
    heard: (ctx) => ctx[SUBSCRIPTIONS].has(self),
  }
  return self
}

/** Gathers the subscriptions of all modules, in order. */
export function gatherSubscriptions(lists: readonly (readonly Subscription[] | undefined)[]): Subscriptions {
  const gathered = new Map<object, Listener<never>[]>()
  for (const list of lists) {
    for (const { hook: target, listener } of list ?? []) {
      const listeners = gathered.get(target)
      if (listeners === undefined) gathered.set(target, [listener])
      else listeners.push(listener)
    }
  }
  return gathered
}
