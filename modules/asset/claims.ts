import { EventCommitmentRevealed, EventVersionVoided } from '#gen/wadi/asset/v1/events.ts'
import {
  AssetStatus,
  type Commitment,
  type Priority,
  type Version,
  VersionStatus,
} from '#gen/wadi/asset/v1/types.ts'
import type { ReadContext, WriteContext } from '#kernel'
import { toHex } from '#lib/bytes.ts'
import { commitmentHash } from './api.ts'
import { setAssetStatus, versionAt } from './due.ts'
import { err } from './errors.ts'
import { burnHeld, giveBack } from './money.ts'
import { state } from './state.ts'

/** A new claim's place among all claims. */
export function nextPriority(ctx: WriteContext): Priority {
  return { height: ctx.height, index: state.nextClaim.next(ctx) }
}

const isEarlier = (a: Priority, b: Priority): boolean =>
  a.height < b.height || (a.height === b.height && a.index < b.index)

/** The commitment that `salt` opens, if its time is right. */
export function openCommitment(
  ctx: ReadContext,
  owner: string,
  digest: Uint8Array,
  salt: Uint8Array,
): Commitment {
  const hash = commitmentHash(ctx.chainId, owner, digest, salt)
  const found = state.commitments.get(ctx, [owner, hash])
  if (found === undefined) {
    throw err.commitmentNotFound(`${toHex(hash)} of ${owner}, which claim_salt and root_digest lead to`)
  }
  if (ctx.height < found.revealFromHeight) {
    throw err.commitmentTooYoung(
      `${toHex(hash)} from height ${found.revealFromHeight} on, this is ${ctx.height}`,
    )
  }
  if (ctx.height > found.expiryHeight) {
    throw err.commitmentExpired(`${toHex(hash)} after height ${found.expiryHeight}, this is ${ctx.height}`)
  }
  return found
}

/** Ends a commitment with its reveal and returns the deposit. */
export function closeCommitment(
  ctx: WriteContext,
  { owner, commitment, expiryHeight, deposit }: Commitment,
): void {
  state.commitments.remove(ctx, [owner, commitment])
  state.expiries.cancel(ctx, expiryHeight, [owner, commitment])
  giveBack(ctx, owner, BigInt(deposit))
  ctx.emit(EventCommitmentRevealed, { owner, commitment: toHex(commitment), deposit })
}

/**
 * Who has to make room for a claim of this priority: nobody, or the PROVISIONAL version of a later one. Refused if the
 * digest is held for good, or by an earlier claim.
 */
export function contender(ctx: ReadContext, digest: Uint8Array, priority: Priority): Version | undefined {
  const seq = state.claims.get(ctx, digest)
  if (seq === undefined) return undefined
  const holder = versionAt(ctx, seq)
  const { assetId, version, status } = holder
  const isProvisional = status === VersionStatus.VERSION_STATUS_PROVISIONAL
  if (isProvisional && holder.priority !== undefined && isEarlier(priority, holder.priority)) return holder
  const by = isProvisional ? ', whose claim is earlier' : ''
  throw err.digestTaken(`${toHex(digest)} by version ${version} of asset ${assetId}${by}`)
}

/** A version loses its digest to an earlier claim: its fee is burnt, and a first version takes its asset with it. */
export function voidVersion(ctx: WriteContext, loser: Version, winnerSeq: bigint): void {
  const { assetId, version, seq, escrow } = loser
  state.provisional.remove(ctx, [loser.activeHeight, seq])
  state.activations.cancel(ctx, loser.activeHeight, seq)
  state.versions.put(ctx, { ...loser, status: VersionStatus.VERSION_STATUS_VOID, escrow: '' })
  if (version === 1) setAssetStatus(ctx, assetId, AssetStatus.ASSET_STATUS_VOID)
  burnHeld(ctx, BigInt(escrow))
  ctx.emit(EventVersionVoided, { assetId, version, seq, winnerSeq, fee: escrow })
}
