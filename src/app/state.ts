import { keyAsValue, str, tuple, u32, u64 } from '../kernel/codec.ts'
import type { BlockTime } from '../kernel/context.ts'
import type { ReadStore, StoreChanges } from '../kernel/kv.ts'

/** The committed state as the application needs it; store/storage.ts keeps one on disk. */
export interface CommittedState extends ReadStore {
  /** Height of the last committed block; 0 before the first. */
  readonly version: number
  readonly appHash: Uint8Array
  /** What was given to `prepare` with that version; empty before the first. */
  readonly meta: Uint8Array
  /** Applies a block's changes, by store slot, and returns the app hash; nobody sees them before `commit`. */
  prepare(version: number, changes: readonly (StoreChanges | undefined)[], meta: Uint8Array): Uint8Array
  /** Makes the prepared version durable, then current. */
  commit(): void
  /** Drops the prepared version, if there is one. */
  discard(): void
}

/** What a version says of its block, beside the state: kept outside the trees, so that it changes no app hash. */
export interface BlockMeta {
  readonly chainId: string
  readonly time: BlockTime
}

const codec = keyAsValue(tuple(str, u64, u32))

export function encodeMeta({ chainId, time }: BlockMeta): Uint8Array {
  return codec.encode([chainId, time.seconds, time.nanos])
}

export function decodeMeta(bytes: Uint8Array): BlockMeta {
  const [chainId, seconds, nanos] = codec.decode(bytes)
  return { chainId, time: { seconds, nanos } }
}
