import { EventCommitmentExpired, EventVersionActivated } from '#gen/wadi/asset/v1/events.ts'
import { type Asset, AssetStatus, type Version, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { assert, fail, type ReadContext, type WriteContext } from '#kernel'
import { toHex } from '#lib/bytes.ts'
import { err } from './errors.ts'
import { burnHeld, earnHeld } from './money.ts'
import { state } from './state.ts'

/*
 * What time alone brings about. The deadline queue does it at the end of the block in which it falls due, or later if
 * that block's budget is spent; whoever reads or touches an object sees it done from that height on either way.
 */

const isDue = (ctx: ReadContext, version: Version): boolean =>
  version.status === VersionStatus.VERSION_STATUS_PROVISIONAL && ctx.height >= version.activeHeight

const activated = (version: Version): Version => ({
  ...version,
  status: VersionStatus.VERSION_STATUS_ACTIVE,
  escrow: '',
})

/** The version as it stands at this height. */
export const asDue = (ctx: ReadContext, version: Version): Version =>
  isDue(ctx, version) ? activated(version) : version

/** The asset as it stands at this height. */
export function assetAsDue(ctx: ReadContext, asset: Asset): Asset {
  if (asset.status !== AssetStatus.ASSET_STATUS_PROVISIONAL) return asset
  const first = state.versions.get(ctx, [asset.id, 1])
  assert(first !== undefined, `asset ${asset.id} has no first version`)
  return isDue(ctx, first) ? { ...asset, status: AssetStatus.ASSET_STATUS_CONFIRMED } : asset
}

/** The version of that number, as it stands at this height. */
export function versionOf(ctx: ReadContext, assetId: bigint, version: number): Version {
  const row = state.versions.get(ctx, [assetId, version])
  return asDue(ctx, row ?? fail(err.versionNotFound(`version ${version} of asset ${assetId}`)))
}

/** The version of that running number, as it stands at this height; a seq in a collection always has its version. */
export function versionAt(ctx: ReadContext, seq: bigint): Version {
  const row = state.versions.find(ctx, 'seq', seq)
  assert(row !== undefined, `no version has seq ${seq}`)
  return asDue(ctx, row)
}

/** The asset, as it stands at this height. */
export function assetOf(ctx: ReadContext, id: bigint): Asset {
  return assetAsDue(ctx, state.assets.get(ctx, id) ?? fail(err.assetNotFound(`asset ${id}`)))
}

/** Activates a version if that is due: its fee becomes the protocol's, and a first version confirms its asset. */
export function activateIfDue(ctx: WriteContext, version: Version): Version {
  if (!isDue(ctx, version)) return version
  const { assetId, version: number, seq, escrow } = version
  state.provisional.remove(ctx, [version.activeHeight, seq])
  state.activations.cancel(ctx, version.activeHeight, seq)
  state.versions.put(ctx, activated(version))
  if (number === 1) setAssetStatus(ctx, assetId, AssetStatus.ASSET_STATUS_CONFIRMED)
  earnHeld(ctx, BigInt(escrow))
  ctx.emit(EventVersionActivated, { assetId, version: number, seq, fee: escrow })
  return activated(version)
}

/** The version, after what was due has been done to it. */
export function touchVersion(ctx: WriteContext, assetId: bigint, version: number): Version {
  const row = state.versions.get(ctx, [assetId, version])
  return activateIfDue(ctx, row ?? fail(err.versionNotFound(`version ${version} of asset ${assetId}`)))
}

/** The asset, after what was due has been done to it. */
export function touchAsset(ctx: WriteContext, id: bigint): Asset {
  const asset = state.assets.get(ctx, id) ?? fail(err.assetNotFound(`asset ${id}`))
  if (asset.status !== AssetStatus.ASSET_STATUS_PROVISIONAL) return asset
  touchVersion(ctx, id, 1)
  return state.assets.get(ctx, id) ?? asset
}

/** Where an asset stands follows from its first version. */
export function setAssetStatus(ctx: WriteContext, id: bigint, status: AssetStatus): void {
  const asset = state.assets.get(ctx, id)
  assert(asset !== undefined, `asset ${id} of a version is missing`)
  state.assets.put(ctx, { ...asset, status })
}

/** The deadline of a version's contest window. */
export function runActivation(ctx: WriteContext, seq: bigint): void {
  const version = state.versions.find(ctx, 'seq', seq)
  if (version !== undefined) activateIfDue(ctx, version)
}

/** The deadline of a commitment: it was not revealed, so its deposit is burnt. */
export function runExpiry(ctx: WriteContext, key: readonly [owner: string, commitment: Uint8Array]): void {
  const row = state.commitments.get(ctx, [...key])
  if (row === undefined) return
  state.commitments.remove(ctx, [...key])
  burnHeld(ctx, BigInt(row.deposit))
  const { owner, commitment, deposit } = row
  ctx.emit(EventCommitmentExpired, { owner, commitment: toHex(commitment), deposit })
}
