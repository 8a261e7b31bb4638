import {
  MsgAssignController,
  MsgSetStatus,
  MsgTransferAsset,
  MsgUpdateLocators,
  MsgUpdateMetadata,
  MsgUpdateParams,
} from '#gen/wadi/asset/v1/tx.ts'
import { AssetStatus, type Permission, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { state } from '#modules/asset/state.ts'
import { draft, type Generator } from '../world.ts'
import {
  findAsset,
  findVersion,
  isOwned,
  signerFor,
  someLicense,
  someLocators,
  someMetadata,
} from './asset.ts'

const NEXT: Readonly<Partial<Record<VersionStatus, readonly VersionStatus[]>>> = {
  [VersionStatus.VERSION_STATUS_ACTIVE]: [VersionStatus.VERSION_STATUS_DEPRECATED],
  [VersionStatus.VERSION_STATUS_DEPRECATED]: [
    VersionStatus.VERSION_STATUS_ACTIVE,
    VersionStatus.VERSION_STATUS_ACTIVE,
    VersionStatus.VERSION_STATUS_REVOKED,
  ],
}

const setStatus: Generator = (world) => {
  const found = findVersion(world, ({ status }, asset) => isOwned(asset) && NEXT[status] !== undefined)
  if (found === undefined) return undefined
  const { asset, version } = found
  const allowed = NEXT[version.status] ?? []
  return draft(MsgSetStatus, {
    controller: signerFor(world, asset),
    assetId: asset.id,
    version: version.version,
    status: world.random.chance(0.05) ? VersionStatus.VERSION_STATUS_REVOKED : world.random.pick(allowed),
  })
}

const transferAsset: Generator = (world) => {
  const asset = findAsset(world, isOwned)
  if (asset === undefined) return undefined
  return draft(MsgTransferAsset, {
    controller: signerFor(world, asset),
    assetId: asset.id,
    recipient: world.anyone(),
  })
}

const updateMetadata: Generator = (world) => {
  const { random } = world
  const asset = findAsset(
    world,
    ({ controller, status }) => controller !== '' && status !== AssetStatus.ASSET_STATUS_VOID,
  )
  if (asset === undefined) return undefined
  // Loosened by one step, or where that is not possible left as it is; now and then made stricter.
  const step = (now: Permission | undefined): Permission =>
    Math.max(1, Math.min(3, (now ?? 1) + (random.chance(0.03) ? 1 : -random.below(2)))) as Permission
  const { train, mine, infer } = asset.dataUse ?? {}
  return draft(MsgUpdateMetadata, {
    controller: signerFor(world, asset),
    assetId: asset.id,
    metadata: random.chance(0.5) ? someMetadata(random) : undefined,
    license: random.chance(0.5) ? someLicense(random) : undefined,
    dataUse: random.chance(0.5) ? { train: step(train), mine: step(mine), infer: step(infer) } : undefined,
  })
}

const updateLocators: Generator = (world) => {
  const found = findVersion(world, (_, asset) => asset.controller !== '')
  if (found === undefined) return undefined
  const locators = someLocators(world.random)
  return draft(MsgUpdateLocators, {
    controller: signerFor(world, found.asset),
    assetId: found.asset.id,
    version: found.version.version,
    locators: world.random.chance(0.05) ? [...locators, 'ftp://example.org'] : locators,
  })
}

const assignController: Generator = (world) => {
  const free = findAsset(
    world,
    ({ reference, status }) => reference && status === AssetStatus.ASSET_STATUS_CONFIRMED,
  )
  const asset = world.random.chance(0.05) ? findAsset(world, () => true) : free
  if (asset === undefined) return undefined
  return draft(MsgAssignController, {
    authority: world.pretender(),
    assetId: asset.id,
    controller: world.anyone(),
  })
}

/** Prices, windows and bounds, small enough for all of them to matter within a few blocks. */
const updateParams: Generator = (world) => {
  const { random, ctx } = world
  const contestWindow = random.between(2, 8)
  return draft(MsgUpdateParams, {
    authority: world.pretender(),
    params: {
      ...state.params.must(ctx),
      registrationFee: `${BigInt(random.below(1_000)) * 10n ** 13n}`,
      byteFee: `${BigInt(random.below(100)) * 10n ** 11n}`,
      commitDeposit: `${BigInt(random.below(1_000)) * 10n ** 14n}`,
      commitMinAge: random.between(1, 3),
      commitTtl: random.chance(0.1) ? contestWindow : random.between(12, 60),
      contestWindow,
      maxParents: random.between(2, 8),
      maxLocators: random.between(2, 4),
      maxDepth: random.between(4, 12),
      takeoverMaxFiles: random.between(4, 16),
      walkPage: random.between(4, 40),
    },
  })
}

export const managementMessages: Readonly<Record<string, readonly [weight: number, Generator]>> = {
  [MsgSetStatus.$type]: [3, setStatus],
  [MsgTransferAsset.$type]: [2, transferAsset],
  [MsgUpdateMetadata.$type]: [3, updateMetadata],
  [MsgUpdateLocators.$type]: [3, updateLocators],
  [MsgAssignController.$type]: [2, assignController],
  [MsgUpdateParams.$type]: [1.5, updateParams],
}
