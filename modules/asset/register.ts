import { EventAssetRegistered, EventVersionRegistered } from '#gen/wadi/asset/v1/events.ts'
import {
  type Asset,
  type AssetKind,
  AssetStatus,
  type Commitment,
  type Content,
  type DataUse,
  type Derivatives,
  type LicenseText,
  type Link,
  type Metadata,
  type Params,
  type Parent,
  type Version,
  VersionStatus,
} from '#gen/wadi/asset/v1/types.ts'
import type { TxContext } from '#kernel'
import { toHex } from '#lib/bytes.ts'
import { afterRegister, beforeRegister } from './api.ts'
import {
  checkContent,
  checkKind,
  checkLicense,
  checkLocators,
  checkMetadata,
  checkOptionalDigest,
  checkSlug,
} from './checks.ts'
import { closeCommitment, contender, nextPriority, openCommitment, voidVersion } from './claims.ts'
import { err } from './errors.ts'
import { depthBelow, putLink, type ResolvedParent, resolveParents } from './lineage.ts'
import { earnFrom, hold } from './money.ts'
import { state } from './state.ts'

/*
 * What the three registering messages have in common.
 */

/** What a message says of a version, whichever message it is. */
export interface NewVersion {
  readonly content: Content | undefined
  readonly locators: readonly string[]
  readonly parents: readonly Parent[]
  readonly derivatives: Derivatives
  readonly provenanceDigest: Uint8Array
  readonly claimSalt: Uint8Array
}

/** What a message says of an asset. */
export interface NewAsset {
  readonly creator: string
  readonly kind: AssetKind
  readonly slug: string
  readonly metadata: Metadata | undefined
  readonly license: LicenseText | undefined
  readonly dataUse: DataUse
  readonly reference: boolean
}

/** An asset that does not exist yet, with its checks passed and nothing written. */
export function newAsset(ctx: TxContext, params: Params, asked: NewAsset): Asset {
  const { creator, kind, slug, metadata, dataUse, reference } = asked
  checkKind(kind)
  checkSlug(slug, params)
  if (metadata !== undefined) checkMetadata(metadata, params)
  const license = checkLicense(asked.license, params)
  const taken = state.assets.find(ctx, 'slug', [creator, slug])
  if (taken !== undefined) throw err.slugTaken(`${slug} of ${creator} by asset ${taken.id}`)
  return {
    id: state.nextAsset.next(ctx),
    kind,
    slug,
    creator,
    controller: reference ? '' : creator,
    reference,
    status: AssetStatus.ASSET_STATUS_PROVISIONAL,
    metadata,
    license,
    dataUse,
    latestVersion: 0,
    createdHeight: ctx.height,
  }
}

/** Registers the next version of `asset`, which is written with it. `payer` pays `fee` and owns the commitment. */
export function registerVersion(
  ctx: TxContext,
  params: Params,
  asset: Asset,
  asked: NewVersion,
  payer: string,
  fee: bigint,
): Version {
  const content = checkContent(asked.content)
  checkLocators(asked.locators, params)
  checkOptionalDigest('provenance_digest', asked.provenanceDigest)
  const parents = resolveParents(ctx, params, asset.controller, asked.parents)
  const depth = depthBelow(
    params,
    parents.map(({ version }) => version),
  )
  const commitment = commitmentOf(ctx, payer, content, asked.claimSalt)
  const priority = commitment?.priority ?? nextPriority(ctx)
  const loser = contender(ctx, content.rootDigest, priority)
  const activeHeight = priority.height + BigInt(params.contestWindow)
  const isActive = activeHeight <= ctx.height

  const version: Version = {
    seq: state.nextSeq.next(ctx),
    assetId: asset.id,
    version: asset.latestVersion + 1,
    content,
    locators: [...asked.locators],
    derivatives: asked.derivatives,
    provenanceDigest: asked.provenanceDigest,
    status: isActive ? VersionStatus.VERSION_STATUS_ACTIVE : VersionStatus.VERSION_STATUS_PROVISIONAL,
    depth,
    parentCount: parents.length,
    priority,
    registeredHeight: ctx.height,
    activeHeight,
    escrow: isActive ? '' : fee.toString(),
  }
  const registration = {
    asset: withVersion(asset, version),
    version,
    links: parents.map((parent) => linkTo(ctx, version, parent)),
  }
  beforeRegister.call(ctx, registration)

  if (commitment !== undefined) closeCommitment(ctx, commitment)
  if (loser !== undefined) voidVersion(ctx, loser, version.seq)
  if (isActive) earnFrom(ctx, payer, fee)
  else hold(ctx, payer, fee)
  write(ctx, registration, fee)
  afterRegister.call(ctx, registration)
  return version
}

function commitmentOf(
  ctx: TxContext,
  owner: string,
  content: Content,
  salt: Uint8Array,
): Commitment | undefined {
  checkOptionalDigest('claim_salt', salt)
  return salt.length === 0 ? undefined : openCommitment(ctx, owner, content.rootDigest, salt)
}

/** The asset with this as its newest version; a first one decides where the asset stands. */
function withVersion(asset: Asset, { version, status }: Version): Asset {
  const isActive = status === VersionStatus.VERSION_STATUS_ACTIVE
  const confirmed = version === 1 && isActive ? AssetStatus.ASSET_STATUS_CONFIRMED : asset.status
  return { ...asset, latestVersion: version, status: confirmed }
}

const linkTo = (ctx: TxContext, child: Version, { parent, version }: ResolvedParent): Link => ({
  childSeq: child.seq,
  parentSeq: version.seq,
  relation: parent.relation,
  licenseId: parent.licenseId,
  height: ctx.height,
  late: false,
})

function write(
  ctx: TxContext,
  { asset, version, links }: { asset: Asset; version: Version; links: readonly Link[] },
  fee: bigint,
): void {
  const { seq, content, status, priority, activeHeight } = version
  const rootDigest = content?.rootDigest ?? new Uint8Array()
  state.assets.put(ctx, asset)
  state.versions.put(ctx, version)
  state.claims.set(ctx, rootDigest, seq)
  for (const link of links) putLink(ctx, link)
  if (status === VersionStatus.VERSION_STATUS_PROVISIONAL) {
    state.provisional.add(ctx, [activeHeight, seq])
    state.activations.schedule(ctx, activeHeight, seq)
  }

  if (version.version === 1) {
    const { kind, creator, slug, reference } = asset
    ctx.emit(EventAssetRegistered, { assetId: asset.id, kind, creator, slug, reference })
  }
  ctx.emit(EventVersionRegistered, {
    assetId: asset.id,
    version: version.version,
    seq,
    rootDigest: toHex(rootDigest),
    status,
    priority,
    activeHeight,
    fee: fee.toString(),
  })
}
