import { Asset, AssetStatus, Commitment, Link, Params, Version } from '#gen/wadi/asset/v1/types.ts'
import {
  address,
  deadlines,
  fixedBytes,
  index,
  item,
  keyAsValue,
  map,
  moduleAccount,
  schema,
  sequence,
  set,
  str,
  table,
  tuple,
  u8,
  u32,
  u64,
  uniqueIndex,
} from '#kernel'

/** Holds fees while they are in escrow, and the deposits of commitments. */
export const escrow = moduleAccount('asset', ['burner'])

/** What the protocol earns: the fees of confirmed versions. */
export const protocol = moduleAccount('protocol')

// A void asset is found by its number only: its slug is free, and it is no part of any list.
const listed = <K>(asset: Asset, key: K): K | undefined =>
  asset.status === AssetStatus.ASSET_STATUS_VOID ? undefined : key

const digest = fixedBytes(32)
/** An account and the hash it committed to. */
export const commitmentKey = tuple(address, digest)

export const state = schema('asset', {
  params: item(0, Params),
  nextAsset: sequence(1),
  nextSeq: sequence(2),
  nextClaim: sequence(3),
  assets: table(4, Asset, {
    key: [(a) => a.id, u64],
    indexes: {
      slug: uniqueIndex(
        5,
        (a: Asset) => listed(a, [a.creator, a.slug] as [string, string]),
        tuple(address, str),
      ),
      creator: index(6, (a: Asset) => listed(a, a.creator), address),
      controller: index(
        7,
        (a: Asset) => (a.controller === '' ? undefined : listed(a, a.controller)),
        address,
      ),
      kind: index(8, (a: Asset) => listed(a, a.kind as number), u8),
    },
  }),
  versions: table(9, Version, {
    key: [(v) => [v.assetId, v.version] as [bigint, number], tuple(u64, u32)],
    indexes: { seq: uniqueIndex(10, (v: Version) => v.seq, u64) },
  }),
  /** Who holds the claim to a digest: the seq of its one version that is not VOID. */
  claims: map(11, digest, keyAsValue(u64)),
  /** The PROVISIONAL versions by the height at which they become ACTIVE: (height, seq). */
  provisional: set(12, tuple(u64, u64)),
  /** Edges by (child, parent): the parents of a version stand together. */
  links: map(13, tuple(u64, u64), Link),
  /** The same edges by (parent, child), so that either end can be walked from any point. */
  children: set(14, tuple(u64, u64)),
  commitments: table(15, Commitment, {
    key: [(c) => [c.owner, c.commitment] as [string, Uint8Array], commitmentKey],
  }),
  /** Versions to activate, by seq. */
  activations: deadlines(16, u64),
  /** Commitments to burn. */
  expiries: deadlines(17, commitmentKey),
})
