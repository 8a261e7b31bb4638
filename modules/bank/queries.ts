import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import { address, type PageRequest, paginate, queries, type ReadContext, sdk } from '#kernel'
import { type Coin, checkDenom, toCoin } from './coins.ts'
import { balanceOf } from './ledger.ts'
import { COMMON_DENOM, state } from './state.ts'

/** Refuses an empty or unreadable address with an error that says which it is. */
function checkOwner(owner: string): void {
  if (owner === '') throw sdk.invalidAddress('empty address string is not allowed')
  address.encode(owner)
}

function balancesOf(ctx: ReadContext, owner: string, pagination: PageRequest | undefined) {
  checkOwner(owner)
  const source = state.balances.source({ prefix: [owner] }, ([, denom], amount) => toCoin(denom, amount))
  const { rows, pagination: page } = paginate(ctx, source, pagination)
  return { balances: rows, pagination: page }
}

function balanceCoin(ctx: ReadContext, owner: string, denom: string): Coin {
  checkOwner(owner)
  checkDenom(denom)
  return toCoin(denom, balanceOf(ctx, owner, denom))
}

/** Everybody holds the common denomination, so its holders are the balances; others have an index. */
function ownersOf(ctx: ReadContext, denom: string, pagination: PageRequest | undefined) {
  checkDenom(denom)
  const source =
    denom === COMMON_DENOM
      ? state.balances.source({}, ([owner, held], amount) => ({ owner, held, amount }))
      : state.holders.source({ prefix: [denom] }, (inner, [held, owner]) => ({
          owner,
          held,
          amount: balanceOf(inner, owner, held),
        }))
  const page = paginate(ctx, source, pagination)
  const rows = page.rows.filter(({ held }) => held === denom)
  return {
    denomOwners: rows.map(({ owner, amount }) => ({ address: owner, balance: toCoin(denom, amount) })),
    pagination: page.pagination,
  }
}

function metadataOf(ctx: ReadContext, denom: string) {
  checkDenom(denom)
  const metadata = state.metadata.get(ctx, denom)
  if (metadata === undefined) {
    throw sdk.keyNotFound(`rpc error: code = NotFound desc = client metadata for denom ${denom}`)
  }
  return { metadata }
}

export const bankQueries = queries(QueryDefinition, {
  balance: (ctx, request) => ({ balance: balanceCoin(ctx, request.address, request.denom) }),
  allBalances: (ctx, request) => balancesOf(ctx, request.address, request.pagination),
  // Nothing is locked yet: vesting and share locks come with the modules that need them.
  spendableBalances: (ctx, request) => balancesOf(ctx, request.address, request.pagination),
  spendableBalanceByDenom: (ctx, request) => ({ balance: balanceCoin(ctx, request.address, request.denom) }),
  totalSupply(ctx, { pagination }) {
    const page = paginate(ctx, state.supply.source({}, toCoin), pagination)
    return { supply: page.rows, pagination: page.pagination }
  },
  supplyOf(ctx, { denom }) {
    checkDenom(denom)
    return { amount: toCoin(denom, state.supply.get(ctx, denom) ?? 0n) }
  },
  params: (ctx) => ({ params: state.params.must(ctx) }),
  denomMetadata: (ctx, { denom }) => metadataOf(ctx, denom),
  denomMetadataByQueryString: (ctx, { denom }) => metadataOf(ctx, denom),
  denomsMetadata(ctx, { pagination }) {
    const page = paginate(
      ctx,
      state.metadata.source({}, (_denom, metadata) => metadata),
      pagination,
    )
    return { metadatas: page.rows, pagination: page.pagination }
  },
  denomOwners: (ctx, { denom, pagination }) => ownersOf(ctx, denom, pagination),
  denomOwnersByQuery: (ctx, { denom, pagination }) => ownersOf(ctx, denom, pagination),
  sendEnabled(ctx, { denoms, pagination }) {
    const row = (denom: string, enabled: number) => ({ denom, enabled: enabled === 1 })
    if (denoms.length > 0) {
      if (pagination !== undefined && pagination.key.length > 0)
        throw sdk.invalidRequest('denoms are answered on one page, leave pagination.key out')
      const known = denoms.map((denom) => [denom, state.sendEnabled.get(ctx, denom)] as const)
      const rows = known.flatMap(([denom, enabled]) => (enabled === undefined ? [] : [row(denom, enabled)]))
      return { sendEnabled: rows, pagination: undefined }
    }
    const page = paginate(ctx, state.sendEnabled.source({}, row), pagination)
    return { sendEnabled: page.rows, pagination: page.pagination }
  },
})
