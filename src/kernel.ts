/**
 * The kernel's façade: all that a module may use of it. What is not here (stores, meters, slots) is out of reach of
 * modules on purpose.
 */
export type { AnteHandler, AnteOptions, AnteTx } from './kernel/ante.ts'
export { type Chain, defineChain } from './kernel/chain.ts'
export {
  address,
  amount,
  bytes,
  fixedBytes,
  type KeyCodec,
  keyAsValue,
  rawBytes,
  str,
  text,
  tuple,
  u8,
  u32,
  u64,
  type ValueCodec,
} from './kernel/codec.ts'
export { item, map, sequence, set } from './kernel/collections.ts'
export type { BlockContext, BlockTime, ReadContext, TxContext, WriteContext } from './kernel/context.ts'
export { type DeadlineBudget, deadlines } from './kernel/deadlines.ts'
export { AppError, assert, errors, fail } from './kernel/errors.ts'
export { hook } from './kernel/hooks.ts'
export {
  defineModule,
  findModuleAccount,
  genesis,
  type Invariant,
  type ModuleAccount,
  moduleAccount,
  moduleAccounts,
  msgs,
  queries,
  timer,
} from './kernel/module.ts'
export { openPageKey, sealPageKey } from './kernel/page-key.ts'
export { type PageRequest, type PageResponse, paginate } from './kernel/pagination.ts'
export { schema } from './kernel/schema.ts'
export { sdk } from './kernel/sdk-errors.ts'
export { DEFAULT_BUDGET, deadlineBudget, requireAuthority, system } from './kernel/system.ts'
export { index, multiIndex, table, uniqueIndex } from './kernel/table.ts'
