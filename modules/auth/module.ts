import { BaseAccount, ModuleAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { GenesisState } from '#gen/cosmos/auth/v1beta1/genesis.ts'
import { MsgDefinition } from '#gen/cosmos/auth/v1beta1/tx.ts'
import { LegacyAminoPubKey } from '#gen/cosmos/crypto/multisig/keys.ts'
import { PubKey as Secp256k1 } from '#gen/cosmos/crypto/secp256k1/keys.ts'
import { PubKey as EthSecp256k1 } from '#gen/cosmos/evm/crypto/v1/ethsecp256k1/keys.ts'
import type { Any } from '#gen/google/protobuf/any.ts'
import {
  defineModule,
  fail,
  genesis,
  msgs,
  type ReadContext,
  requireAuthority,
  sdk,
  type WriteContext,
} from '#kernel'
import type { Unpacked } from '#lib/proto-json.ts'
import { accountOf, packAccount } from './account-codec.ts'
import { checkedParams, DEFAULT_PARAMS } from './params.ts'
import { authQueries } from './queries.ts'
import { state } from './state.ts'

const authMsgs = msgs(MsgDefinition, {
  updateParams(ctx, { authority, params }) {
    requireAuthority(ctx, authority)
    state.params.set(ctx, checkedParams(params ?? fail(sdk.invalidRequest('params are missing'))))
    return {}
  },
})

/** Takes the accounts of genesis; numbers stay as written and may not come twice. */
function takeAccounts() {
  let next = 0n
  const initAccount = (ctx: WriteContext, { typeUrl, message }: Unpacked): void => {
    const account =
      accountOf(typeUrl, message) ?? fail(sdk.invalidType(`accounts of type ${typeUrl} are not known`))
    const { address, accountNumber } = account.base
    if (!state.accounts.add(ctx, address, account))
      throw sdk.invalidRequest(`account ${address} stands twice`)
    if (accountNumber < next) {
      throw sdk.invalidRequest(
        `account_number ${accountNumber} is taken; accounts come in ascending order of numbers`,
      )
    }
    next = accountNumber + 1n
  }
  return {
    rows: { accounts: { opened: initAccount } },
    finish: (ctx: WriteContext) => state.nextNumber.set(ctx, next),
  }
}

function* exportAccounts(ctx: ReadContext): Generator<Any, void, undefined> {
  const accounts = [...state.accounts.entries(ctx)].map(([, account]) => account)
  accounts.sort((a, b) => (a.base.accountNumber < b.base.accountNumber ? -1 : 1))
  for (const account of accounts) yield packAccount(account)
}

/** Accounts: addresses, keys, sequences; and the ante handler that every transaction passes. */
export const auth = defineModule({
  name: 'auth',
  version: 1,
  state,
  msgs: authMsgs,
  queries: authQueries,
  packed: [BaseAccount, ModuleAccount, Secp256k1, EthSecp256k1, LegacyAminoPubKey],
  genesis: genesis(GenesisState, {
    init: (ctx, { params }) => state.params.set(ctx, checkedParams(params ?? DEFAULT_PARAMS)),
    intake: takeAccounts,
    export: (ctx) => ({ params: state.params.must(ctx), accounts: exportAccounts(ctx) }),
  }),
  invariants: {
    'account numbers are below the next one and come once': (ctx) => {
      const next = state.nextNumber.peek(ctx)
      const seen = new Set<bigint>()
      for (const [address, { base }] of state.accounts.entries(ctx)) {
        if (base.accountNumber >= next || seen.has(base.accountNumber))
          return `${address}: ${base.accountNumber}`
        if (base.address !== address) return `${address} is stored as ${base.address}`
        seen.add(base.accountNumber)
      }
      return undefined
    },
  },
})
