import { EventAuthorityTransferred } from '#gen/wadi/system/v1/events.ts'
import { GenesisState } from '#gen/wadi/system/v1/genesis.ts'
import { QueryDefinition } from '#gen/wadi/system/v1/query.ts'
import { MsgDefinition } from '#gen/wadi/system/v1/tx.ts'
import type { Params } from '#gen/wadi/system/v1/types.ts'
import {
  address,
  DEFAULT_BUDGET,
  type DeadlineBudget,
  deadlineBudget,
  defineModule,
  fail,
  genesis,
  msgs,
  queries,
  requireAuthority,
  system as state,
} from '#kernel'
import { err } from './errors.ts'

const MAX_GAS = 2n ** 40n

/** The budget that parameters describe; every number has bounds, so no vote can stop timed work or the chain. */
function budgetOf(params: Params): [number, bigint, bigint] {
  const { deadlineItems, deadlineGas, itemGas } = params
  const bounded = (name: string, value: bigint, low: bigint, high: bigint) => {
    if (value < low || value > high) throw err.invalidParams(`${name} ${value} is not within ${low}…${high}`)
  }
  bounded('deadline_items', BigInt(deadlineItems), 1n, 100_000n)
  bounded('deadline_gas', deadlineGas, 100_000n, MAX_GAS)
  bounded('item_gas', itemGas, 100_000n, deadlineGas)
  return [deadlineItems, deadlineGas, itemGas]
}

const paramsOf = ({ items, gas, itemGas }: DeadlineBudget): Params => ({
  deadlineItems: items,
  deadlineGas: BigInt(gas),
  itemGas: BigInt(itemGas),
})

const systemMsgs = msgs(MsgDefinition, {
  updateParams(ctx, { authority, params }) {
    requireAuthority(ctx, authority)
    state.budget.set(ctx, budgetOf(params ?? fail(err.invalidParams('params are missing'))))
    return {}
  },

  transferAuthority(ctx, { authority, newAuthority }) {
    requireAuthority(ctx, authority)
    address.encode(newAuthority) // refuses what is no address

    state.authority.set(ctx, newAuthority)
    ctx.emit(EventAuthorityTransferred, { from: authority, to: newAuthority })
    return {}
  },
})

const systemQueries = queries(QueryDefinition, {
  params: (ctx) => ({ params: paramsOf(deadlineBudget(ctx)) }),
  authority: (ctx) => ({ authority: state.authority.must(ctx) }),
  moduleVersions: (ctx) => ({
    moduleVersions: [...state.versions.entries(ctx)].map(([name, version]) => ({ name, version })),
  }),
})

/** Doors to what the kernel keeps: the authority, the budget of timed work, the formats of the modules' states. */
export const system = defineModule({
  name: 'system',
  version: 1,
  state,
  msgs: systemMsgs,
  queries: systemQueries,
  genesis: genesis(GenesisState, {
    init(ctx, { authority, params }) {
      address.encode(authority)
      state.authority.set(ctx, authority)
      state.budget.set(ctx, budgetOf(params ?? paramsOf(DEFAULT_BUDGET)))
    },
    export: (ctx) => ({ authority: state.authority.must(ctx), params: paramsOf(deadlineBudget(ctx)) }),
  }),
})
