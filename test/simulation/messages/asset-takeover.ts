import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { MsgTakeOver } from '#gen/wadi/asset/v1/tx.ts'
import { AssetStatus } from '#gen/wadi/asset/v1/types.ts'
import { addressBytes } from '#lib/address.ts'
import { concat, toHex, utf8 } from '#lib/bytes.ts'
import { domainPreimage } from '#lib/domains.ts'
import { sha256 } from '#lib/hash.ts'
import { assets } from '#modules/asset/api.ts'
import { state } from '#modules/asset/state.ts'
import { draft, type Generator, type PublisherKey, type PublisherSet, type World } from '../world.ts'

/** How many sets are remembered: those taken over or forgotten make room. */
const MOST_SETS = 200

const CURVES = { p256, ed25519, secp256k1 } as const

function publicKey({ type, secret }: PublisherKey): Uint8Array {
  return type === 'ed25519' ? ed25519.getPublicKey(secret) : CURVES[type].getPublicKey(secret, true)
}

function signWith({ type, secret }: PublisherKey, preimage: Uint8Array): Uint8Array {
  if (type === 'ed25519') return ed25519.sign(preimage, secret)
  return CURVES[type].sign(sha256(preimage), secret, { prehash: false, lowS: true })
}

/** A new set of files, one of which names up to three keys. */
export function publisherSet(world: World): PublisherSet {
  const { random } = world
  const keys = Array.from({ length: random.between(1, 3) }, () => ({
    type: random.pick(['p256', 'ed25519', 'secp256k1'] as const),
    secret: random.bytes(32),
  }))
  const listed = keys.map((key) => ({ type: key.type, public_key: toHex(publicKey(key)) }))
  const file = utf8(JSON.stringify({ schema: 'wadi-publisher/v1', keys: listed, note: world.unique() }))
  const others = Array.from({ length: random.between(1, 6) }, () => random.bytes(32))
  const fileDigests = concat(sha256(file), ...others)
  const set = { file, fileDigests, rootDigest: sha256(fileDigests), keys }
  world.publishers.push(set)
  if (world.publishers.length > MOST_SETS) world.publishers.shift()
  return set
}

/** The number of the reference that stands for a set, while nobody has it. */
function referenceOf(world: World, { rootDigest }: PublisherSet): bigint | undefined {
  const seq = state.claims.get(world.ctx, rootDigest)
  const version = seq === undefined ? undefined : state.versions.find(world.ctx, 'seq', seq)
  const asset = version === undefined ? undefined : assets.find(world.ctx, version.assetId)
  if (asset?.reference !== true) return undefined
  const isConfirmed = asset.status === AssetStatus.ASSET_STATUS_CONFIRMED
  return isConfirmed || world.random.chance(0.02) ? asset.id : undefined
}

const takeOver: Generator = (world) => {
  const { random, publishers } = world
  for (const set of random.shuffled(publishers).slice(0, 20)) {
    const assetId = referenceOf(world, set)
    if (assetId === undefined) continue
    const controller = world.anyone()
    const keyIndex = random.below(set.keys.length)
    const owner = addressBytes(random.chance(0.05) ? world.anyone() : controller)
    const fields = { assetId, controller: owner, digest: set.rootDigest }
    const preimage = domainPreimage('wadi/takeover/v1', world.ctx.chainId, fields)
    return draft(MsgTakeOver, {
      controller,
      assetId,
      publisherFile: set.file,
      fileDigests: set.fileDigests,
      keyIndex: random.chance(0.03) ? keyIndex + 1 : keyIndex,
      signature: signWith(set.keys[keyIndex] as PublisherKey, preimage),
    })
  }
  return undefined
}

export const takeoverMessages: Readonly<Record<string, readonly [weight: number, Generator]>> = {
  [MsgTakeOver.$type]: [1.5, takeOver],
}
