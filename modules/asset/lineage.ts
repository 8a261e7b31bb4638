import {
  type Asset,
  Derivatives,
  type Link,
  type Params,
  type Parent,
  Permission,
  Relation,
  type Version,
  VersionStatus,
} from '#gen/wadi/asset/v1/types.ts'
import { assert, type ReadContext, type WriteContext } from '#kernel'
import { checkParent } from './checks.ts'
import { assetOf, versionOf } from './due.ts'
import { err } from './errors.ts'
import { Heap } from './heap.ts'
import { state } from './state.ts'

/** A parent, looked up. */
export interface ResolvedParent {
  readonly parent: Parent
  readonly asset: Asset
  readonly version: Version
}

const nameOf = ({ assetId, version }: Parent): string => `version ${version} of asset ${assetId}`

/** Looks a parent up; its own fields and whether it takes children are checked. */
export function resolveParent(ctx: ReadContext, field: string, parent: Parent): ResolvedParent {
  checkParent(field, parent)
  const version = versionOf(ctx, parent.assetId, parent.version)
  const takesChildren =
    version.status === VersionStatus.VERSION_STATUS_ACTIVE ||
    version.status === VersionStatus.VERSION_STATUS_DEPRECATED
  if (!takesChildren) throw err.parentStatus(`${field} ${nameOf(parent)} is ${statusName(version.status)}`)
  return { parent, asset: assetOf(ctx, parent.assetId), version }
}

/** The name of a status as people say it: ACTIVE. */
export function statusName(status: VersionStatus): string {
  const found = Object.entries(VersionStatus).find(([, number]) => number === status)
  return found === undefined ? `${status}` : found[0].slice('VERSION_STATUS_'.length)
}

/** Looks up all parents of a new version under `controller` and refuses what they do not permit. */
export function resolveParents(
  ctx: ReadContext,
  params: Params,
  controller: string,
  parents: readonly Parent[],
): ResolvedParent[] {
  if (parents.length > params.maxParents) {
    throw err.tooManyParents(`${parents.length}, at most ${params.maxParents}`)
  }
  const seen = new Set<bigint>()
  return parents.map((parent, i) => {
    const resolved = resolveParent(ctx, `parents[${i}]`, parent)
    if (seen.has(resolved.version.seq)) throw err.duplicateParent(`parents[${i}] ${nameOf(parent)}`)
    seen.add(resolved.version.seq)
    checkDerivatives(controller, resolved)
    checkTraining(controller, resolved)
    return resolved
  })
}

/** OPEN takes everybody's children, LICENSED those under a licence, and either and FORBIDDEN their controller's own. */
function checkDerivatives(controller: string, { parent, asset, version }: ResolvedParent): void {
  if (version.derivatives === Derivatives.DERIVATIVES_OPEN || asset.controller === controller) return
  if (version.derivatives === Derivatives.DERIVATIVES_FORBIDDEN) {
    throw err.derivativesForbidden(`${nameOf(parent)} of ${asset.controller}`)
  }
  throw err.licenseRequired(`${nameOf(parent)} of ${asset.controller}: its derivatives are LICENSED`)
}

/** TRAINED_ON and DISTILL need the parent's permission to train. */
export function checkTraining(controller: string, { parent, asset }: ResolvedParent): void {
  const { relation } = parent
  if (relation !== Relation.RELATION_TRAINED_ON && relation !== Relation.RELATION_DISTILL) return
  const train = asset.dataUse?.train
  if (train === Permission.PERMISSION_NOT_ALLOWED) throw err.trainingNotAllowed(`asset ${asset.id}`)
  if (train === Permission.PERMISSION_CONSTRAINED && asset.controller !== controller) {
    throw err.licenseRequired(`asset ${asset.id} of ${asset.controller}: its training is CONSTRAINED`)
  }
}

/** The depth of a version below these parents. */
export function depthBelow(params: Params, parents: readonly { readonly depth: number }[]): number {
  const depth = parents.reduce((most, parent) => Math.max(most, parent.depth + 1), 0)
  if (depth > params.maxDepth) throw err.depthExceeded(`depth ${depth}, at most ${params.maxDepth}`)
  return depth
}

/** Writes an edge, seen from both ends. */
export function putLink(ctx: WriteContext, link: Link): void {
  const { childSeq, parentSeq } = link
  assert(parentSeq < childSeq, `link from ${childSeq} up to ${parentSeq}`)
  state.links.set(ctx, [childSeq, parentSeq], link)
  state.children.add(ctx, [parentSeq, childSeq])
}

/**
 * Gas for looking at one child beyond what its reads cost: opening the walks that lead to it takes twice their
 * time.
 */
const LOOK_GAS = 2_000

/**
 * Raises a version to `depth`, and with it every descendant that this makes deeper. A version comes after all its
 * ancestors in order of seq, so each is visited once. Refused beyond `max_depth`, and where more than `walk_page`
 * children would have to be looked at: a message never walks further than that.
 */
export function deepen(ctx: WriteContext, params: Params, top: Version, depth: number): void {
  const raised = new Map([[top.seq, { version: top, depth }]])
  const waiting = new Heap<bigint>((a, b) => a < b)
  waiting.push(top.seq)
  let looked = 0
  for (let seq = waiting.pop(); seq !== undefined; seq = waiting.pop()) {
    const at = raised.get(seq)
    assert(at !== undefined, `seq ${seq} was never raised`)
    if (at.depth > params.maxDepth) {
      const { assetId, version } = at.version
      const where = `version ${version} of asset ${assetId}`
      throw err.depthExceeded(`${where} would be at depth ${at.depth}, at most ${params.maxDepth}`)
    }
    state.versions.put(ctx, { ...at.version, depth: at.depth })
    for (const [, childSeq] of state.children.keys(ctx, { prefix: [seq] })) {
      if (++looked > params.walkPage) {
        throw err.tooManyDescendants(
          `version ${top.version} of asset ${top.assetId} has more than ${params.walkPage}`,
        )
      }
      ctx.consumeGas(LOOK_GAS, 'descendant')
      const known = raised.get(childSeq)
      const child = known?.version ?? state.versions.find(ctx, 'seq', childSeq)
      assert(child !== undefined, `no version has seq ${childSeq}`)
      if ((known?.depth ?? child.depth) > at.depth) continue
      if (known === undefined) waiting.push(childSeq)
      raised.set(childSeq, { version: child, depth: at.depth + 1 })
    }
  }
}
