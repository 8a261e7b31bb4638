import {
  EventAssetTransferred,
  EventLocatorsUpdated,
  EventMetadataUpdated,
  EventParamsUpdated,
  EventStatusChanged,
} from '#gen/wadi/asset/v1/events.ts'
import {
  type MsgSetStatus,
  type MsgSetStatusResponse,
  type MsgTransferAsset,
  type MsgTransferAssetResponse,
  MsgUpdateLocators,
  type MsgUpdateLocatorsResponse,
  MsgUpdateMetadata,
  type MsgUpdateMetadataResponse,
  type MsgUpdateParams,
  type MsgUpdateParamsResponse,
} from '#gen/wadi/asset/v1/tx.ts'
import { type DataUse, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { requireAuthority, type TxContext } from '#kernel'
import { confirmedAsset, controlledAsset } from '../access.ts'
import { checkDataUse, checkLicense, checkLocators, checkMetadata, checkRecipient } from '../checks.ts'
import { touchVersion } from '../due.ts'
import { err } from '../errors.ts'
import { statusName } from '../lineage.ts'
import { byteFee, earnFrom } from '../money.ts'
import { checkParams, paramsOf } from '../params.ts'
import { state } from '../state.ts'

/** From where to where a controller may lead a version: ACTIVE ↔ DEPRECATED → REVOKED. */
const STEPS: readonly (readonly [from: VersionStatus, to: VersionStatus])[] = [
  [VersionStatus.VERSION_STATUS_ACTIVE, VersionStatus.VERSION_STATUS_DEPRECATED],
  [VersionStatus.VERSION_STATUS_DEPRECATED, VersionStatus.VERSION_STATUS_ACTIVE],
  [VersionStatus.VERSION_STATUS_DEPRECATED, VersionStatus.VERSION_STATUS_REVOKED],
]

export function setStatus(ctx: TxContext, msg: MsgSetStatus): MsgSetStatusResponse {
  const { controller, assetId, version, status: to } = msg
  controlledAsset(ctx, assetId, controller)
  const row = touchVersion(ctx, assetId, version)
  const { status: from } = row
  if (!STEPS.some((step) => step[0] === from && step[1] === to)) {
    const where = `version ${version} of asset ${assetId}`
    throw err.versionStatus(`${where} cannot go from ${statusName(from)} to ${statusName(to)}`)
  }

  state.versions.put(ctx, { ...row, status: to })
  ctx.emit(EventStatusChanged, { assetId, version, from, to })
  return {}
}

export function transferAsset(ctx: TxContext, msg: MsgTransferAsset): MsgTransferAssetResponse {
  const { controller, assetId, recipient } = msg
  checkRecipient('recipient', recipient)
  const asset = confirmedAsset(ctx, assetId, controller)
  if (recipient === controller) throw err.nothingToDo(`${recipient} controls asset ${assetId} already`)

  state.assets.put(ctx, { ...asset, controller: recipient })
  ctx.emit(EventAssetTransferred, { assetId, from: controller, to: recipient })
  return {}
}

export function updateMetadata(ctx: TxContext, msg: MsgUpdateMetadata): MsgUpdateMetadataResponse {
  const { controller, assetId } = msg
  const params = paramsOf(ctx)
  const asset = controlledAsset(ctx, assetId, controller)
  if (msg.metadata === undefined && msg.license === undefined && msg.dataUse === undefined) {
    throw err.nothingToDo('metadata, license and data_use are all left out')
  }
  if (msg.metadata !== undefined) checkMetadata(msg.metadata, params)
  if (msg.license !== undefined) checkLicense(msg.license, params)
  if (msg.dataUse !== undefined) checkLoosened(asset.dataUse, checkDataUse(msg.dataUse))
  const { metadata = asset.metadata, license = asset.license, dataUse = asset.dataUse } = msg

  earnFrom(ctx, controller, byteFee(params, MsgUpdateMetadata.encode(msg).finish()))
  state.assets.put(ctx, { ...asset, metadata, license, dataUse })
  ctx.emit(EventMetadataUpdated, { assetId, metadata, license, dataUse })
  return {}
}

/** Permissions are numbered from ALLOWED up to NOT_ALLOWED: a higher number is the stricter one. */
function checkLoosened(before: DataUse | undefined, after: DataUse): void {
  for (const use of ['train', 'mine', 'infer'] as const) {
    if (before !== undefined && after[use] > before[use]) {
      throw err.stricterDataUse(
        `data_use.${use}: what was permitted is not taken back; deprecate or revoke instead`,
      )
    }
  }
}

export function updateLocators(ctx: TxContext, msg: MsgUpdateLocators): MsgUpdateLocatorsResponse {
  const { controller, assetId, version, locators } = msg
  const params = paramsOf(ctx)
  controlledAsset(ctx, assetId, controller)
  const row = touchVersion(ctx, assetId, version)
  if (row.status === VersionStatus.VERSION_STATUS_VOID) {
    throw err.versionStatus(`version ${version} of asset ${assetId} is VOID`)
  }
  checkLocators(locators, params)

  earnFrom(ctx, controller, byteFee(params, MsgUpdateLocators.encode(msg).finish()))
  state.versions.put(ctx, { ...row, locators })
  ctx.emit(EventLocatorsUpdated, { assetId, version, locators })
  return {}
}

export function updateParams(
  ctx: TxContext,
  { authority, params }: MsgUpdateParams,
): MsgUpdateParamsResponse {
  requireAuthority(ctx, authority)
  if (params === undefined) throw err.invalidParams('params left out')
  checkParams(params)

  state.params.set(ctx, params)
  ctx.emit(EventParamsUpdated, { params })
  return {}
}
