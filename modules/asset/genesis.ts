import { GenesisState } from '#gen/wadi/asset/v1/genesis.ts'
import {
  type Asset,
  type Commitment,
  type Link,
  type Version,
  VersionStatus,
} from '#gen/wadi/asset/v1/types.ts'
import { type AppError, address, genesis, type WriteContext } from '#kernel'
import { ValueError } from '#lib/bytes.ts'
import { parseUint } from '#lib/int.ts'
import { checkKind } from './checks.ts'
import { err } from './errors.ts'
import { assetInvariants } from './invariants.ts'
import { checkParams, DEFAULT_PARAMS } from './params.ts'
import { state } from './state.ts'

const invalid = (what: string, problem: string): AppError => err.invalidGenesis(`${what}: ${problem}`)

/** Every list of the registry's state; indexes and deadlines are made again from them. */
export const assetGenesis = genesis(GenesisState, {
  init(ctx, { params, nextAssetId, nextSeq, nextClaim }) {
    const given = params ?? DEFAULT_PARAMS
    checkParams(given)
    state.params.set(ctx, given)
    state.nextAsset.set(ctx, atLeastOne(nextAssetId))
    state.nextSeq.set(ctx, atLeastOne(nextSeq))
    state.nextClaim.set(ctx, atLeastOne(nextClaim))
  },
  rows: { assets: initAsset, versions: initVersion, links: initLink, commitments: initCommitment },
  finish(ctx) {
    for (const [rule, check] of Object.entries(assetInvariants)) {
      const problem = check(ctx)
      if (problem !== undefined) throw invalid(rule, problem)
    }
  },
  export: (ctx) => ({
    params: state.params.get(ctx),
    assets: state.assets.all(ctx),
    versions: state.versions.all(ctx),
    links: values(state.links.entries(ctx)),
    commitments: state.commitments.all(ctx),
    nextAssetId: state.nextAsset.peek(ctx),
    nextSeq: state.nextSeq.peek(ctx),
    nextClaim: state.nextClaim.peek(ctx),
  }),
})

const atLeastOne = (number: bigint): bigint => (number === 0n ? 1n : number)

function* values<V>(entries: Iterable<readonly [unknown, V]>): Generator<V, void, undefined> {
  for (const [, value] of entries) yield value
}

/** Keeps a sequence above a number that is in use. */
function raise(ctx: WriteContext, sequence: typeof state.nextSeq, used: bigint): void {
  if (sequence.peek(ctx) <= used) sequence.set(ctx, used + 1n)
}

function checkOwner(what: string, field: string, text: string): void {
  try {
    address.encode(text)
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw invalid(what, `${field}: ${error.message}`)
  }
}

function checkAmount(what: string, field: string, text: string): void {
  try {
    parseUint(text, 128)
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw invalid(what, `${field}: ${error.message}`)
  }
}

function initAsset(ctx: WriteContext, asset: Asset): void {
  const { id, kind, creator, slug, controller, reference } = asset
  const what = `asset ${id}`
  if (id === 0n) throw invalid(what, 'numbers begin at 1')
  if (state.assets.has(ctx, id)) throw invalid(what, 'stands twice')
  checkKind(kind)
  checkOwner(what, 'creator', creator)
  if (!reference) checkOwner(what, 'controller', controller)
  else if (controller !== '') throw invalid(what, 'a reference has no controller')
  const namesake = state.assets.find(ctx, 'slug', [creator, slug])
  if (namesake !== undefined) throw invalid(what, `slug ${slug} is that of asset ${namesake.id} too`)
  state.assets.put(ctx, asset)
  raise(ctx, state.nextAsset, id)
}

function initVersion(ctx: WriteContext, version: Version): void {
  const { seq, assetId, content, status, activeHeight, priority, escrow } = version
  const what = `version with seq ${seq}`
  if (seq === 0n) throw invalid(what, 'running numbers begin at 1')
  if (state.versions.find(ctx, 'seq', seq) !== undefined) throw invalid(what, 'stands twice')
  if (state.versions.has(ctx, [assetId, version.version])) {
    throw invalid(what, `asset ${assetId} has a version ${version.version} already`)
  }
  if (content?.rootDigest.length !== 32) throw invalid(what, 'content.root_digest has not 32 bytes')
  if (priority === undefined) throw invalid(what, 'priority is missing')
  if (escrow !== '') checkAmount(what, 'escrow', escrow)
  state.versions.put(ctx, version)
  raise(ctx, state.nextSeq, seq)
  raise(ctx, state.nextClaim, priority.index)
  if (status === VersionStatus.VERSION_STATUS_VOID) return
  if (state.claims.has(ctx, content.rootDigest)) throw invalid(what, 'its root digest is claimed already')
  state.claims.set(ctx, content.rootDigest, seq)
  if (status !== VersionStatus.VERSION_STATUS_PROVISIONAL) return
  state.provisional.add(ctx, [activeHeight, seq])
  state.activations.schedule(ctx, activeHeight, seq)
}

function initLink(ctx: WriteContext, link: Link): void {
  const { childSeq, parentSeq } = link
  const what = `link from ${childSeq} to ${parentSeq}`
  if (parentSeq >= childSeq) throw invalid(what, 'a parent has the lower seq')
  if (state.links.has(ctx, [childSeq, parentSeq])) throw invalid(what, 'stands twice')
  state.links.set(ctx, [childSeq, parentSeq], link)
  state.children.add(ctx, [parentSeq, childSeq])
}

function initCommitment(ctx: WriteContext, row: Commitment): void {
  const { owner, commitment, expiryHeight, priority, deposit } = row
  const what = `commitment of ${owner}`
  checkOwner(what, 'owner', owner)
  if (commitment.length !== 32) throw invalid(what, `${commitment.length} bytes, expected 32`)
  if (priority === undefined) throw invalid(what, 'priority is missing')
  if (state.commitments.has(ctx, [owner, commitment])) throw invalid(what, 'stands twice')
  checkAmount(what, 'deposit', deposit)
  state.commitments.put(ctx, row)
  state.expiries.schedule(ctx, expiryHeight, [owner, commitment])
  raise(ctx, state.nextClaim, priority.index)
}
