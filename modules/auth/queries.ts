import { QueryDefinition } from '#gen/cosmos/auth/v1beta1/query.ts'
import { address, moduleAccounts, paginate, queries, type ReadContext, sdk } from '#kernel'
import { ADDRESS_PREFIX, addressText } from '#lib/address.ts'
import { fromByteString, toByteString } from '#lib/bytes.ts'
import { type Account, packAccount } from './account-codec.ts'
import { state } from './state.ts'

/** The text is wire format: clients tell a new account from a failure by it. */
function existing(ctx: ReadContext, owner: string): Account {
  address.encode(owner)
  const account = state.accounts.get(ctx, owner)
  if (account === undefined) {
    throw sdk.keyNotFound(`rpc error: code = NotFound desc = account ${owner} not found`)
  }
  return account
}

/** The module accounts that have been opened, by address. */
function openModuleAccounts(ctx: ReadContext): Account[] {
  const found = moduleAccounts().map((account) => state.accounts.get(ctx, account.address))
  return found.filter((account) => account !== undefined)
}

export const authQueries = queries(QueryDefinition, {
  accounts(ctx, { pagination }) {
    const page = paginate(
      ctx,
      state.accounts.source({}, (_address, account) => packAccount(account)),
      pagination,
    )
    return { accounts: page.rows, pagination: page.pagination }
  },
  account: (ctx, request) => ({ account: packAccount(existing(ctx, request.address)) }),
  accountAddressByID() {
    throw sdk.notSupported('accounts are not indexed by number; ask by address')
  },
  params: (ctx) => ({ params: state.params.must(ctx) }),
  moduleAccounts: (ctx) => ({ accounts: openModuleAccounts(ctx).map(packAccount) }),
  moduleAccountByName(ctx, { name }) {
    const found = openModuleAccounts(ctx).find((account) => account.module?.name === name)
    if (found === undefined)
      throw sdk.keyNotFound(`rpc error: code = NotFound desc = account ${name} not found`)
    return { account: packAccount(found) }
  },
  bech32Prefix: () => ({ bech32Prefix: ADDRESS_PREFIX }),
  addressBytesToString(_ctx, { addressBytes }) {
    if (addressBytes.length !== 20) throw sdk.invalidAddress(`${addressBytes.length} bytes where 20 are due`)
    return { addressString: addressText(toByteString(addressBytes)) }
  },
  addressStringToBytes: (_ctx, { addressString }) => ({
    addressBytes: fromByteString(address.encode(addressString)),
  }),
  accountInfo: (ctx, request) => ({ info: existing(ctx, request.address).base }),
})
