import {
  MsgAddLineage,
  MsgCommitRegistration,
  MsgRegisterAsset,
  MsgRegisterReference,
  MsgRegisterVersion,
} from '#gen/wadi/asset/v1/tx.ts'
import {
  type Asset,
  AssetStatus,
  Derivatives,
  DigestScheme,
  type Parent,
  Permission,
  Relation,
  type Version,
  VersionStatus,
} from '#gen/wadi/asset/v1/types.ts'
import { assets, commitmentHash } from '#modules/asset/api.ts'
import { state } from '#modules/asset/state.ts'
import type { Random } from '../random.ts'
import { draft, type Generator, type Secret, type World } from '../world.ts'
import { publisherSet } from './asset-takeover.ts'

/** Assets looked at before a generator gives up. */
const TRIES = 12

/** An asset that fits, among all there are. */
export function findAsset(world: World, fits: (asset: Asset) => boolean): Asset | undefined {
  const count = Number(state.nextAsset.peek(world.ctx)) - 1
  for (let i = 0; i < TRIES && count > 0; i++) {
    const asset = assets.find(world.ctx, BigInt(world.random.between(1, count)))
    if (asset !== undefined && fits(asset)) return asset
  }
  return undefined
}

/** A version that fits, among all there are. */
export function findVersion(
  world: World,
  fits: (version: Version, asset: Asset) => boolean,
): { asset: Asset; version: Version } | undefined {
  for (let i = 0; i < TRIES; i++) {
    const asset = findAsset(world, ({ status }) => status !== AssetStatus.ASSET_STATUS_VOID)
    if (asset === undefined) return undefined
    const version = assets.findVersion(world.ctx, asset.id, world.random.between(1, asset.latestVersion))
    if (version !== undefined && fits(version, asset)) return { asset, version }
  }
  return undefined
}

export const isOwned = ({ controller, status }: Asset): boolean =>
  controller !== '' && status === AssetStatus.ASSET_STATUS_CONFIRMED

/** Who signs for an asset: its controller, now and then somebody else. */
export const signerFor = (world: World, { controller }: Asset): string =>
  world.random.chance(0.03) || controller === '' ? world.anyone() : controller

const KINDS = [1, 2, 3, 4, 5, 6, 7] as const
const LICENSES = ['Apache-2.0', 'MIT AND CC-BY-4.0', 'NOASSERTION', 'LicenseRef-acme-1'] as const
const SCHEMES = ['https', 'ipfs', 'hf', 'oci', 'ar'] as const

export function someLicense(random: Random) {
  const expression = random.pick(LICENSES)
  const textDigest = expression.startsWith('LicenseRef') ? random.bytes(32) : new Uint8Array()
  return { expression, textDigest }
}

export const someMetadata = (random: Random) => ({ mediaType: 'text/markdown', digest: random.bytes(32) })

export function someLocators(random: Random): string[] {
  const count = random.between(0, 3)
  return Array.from(
    { length: count },
    (_, i) => `${random.pick(SCHEMES)}://example.org/${random.bits()}/${i}`,
  )
}

const somePermission = (random: Random): Permission =>
  random.chance(0.7)
    ? Permission.PERMISSION_ALLOWED
    : random.pick([Permission.PERMISSION_CONSTRAINED, Permission.PERMISSION_NOT_ALLOWED])

const someDataUse = (random: Random) => ({
  train: somePermission(random),
  mine: somePermission(random),
  infer: somePermission(random),
})

function contentOf(random: Random, rootDigest: Uint8Array) {
  const scheme = random.chance(0.5)
    ? DigestScheme.DIGEST_SCHEME_OMS_FILES_V1
    : random.pick([2, 3, 4] as const)
  const fileCount = scheme === DigestScheme.DIGEST_SCHEME_SHA256_FILE ? 1 : random.between(1, 40)
  return { scheme, rootDigest, sizeBytes: BigInt(random.bits()) + 1n, fileCount }
}

/** Slugs of a small stock come again and are refused, others are new. */
const someSlug = (world: World): string =>
  world.random.chance(0.1) ? `model-${world.random.below(5)}` : `m${world.unique()}`

/** A commitment of that account (of anybody, if none is named) that can be revealed now. */
function openSecret(world: World, owner?: string): Secret | undefined {
  const { random, secrets, ctx, height } = world
  const open = secrets.filter((secret) => {
    if (owner !== undefined && secret.owner !== owner) return false
    const hash = commitmentHash(ctx.chainId, secret.owner, secret.digest, secret.salt)
    const found = state.commitments.get(ctx, [secret.owner, hash])
    return found !== undefined && height >= found.revealFromHeight
  })
  return open.length === 0 ? undefined : random.pick(open)
}

/** What a registration registers: something new, what its account committed to, or what somebody else did. */
function claimFor(world: World, owner: string): { digest: Uint8Array; claimSalt: Uint8Array } {
  const { random } = world
  const own = random.chance(0.6) ? openSecret(world, owner) : undefined
  if (own !== undefined) return { digest: own.digest, claimSalt: own.salt }
  const none = new Uint8Array()
  if (random.chance(0.15) && world.secrets.length > 0) {
    return { digest: random.pick(world.secrets).digest, claimSalt: none }
  }
  return { digest: random.bytes(32), claimSalt: random.chance(0.03) ? random.bytes(32) : none }
}

