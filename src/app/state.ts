import { keyAsValue, str, tuple, u32, u64 } from '../kernel/codec.ts'
import type { BlockTime } from '../kernel/context.ts'

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
