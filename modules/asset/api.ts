import type { ReadContext } from '#kernel'
import type { Asset, Version } from '#gen/wadi/asset/v1/types.ts'
import { assetAsDue, asDue } from './due.ts'
import { state } from './state.ts'

export { commitmentHash } from './claims.ts'
export { afterRegister, beforeRegister, type Registration } from './hooks.ts'
export { protocol } from './state.ts'

/** What other modules ask of the registry. Everything is given as it stands at the context's height. */
export const assets = {
  /** The asset, if there is one of that number. */
  find(ctx: ReadContext, id: bigint): Asset | undefined {
    const row = state.assets.get(ctx, id)
    return row === undefined ? undefined : assetAsDue(ctx, row)
  },
  /** The version, if the asset has one of that number. */
  findVersion(ctx: ReadContext, assetId: bigint, version: number): Version | undefined {
    const row = state.versions.get(ctx, [assetId, version])
    return row === undefined ? undefined : asDue(ctx, row)
  },
}
