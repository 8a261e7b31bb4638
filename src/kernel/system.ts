import { keyAsValue, str, text, tuple, u32, u64 } from './codec.ts'
import { item, map } from './collections.ts'
import type { ReadContext } from './context.ts'
import type { DeadlineBudget } from './deadlines.ts'
import { schema } from './schema.ts'
import { sdk } from './sdk-errors.ts'

/** What the kernel itself keeps: who may change parameters, which state formats are in use, the deadline budget. */
export const system = schema('system', {
  authority: item(0, text),
  versions: map(1, str, keyAsValue(u32)),
  budget: item(2, keyAsValue(tuple(u32, u64, u64))),
})

/** Refuses everybody but the authority named in genesis (later: governance). */
export function requireAuthority(ctx: ReadContext, signer: string): void {
  const authority = system.authority.must(ctx)
  if (signer !== authority) {
    throw sdk.unauthorized(`expected ${authority}, the authority of this chain, got ${signer}`)
  }
}

/** The budget of timed work per block. */
export function deadlineBudget(ctx: ReadContext): DeadlineBudget {
  const [items, gas, itemGas] = system.budget.must(ctx)
  return { items, gas: Number(gas), itemGas: Number(itemGas) }
}

/** parameters.md: 2,000 items and 50 M gas a block, 2 M gas an item. */
export const DEFAULT_BUDGET: DeadlineBudget = { items: 2_000, gas: 50_000_000, itemGas: 2_000_000 }