const takesChildren = ({ status }: Version): boolean =>
  status === VersionStatus.VERSION_STATUS_ACTIVE || status === VersionStatus.VERSION_STATUS_DEPRECATED

const RELATIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const

function parentOf(random: Random, { id, dataUse }: Asset, version: number): Parent {
  const relation = random.pick(RELATIONS)
  const trains = relation === Relation.RELATION_DISTILL || relation === Relation.RELATION_TRAINED_ON
  const refused = trains && dataUse?.train !== Permission.PERMISSION_ALLOWED && random.chance(0.9)
  return { assetId: id, version, relation: refused ? Relation.RELATION_TOOL : relation, licenseId: 0n }
}

function someParents(world: World, controller: string): Parent[] {
  const { random } = world
  const careless = random.chance(0.05)
  const parents: Parent[] = []
  for (let wanted = random.pick([0, 0, 1, 1, 2, 3]); wanted > 0; wanted--) {
    const found = findVersion(
      world,
      (version, asset) =>
        careless ||
        (takesChildren(version) &&
          (version.derivatives === Derivatives.DERIVATIVES_OPEN || asset.controller === controller)),
    )
    if (found === undefined) continue
    const { asset, version } = found
    const known = parents.some((parent) => parent.assetId === asset.id && parent.version === version.version)
    if (!known || careless) parents.push(parentOf(random, asset, version.version))
  }
  return parents
}

const versionFields = (world: World, controller: string) => {
  const { random } = world
  const { digest, claimSalt } = claimFor(world, controller)
  return {
    content: contentOf(random, digest),
    claimSalt,
    locators: someLocators(random),
    parents: someParents(world, controller),
    derivatives: random.pick([0, 1, 1, 1, 2, 3] as const),
    provenanceDigest: random.chance(0.3) ? random.bytes(32) : new Uint8Array(),
  }
}

/** Every invariant walks all versions after every block: beyond some, most registrations leave their turn to others. */
const MANY_VERSIONS = 500n

const passes = ({ ctx, random }: World, probability: number): boolean =>
  state.nextSeq.peek(ctx) > MANY_VERSIONS && random.chance(probability)

const registerAsset: Generator = (world) => {
  if (passes(world, 0.97)) return undefined
  const { random } = world
  const waiting = random.chance(0.5) ? openSecret(world) : undefined
  const controller = waiting?.owner ?? world.anyone()
  return draft(MsgRegisterAsset, {
    controller,
    kind: random.pick(KINDS),
    slug: someSlug(world),
    metadata: random.chance(0.5) ? someMetadata(random) : undefined,
    license: someLicense(random),
    dataUse: someDataUse(random),
    ...versionFields(world, controller),
    termsId: random.chance(0.02) ? 1n : 0n,
  })
}

const registerVersion: Generator = (world) => {
  if (passes(world, 0.97)) return undefined
  const asset = findAsset(world, isOwned)
  if (asset === undefined) return undefined
  const controller = signerFor(world, asset)
  return draft(MsgRegisterVersion, { controller, assetId: asset.id, ...versionFields(world, controller) })
}

const commitRegistration: Generator = (world) => {
  const { random, ctx } = world
  const again = random.chance(0.05) && world.secrets.length > 0 ? random.pick(world.secrets) : undefined
  const secret = again ?? { owner: world.anyone(), digest: random.bytes(32), salt: random.bytes(32) }
  if (again === undefined) world.remember(secret)
  const { owner, digest, salt } = secret
  return draft(MsgCommitRegistration, {
    owner,
    commitment: commitmentHash(ctx.chainId, owner, digest, salt),
  })
}

const registerReference: Generator = (world) => {
  if (passes(world, 0.75)) return undefined
  const { random } = world
  const set = publisherSet(world)
  return draft(MsgRegisterReference, {
    registrant: world.anyone(),
    kind: random.pick(KINDS),
    slug: someSlug(world),
    license: someLicense(random),
    content: {
      scheme: DigestScheme.DIGEST_SCHEME_OMS_FILES_V1,
      rootDigest: set.rootDigest,
      sizeBytes: 1_000n,
      fileCount: set.fileDigests.length / 32,
    },
    locators: someLocators(random),
  })
}

/** A late link between any two versions of which the parent is the older one. */
const addLineage: Generator = (world) => {
  const { random } = world
  const child = findVersion(
    world,
    ({ status, seq }, { controller }) =>
      seq > 1n && controller !== '' && status !== VersionStatus.VERSION_STATUS_PROVISIONAL,
  )
  if (child === undefined) return undefined
  const older = (version: Version): boolean =>
    random.chance(0.02) || (takesChildren(version) && version.seq < child.version.seq)
  const parent = findVersion(world, older)
  if (parent === undefined) return undefined
  const controller = signerFor(world, child.asset)
  const { reference } = parent.asset
  return draft(MsgAddLineage, {
    controller,
    parentController: reference ? controller : signerFor(world, parent.asset),
    assetId: child.asset.id,
    version: child.version.version,
    parent: parentOf(random, parent.asset, parent.version.version),
  })
}

export const registrationMessages: Readonly<Record<string, readonly [weight: number, Generator]>> = {
  [MsgRegisterAsset.$type]: [3, registerAsset],
  [MsgRegisterVersion.$type]: [2, registerVersion],
  [MsgRegisterReference.$type]: [1.5, registerReference],
  [MsgCommitRegistration.$type]: [3, commitRegistration],
  [MsgAddLineage.$type]: [3, addLineage],
}
