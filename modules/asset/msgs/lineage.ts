import { EventLineageAdded } from '#gen/wadi/asset/v1/events.ts'
import { MsgAddLineage, type MsgAddLineageResponse } from '#gen/wadi/asset/v1/tx.ts'
import { type Asset, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import type { TxContext } from '#kernel'
import { controlledAsset } from '../access.ts'
import { touchVersion } from '../due.ts'
import { err } from '../errors.ts'
import { checkTraining, deepen, depthBelow, putLink, resolveParent, statusName } from '../lineage.ts'
import { byteFee, earnFrom } from '../money.ts'
import { paramsOf } from '../params.ts'
import { state } from '../state.ts'

/**
 * A link that the registration left out. The parent's controller signs too, and that is the permission: derivatives
 * LICENSED or FORBIDDEN do not stand against it.
 */
export function addLineage(ctx: TxContext, msg: MsgAddLineage): MsgAddLineageResponse {
  const { controller, parentController, assetId, version, parent } = msg
  if (parent === undefined) throw err.invalidField('parent left out, expected asset_id, version and relation')
  const params = paramsOf(ctx)
  controlledAsset(ctx, assetId, controller)
  const child = linkableVersion(ctx, assetId, version)
  const above = resolveParent(ctx, 'parent', parent)
  checkParentController(above.asset, controller, parentController)
  checkTraining(controller, above)
  const { seq: parentSeq } = above.version
  if (parentSeq >= child.seq) {
    throw err.parentNotOlder(`parent with seq ${parentSeq}, child with seq ${child.seq}`)
  }
  if (state.links.has(ctx, [child.seq, parentSeq])) {
    throw err.duplicateParent(`version ${parent.version} of asset ${parent.assetId}`)
  }
  if (child.parentCount >= params.maxParents) {
    throw err.tooManyParents(`${child.parentCount + 1}, at most ${params.maxParents}`)
  }
  const depth = Math.max(child.depth, depthBelow(params, [above.version]))

  earnFrom(ctx, controller, byteFee(params, MsgAddLineage.encode(msg).finish()))
  const { relation, licenseId } = parent
  const link = { childSeq: child.seq, parentSeq, relation, licenseId, height: ctx.height, late: true }
  const linked = { ...child, parentCount: child.parentCount + 1 }
  putLink(ctx, link)
  if (depth > child.depth) deepen(ctx, params, linked, depth)
  else state.versions.put(ctx, linked)
  const { assetId: parentAssetId, version: parentVersion } = parent
  ctx.emit(EventLineageAdded, { link, assetId, version, parentAssetId, parentVersion, depth })
  return {}
}

/** The version, if it can still be given parents: all that was confirmed can, so that revoking is no way out. */
function linkableVersion(ctx: TxContext, assetId: bigint, version: number) {
  const child = touchVersion(ctx, assetId, version)
  const isOpen =
    child.status !== VersionStatus.VERSION_STATUS_PROVISIONAL &&
    child.status !== VersionStatus.VERSION_STATUS_VOID
  if (isOpen) return child
  throw err.versionStatus(`version ${version} of asset ${assetId} is ${statusName(child.status)}`)
}

/** Nobody controls a reference, so nobody can sign for it, and nobody has to. */
function checkParentController(parent: Asset, controller: string, parentController: string): void {
  const expected = parent.reference ? controller : parent.controller
  if (parentController === expected) return
  throw err.notParentController(
    `parent_controller ${parentController} of asset ${parent.id}, expected ${expected}`,
  )
}
