import type { Asset, Link, Version } from '#gen/wadi/asset/v1/types.ts'
import { hook } from '#kernel'

/** A version about to be registered, or just registered, with everything that was decided about it. */
export interface Registration {
  /** The version's asset; `latestVersion` is this version. */
  readonly asset: Asset
  readonly version: Version
  readonly links: readonly Link[]
}

/** Called when all checks of the registry have passed and nothing is written; a listener may refuse by throwing. */
export const beforeRegister = hook<[Registration]>('asset.beforeRegister')

/** Called when a version has been written, PROVISIONAL or ACTIVE. */
export const afterRegister = hook<[Registration]>('asset.afterRegister')
