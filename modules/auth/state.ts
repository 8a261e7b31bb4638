import { BaseAccount, ModuleAccount, Params } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { Any } from '#gen/google/protobuf/any.ts'
import { address, assert, item, map, schema, sequence, type ValueCodec } from '#kernel'

/** An account of any kind: what all have in common, and what only a module's has. */
export interface Account {
  readonly base: BaseAccount
  readonly module?: { readonly name: string; readonly permissions: readonly string[] }
}

const BASE = `/${BaseAccount.$type}`
const MODULE = `/${ModuleAccount.$type}`

/** An account as google.protobuf.Any: how the Cosmos SDK stores and serves it. */
export function packAccount({ base, module }: Account): Any {
  if (module === undefined) return { typeUrl: BASE, value: BaseAccount.encode(base).finish() }
  const account = { baseAccount: base, name: module.name, permissions: [...module.permissions] }
  return { typeUrl: MODULE, value: ModuleAccount.encode(account).finish() }
}

/** The account inside an Any; undefined if it is of a kind this chain does not know. */
export function unpackAccount({ typeUrl, value }: Any): Account | undefined {
  if (typeUrl === BASE) return { base: BaseAccount.decode(value) }
  if (typeUrl !== MODULE) return undefined
  const { baseAccount, name, permissions } = ModuleAccount.decode(value)
  return { base: baseAccount ?? BaseAccount.fromPartial({}), module: { name, permissions } }
}

const account: ValueCodec<Account> = {
  name: 'google.protobuf.Any',
  encode: (value) => Any.encode(packAccount(value)).finish(),
  decode(bytes) {
    const known = unpackAccount(Any.decode(bytes))
    assert(known !== undefined, 'the state holds an account of an unknown kind')
    return known
  },
}

export const state = schema('auth', {
  params: item(0, Params),
  nextNumber: sequence(1, 0n),
  accounts: map(2, address, account),
})
