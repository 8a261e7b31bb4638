import { QueryDefinition } from '#gen/wadi/asset/v1/query.ts'
import type { Asset, Link, Relative, Version } from '#gen/wadi/asset/v1/types.ts'
import { fail, type PageRequest, paginate, queries, type ReadContext } from '#kernel'
import { clip, fromHex } from '#lib/bytes.ts'
import { checkAddress, checkKind } from './checks.ts'
import { asDue, assetAsDue, assetOf, versionAt, versionOf } from './due.ts'
import { err } from './errors.ts'
import { paramsOf } from './params.ts'
import { state } from './state.ts'
import { type Direction, type LineagePage, walkLineage } from './walk.ts'

export const assetQueries = queries(QueryDefinition, {
  params: (ctx) => ({ params: paramsOf(ctx) }),

  asset: (ctx, { assetId }) => ({ asset: assetOf(ctx, assetId) }),

  assetBySlug(ctx, { creator, slug }) {
    checkAddress('creator', creator)
    const asset = state.assets.find(ctx, 'slug', [creator, slug])
    if (asset === undefined) throw err.assetNotFound(`slug ${clip(slug)} of ${creator}`)
    return { asset: assetAsDue(ctx, asset) }
  },

  assets(ctx, { pagination }) {
    const page = paginate(ctx, state.assets.source(), pagination)
    return { assets: allAsDue(ctx, page.rows), pagination: page.pagination }
  },

  assetsByController(ctx, { controller, pagination }) {
    checkAddress('controller', controller)
    const page = paginate(ctx, state.assets.sourceWhere('controller', controller), pagination)
    return { assets: allAsDue(ctx, page.rows), pagination: page.pagination }
  },

  assetsByCreator(ctx, { creator, pagination }) {
    checkAddress('creator', creator)
    const page = paginate(ctx, state.assets.sourceWhere('creator', creator), pagination)
    return { assets: allAsDue(ctx, page.rows), pagination: page.pagination }
  },

  assetsByKind(ctx, { kind, pagination }) {
    checkKind(kind)
    const page = paginate(ctx, state.assets.sourceWhere('kind', kind), pagination)
    return { assets: allAsDue(ctx, page.rows), pagination: page.pagination }
  },

  version: (ctx, { assetId, version }) => withParents(ctx, versionOf(ctx, assetId, version)),

  versions(ctx, { assetId, pagination }) {
    assetOf(ctx, assetId)
    const page = paginate(ctx, state.versions.source({ prefix: [assetId] }), pagination)
    return { versions: page.rows.map((row) => asDue(ctx, row)), pagination: page.pagination }
  },

  versionBySeq(ctx, { seq }) {
    const version = state.versions.find(ctx, 'seq', seq) ?? fail(err.versionNotFound(`seq ${seq}`))
    return withParents(ctx, asDue(ctx, version))
  },

  versionByDigest(ctx, { rootDigest }) {
    const seq = state.claims.get(ctx, digestOf('root_digest', rootDigest))
    if (seq === undefined) throw err.versionNotFound(`root digest ${rootDigest}`)
    const found = withParents(ctx, versionAt(ctx, seq))
    return { ...found, asset: assetOf(ctx, found.version.assetId) }
  },

  provisionalVersions(ctx, { pagination }) {
    const source = state.provisional.source({}, (at, [, seq]) => versionAt(at, seq))
    const page = paginate(ctx, source, pagination)
    return { versions: page.rows, pagination: page.pagination }
  },

  parents(ctx, { assetId, version, pagination }) {
    const { seq } = versionOf(ctx, assetId, version)
    const page = paginate(
      ctx,
      state.links.source({ prefix: [seq] }, (_key, link) => link),
      pagination,
    )
    return { parents: page.rows.map((link) => parentOf(ctx, link)), pagination: page.pagination }
  },

  children(ctx, { assetId, version, pagination }) {
    const { seq } = versionOf(ctx, assetId, version)
    const page = paginate(ctx, state.children.source({ prefix: [seq] }, childOf), pagination)
    return { children: page.rows, pagination: page.pagination }
  },

  ancestors(ctx, request) {
    const { rows, pagination } = walkFrom(ctx, 'ancestors', request)
    return { ancestors: rows, pagination }
  },

  descendants(ctx, request) {
    const { rows, pagination } = walkFrom(ctx, 'descendants', request)
    return { descendants: rows, pagination }
  },

  commitment(ctx, { owner, commitment }) {
    checkAddress('owner', owner)
    const row = state.commitments.get(ctx, [owner, digestOf('commitment', commitment)])
    return { commitment: row ?? fail(err.commitmentNotFound(`${commitment} of ${owner}`)) }
  },

  commitments(ctx, { owner, pagination }) {
    checkAddress('owner', owner)
    const page = paginate(ctx, state.commitments.source({ prefix: [owner] }), pagination)
    return { commitments: page.rows, pagination: page.pagination }
  },
})

const allAsDue = (ctx: ReadContext, assets: readonly Asset[]): Asset[] =>
  assets.map((asset) => assetAsDue(ctx, asset))

/** 32 bytes from 64 hexadecimal digits. */
function digestOf(field: string, text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw err.invalidField(`${field} ${clip(text)}, expected 64 hexadecimal digits`)
  }
  return fromHex(text.toLowerCase())
}

function withParents(ctx: ReadContext, version: Version): { version: Version; parents: Relative[] } {
  const parents: Relative[] = []
  for (const [, link] of state.links.entries(ctx, { prefix: [version.seq] }))
    parents.push(parentOf(ctx, link))
  return { version, parents }
}

const parentOf = (ctx: ReadContext, link: Link): Relative => relative(versionAt(ctx, link.parentSeq), link)

function childOf(ctx: ReadContext, [parent, child]: readonly [bigint, bigint]): Relative {
  const link = state.links.get(ctx, [child, parent])
  return relative(versionAt(ctx, child), link)
}

function relative({ assetId, version, seq, status }: Version, link: Link | undefined): Relative {
  const { relation = 0, licenseId = 0n, height: linkedHeight = 0n } = link ?? {}
  return { assetId, version, seq, status, relation, licenseId, linkedHeight }
}

interface WalkRequest {
  readonly assetId: bigint
  readonly version: number
  readonly maxDistance: number
  readonly pagination: PageRequest | undefined
}

function walkFrom(ctx: ReadContext, direction: Direction, request: WalkRequest) {
  const { assetId, version, maxDistance, pagination } = request
  const { seq } = versionOf(ctx, assetId, version)
  const mostRows = paramsOf(ctx).walkPage
  const page: LineagePage = walkLineage(ctx, direction, seq, { maxDistance, page: pagination, mostRows })
  return { rows: page.rows, pagination: { nextKey: page.nextKey, total: 0n } }
}
