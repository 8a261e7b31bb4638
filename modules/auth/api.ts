import { assert, findModuleAccount, type ModuleAccount, type ReadContext, type WriteContext } from '#kernel'
import type { Account } from './account-codec.ts'
import { state } from './state.ts'

export type { Account } from './account-codec.ts'

/** The account of that address, if it has one. */
export function findAccount(ctx: ReadContext, address: string): Account | undefined {
  return state.accounts.get(ctx, address)
}

/** What a signature of that account is verified against; undefined if there is no such account. */
export function signingAccount(ctx: ReadContext, address: string) {
  const account = findAccount(ctx, address)
  if (account === undefined) return undefined
  const { accountNumber, sequence, pubKey: publicKey } = account.base
  return { accountNumber, sequence, publicKey }
}

/** Opens an account for an address that has none: the first coins it gets do that. */
export function ensureAccount(ctx: WriteContext, address: string): void {
  if (!state.accounts.has(ctx, address)) openAccount(ctx, address)
}

function openAccount(ctx: WriteContext, address: string): void {
  const base = { address, pubKey: undefined, accountNumber: state.nextNumber.next(ctx), sequence: 0n }
  const module = findModuleAccount(address)
  state.accounts.set(ctx, address, module === undefined ? { base } : { base, module })
}

/** Makes sure that a module's account is there and is the module's. */
export function ensureModuleAccount(ctx: WriteContext, account: ModuleAccount): void {
  ensureAccount(ctx, account.address)
  const found = findAccount(ctx, account.address)
  assert(
    found?.module?.name === account.name,
    `${account.address} is not the account of module ${account.name}`,
  )
}
