import { AssetStatus, type Version, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import type { Invariant, ReadContext } from '#kernel'
import { toHex } from '#lib/bytes.ts'
import { heldBalance } from './money.ts'
import { state } from './state.ts'

const isProvisional = ({ status }: Version): boolean => status === VersionStatus.VERSION_STATUS_PROVISIONAL
const isVoid = ({ status }: Version): boolean => status === VersionStatus.VERSION_STATUS_VOID

/** What always holds of the registry; each walks all of it. Genesis is held to them too. */
export const assetInvariants: Readonly<Record<string, Invariant>> = {
  'the module holds exactly the fees in escrow and the deposits': escrowProblem,
  'indexes are in step with their tables': indexProblem,
  'an asset stands where its first version stands, and counts its versions': assetProblem,
  'every version that is not void holds the one claim to its digest': claimProblem,
  'exactly the provisional versions wait for their activation': provisionalProblem,
  'exactly the commitments wait for their expiry': expiryProblem,
  'a parent has a lower seq than its child, and both ends know the link': linkProblem,
  'the depth of a version is one more than the greatest among its parents': depthProblem,
  'every number given is below its sequence': sequenceProblem,
}

function escrowProblem(ctx: ReadContext): string | undefined {
  let due = 0n
  for (const { escrow } of state.versions.all(ctx)) due += escrow === '' ? 0n : BigInt(escrow)
  for (const { deposit } of state.commitments.all(ctx)) due += BigInt(deposit)
  const held = heldBalance(ctx)
  return held === due ? undefined : `it holds ${held}, ${due} are due`
}

function indexProblem(ctx: ReadContext): string | undefined {
  return state.assets.inconsistency(ctx) ?? state.versions.inconsistency(ctx)
}

function assetProblem(ctx: ReadContext): string | undefined {
  let versions = 0
  for (const { id, status, latestVersion } of state.assets.all(ctx)) {
    const rows = [...state.versions.all(ctx, { prefix: [id] })]
    const first = rows[0]
    if (first?.version !== 1 || rows.at(-1)?.version !== rows.length || rows.length !== latestVersion) {
      return `asset ${id} counts ${latestVersion} versions, there are ${rows.length}`
    }
    const expected = isVoid(first)
      ? AssetStatus.ASSET_STATUS_VOID
      : isProvisional(first)
        ? AssetStatus.ASSET_STATUS_PROVISIONAL
        : AssetStatus.ASSET_STATUS_CONFIRMED
    if (status !== expected) return `asset ${id} has status ${status}, its first version ${first.status}`
    versions += rows.length
  }
  let all = 0
  for (const _ of state.versions.all(ctx)) all++
  return all === versions ? undefined : `${all - versions} versions have no asset`
}

function claimProblem(ctx: ReadContext): string | undefined {
  let live = 0
  for (const version of state.versions.all(ctx)) {
    if (isVoid(version)) continue
    live++
    const digest = version.content?.rootDigest ?? new Uint8Array()
    if (digest.length !== 32 || state.claims.get(ctx, digest) !== version.seq) {
      return `${toHex(digest)} is not claimed by seq ${version.seq}, whose digest it is`
    }
  }
  let claims = 0
  for (const _ of state.claims.entries(ctx)) claims++
  return claims === live ? undefined : `${claims} claims, ${live} versions that are not void`
}

function provisionalProblem(ctx: ReadContext): string | undefined {
  const waiting = new Map([...state.activations.pending(ctx)].map(([height, seq]) => [seq, height]))
  let provisional = 0
  for (const version of state.versions.all(ctx)) {
    const { seq, activeHeight, escrow } = version
    const listed = state.provisional.has(ctx, [activeHeight, seq])
    if (listed !== isProvisional(version)) return `seq ${seq} is ${listed ? '' : 'not '}listed as provisional`
    if (listed !== (escrow !== '')) return `seq ${seq} has "${escrow}" in escrow`
    if (waiting.has(seq) && !listed) return `seq ${seq} waits for what it has had`
    if (!listed) continue
    provisional++
    const height = waiting.get(seq)
    const isSafe = height === undefined ? hasFailed(ctx, seq) : height >= activeHeight
    if (!isSafe) return `seq ${seq} has deadline ${height}, ${activeHeight} is due`
  }
  const listed = [...state.provisional.keys(ctx)].length
  return listed === provisional ? undefined : `${listed} are listed as provisional, ${provisional} are`
}

const hasFailed = (ctx: ReadContext, seq: bigint): boolean =>
  state.activations.failure(ctx, seq) !== undefined

function expiryProblem(ctx: ReadContext): string | undefined {
  let waiting = 0
  for (const [height, [owner, commitment]] of state.expiries.pending(ctx)) {
    waiting++
    const row = state.commitments.get(ctx, [owner, commitment])
    if (row === undefined) return `a deadline names a commitment of ${owner} that is not there`
    if (row.expiryHeight > height) return `a commitment of ${owner} would expire early, at ${height}`
  }
  for (const _ of state.expiries.failed(ctx)) waiting++
  let rows = 0
  for (const _ of state.commitments.all(ctx)) rows++
  return rows === waiting ? undefined : `${waiting} deadlines, ${rows} commitments`
}

function linkProblem(ctx: ReadContext): string | undefined {
  const parents = new Map<bigint, number>()
  let links = 0
  for (const [[child, parent], link] of state.links.entries(ctx)) {
    links++
    const name = `link from ${child} to ${parent}`
    if (parent >= child || link.childSeq !== child || link.parentSeq !== parent)
      return `${name} is out of order`
    if (!state.children.has(ctx, [parent, child])) return `${name} is unknown to the parent`
    if (state.versions.find(ctx, 'seq', parent) === undefined) return `${name} has no parent`
    if (state.versions.find(ctx, 'seq', child) === undefined) return `${name} has no child`
    parents.set(child, (parents.get(child) ?? 0) + 1)
  }
  for (const { seq, parentCount } of state.versions.all(ctx)) {
    const found = parents.get(seq) ?? 0
    if (found !== parentCount) return `seq ${seq} counts ${parentCount} parents, there are ${found}`
  }
  const known = [...state.children.keys(ctx)].length
  return known === links ? undefined : `${known} links are known to parents, ${links} to children`
}

function depthProblem(ctx: ReadContext): string | undefined {
  const depths = new Map<bigint, number>()
  for (const { seq, depth } of state.versions.all(ctx)) depths.set(seq, depth)
  const due = new Map<bigint, number>()
  for (const [[child, parent]] of state.links.entries(ctx)) {
    due.set(child, Math.max(due.get(child) ?? 0, (depths.get(parent) ?? 0) + 1))
  }
  for (const [seq, depth] of depths) {
    if (depth !== (due.get(seq) ?? 0)) return `seq ${seq} has depth ${depth}, ${due.get(seq) ?? 0} is due`
  }
  return undefined
}

function sequenceProblem(ctx: ReadContext): string | undefined {
  const [asset, seq, claim] = [state.nextAsset.peek(ctx), state.nextSeq.peek(ctx), state.nextClaim.peek(ctx)]
  for (const { id } of state.assets.all(ctx)) if (id >= asset) return `asset ${id} where ${asset} is next`
  for (const version of state.versions.all(ctx)) {
    if (version.seq >= seq) return `seq ${version.seq} where ${seq} is next`
    if ((version.priority?.index ?? 0n) >= claim)
      return `claim ${version.priority?.index} where ${claim} is next`
  }
  for (const { priority } of state.commitments.all(ctx)) {
    if ((priority?.index ?? 0n) >= claim) return `claim ${priority?.index} where ${claim} is next`
  }
  return undefined
}
