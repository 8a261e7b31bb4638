import { Metadata, Params } from '#gen/cosmos/bank/v1beta1/bank.ts'
import { address, amount, item, keyAsValue, map, schema, set, str, tuple, u8 } from '#kernel'

/**
 * Denominations that nearly everybody holds: their holders are found by walking the balances. The others, shares for
 * instance, have an index of their holders. (An index of everybody would double the leaves of the largest store.)
 */
export const COMMON_DENOM = 'awadi'

export const state = schema('bank', {
  params: item(0, Params),
  supply: map(1, str, amount),
  balances: map(2, tuple(address, str), amount),
  holders: set(3, tuple(str, address)),
  metadata: map(4, str, Metadata),
  sendEnabled: map(5, str, keyAsValue(u8)),
})
