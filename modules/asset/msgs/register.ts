import {
  MsgRegisterAsset,
  type MsgRegisterAssetResponse,
  MsgRegisterReference,
  type MsgRegisterReferenceResponse,
  MsgRegisterVersion,
  type MsgRegisterVersionResponse,
} from '#gen/wadi/asset/v1/tx.ts'
import { Derivatives, Permission } from '#gen/wadi/asset/v1/types.ts'
import type { TxContext } from '#kernel'
import { confirmedAsset } from '../access.ts'
import { checkDataUse, derivativesOf } from '../checks.ts'
import { err } from '../errors.ts'
import { registrationFee } from '../money.ts'
import { paramsOf } from '../params.ts'
import { newAsset, registerVersion } from '../register.ts'

/** An asset with its first version. */
export function registerAsset(ctx: TxContext, msg: MsgRegisterAsset): MsgRegisterAssetResponse {
  const { controller, termsId, shareSupply } = msg
  if (termsId !== 0n) throw err.notYetSupported(`terms_id ${termsId}: there are no terms yet, leave it out`)
  if (shareSupply !== 0n) {
    throw err.notYetSupported(`share_supply ${shareSupply}: there are no shares yet, leave it out`)
  }
  const params = paramsOf(ctx)
  const dataUse = checkDataUse(msg.dataUse)
  const version = { ...msg, derivatives: derivativesOf(msg.derivatives) }
  const asset = newAsset(ctx, params, { ...msg, creator: controller, dataUse, reference: false })
  const fee = registrationFee(params, MsgRegisterAsset.encode(msg).finish())

  const made = registerVersion(ctx, params, asset, version, controller, fee)
  return { assetId: asset.id, version: made.version, seq: made.seq, status: made.status }
}

/** A further version of an asset. */
export function registerNextVersion(ctx: TxContext, msg: MsgRegisterVersion): MsgRegisterVersionResponse {
  const { controller, assetId } = msg
  const params = paramsOf(ctx)
  const asset = confirmedAsset(ctx, assetId, controller)
  const version = { ...msg, derivatives: derivativesOf(msg.derivatives) }
  const fee = registrationFee(params, MsgRegisterVersion.encode(msg).finish())

  const made = registerVersion(ctx, params, asset, version, controller, fee)
  return { version: made.version, seq: made.seq, status: made.status }
}

const EVERYTHING_ALLOWED = {
  train: Permission.PERMISSION_ALLOWED,
  mine: Permission.PERMISSION_ALLOWED,
  infer: Permission.PERMISSION_ALLOWED,
} as const

/** A stand-in for somebody else's asset: nobody's word on it binds anybody, so everything is open. */
export function registerReference(ctx: TxContext, msg: MsgRegisterReference): MsgRegisterReferenceResponse {
  const { registrant } = msg
  const params = paramsOf(ctx)
  const version = {
    ...msg,
    parents: [],
    derivatives: Derivatives.DERIVATIVES_OPEN,
    provenanceDigest: new Uint8Array(),
  }
  const asset = newAsset(ctx, params, {
    ...msg,
    creator: registrant,
    dataUse: EVERYTHING_ALLOWED,
    reference: true,
  })
  const fee = registrationFee(params, MsgRegisterReference.encode(msg).finish())

  const made = registerVersion(ctx, params, asset, version, registrant, fee)
  return { assetId: asset.id, version: made.version, seq: made.seq, status: made.status }
}
