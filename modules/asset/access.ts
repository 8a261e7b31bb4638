import { type Asset, AssetStatus } from '#gen/wadi/asset/v1/types.ts'
import type { WriteContext } from '#kernel'
import { touchAsset } from './due.ts'
import { err } from './errors.ts'

/** The asset, if `signer` controls it and it is not void. */
export function controlledAsset(ctx: WriteContext, id: bigint, signer: string): Asset {
  const asset = touchAsset(ctx, id)
  if (asset.reference) throw err.reference(`asset ${id}`)
  if (asset.controller !== signer)
    throw err.notController(`asset ${id} of ${asset.controller}, not ${signer}`)
  if (asset.status === AssetStatus.ASSET_STATUS_VOID) throw err.assetVoid(`asset ${id}`)
  return asset
}

/** Nothing is built on an asset that an earlier claim may still void. */
export function requireConfirmed(asset: Asset): Asset {
  if (asset.status === AssetStatus.ASSET_STATUS_VOID) throw err.assetVoid(`asset ${asset.id}`)
  if (asset.status === AssetStatus.ASSET_STATUS_PROVISIONAL) {
    throw err.assetProvisional(`asset ${asset.id}, until its first version is ACTIVE`)
  }
  return asset
}

/** The asset, if `signer` controls it and its first version is confirmed. */
export const confirmedAsset = (ctx: WriteContext, id: bigint, signer: string): Asset =>
  requireConfirmed(controlledAsset(ctx, id, signer))
