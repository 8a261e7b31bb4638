import { Context, type ContextOptions, type Slots } from '../kernel/context.ts'
import type { KvIterator, ReadStore } from '../kernel/kv.ts'
import { SCHEMA, type State } from '../kernel/schema.ts'
import { Overlay } from '../store/overlay.ts'

const atEnd: KvIterator = { next: () => false, key: '', value: new Uint8Array() }

/** A store without anything in it. */
export const emptyStore: ReadStore = { get: () => undefined, has: () => false, iterate: () => atEnd }

/** Slots for these states, in their order; a state may stand twice. */
export function slotsOf(states: readonly State[]): Slots {
  const slots: (number | undefined)[] = []
  for (const [slot, state] of states.entries()) slots[state[SCHEMA].id] ??= slot
  return slots
}

/** A context over empty stores of these states, and the store below it. */
export function openStates(
  states: readonly State[],
  options: Partial<ContextOptions> = {},
): { readonly ctx: Context; readonly store: Overlay } {
  const store = new Overlay(emptyStore)
  const ctx = new Context({
    store,
    slots: slotsOf(states),
    height: 1n,
    time: { seconds: 1_700_000_000n, nanos: 0 },
    chainId: 'wadi-test-1',
    ...options,
  })
  return { ctx, store }
}
