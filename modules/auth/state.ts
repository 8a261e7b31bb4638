import { Params } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { address, item, map, schema, sequence } from '#kernel'
import { accountCodec } from './account-codec.ts'

export const state = schema('auth', {
  params: item(0, Params),
  nextNumber: sequence(1, 0n),
  accounts: map(2, address, accountCodec),
})
