import type { Asset, Link, Version } from '#gen/wadi/asset/v1/types.ts'
import { hook, type ReadContext } from '#kernel'
import { addressBytes } from '#lib/address.ts'
import { domainPreimage } from '#lib/domains.ts'
import { sha256 } from '#lib/hash.ts'
import { asDue, assetAsDue } from './due.ts'
import { state } from './state.ts'

/** A version about to be registered, or just registered, with everything that was decided about it. */
interface Registration {
  /** The version's asset; `latestVersion` is this version. */
  readonly asset: Asset
  readonly version: Version
  readonly links: readonly Link[]
}

/** Called when all checks of the registry have passed and nothing is written; a listener may refuse by throwing. */
export const beforeRegister = hook<[Registration]>('asset.beforeRegister')

/** Called when a version has been written, PROVISIONAL or ACTIVE. */
export const afterRegister = hook<[Registration]>('asset.afterRegister')

/** What an account commits to: it alone can have made it, and it fits one digest on one chain. */
export function commitmentHash(
  chainId: string,
  owner: string,
  digest: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  return sha256(domainPreimage('wadi/claim/v1', chainId, { owner: addressBytes(owner), digest, salt }))
}

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
