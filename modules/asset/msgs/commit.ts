import { EventCommitted } from '#gen/wadi/asset/v1/events.ts'
import type { MsgCommitRegistration, MsgCommitRegistrationResponse } from '#gen/wadi/asset/v1/tx.ts'
import type { TxContext } from '#kernel'
import { toHex } from '#lib/bytes.ts'
import { checkDigest } from '../checks.ts'
import { nextPriority } from '../claims.ts'
import { err } from '../errors.ts'
import { hold } from '../money.ts'
import { paramsOf } from '../params.ts'
import { state } from '../state.ts'

/** A claim to a digest that nobody can read yet. Its times are fixed now, whatever becomes of the parameters. */
export function commitRegistration(
  ctx: TxContext,
  msg: MsgCommitRegistration,
): MsgCommitRegistrationResponse {
  const { owner, commitment } = msg
  checkDigest('commitment', commitment)
  if (state.commitments.has(ctx, [owner, commitment])) {
    throw err.commitmentExists(`${toHex(commitment)} of ${owner}`)
  }
  const { commitDeposit: deposit, commitMinAge, commitTtl } = paramsOf(ctx)
  const priority = nextPriority(ctx)
  const revealFromHeight = ctx.height + BigInt(commitMinAge)
  const expiryHeight = ctx.height + BigInt(commitTtl)

  hold(ctx, owner, BigInt(deposit))
  state.commitments.put(ctx, { owner, commitment, priority, revealFromHeight, expiryHeight, deposit })
  state.expiries.schedule(ctx, expiryHeight, [owner, commitment])
  ctx.emit(EventCommitted, { owner, commitment: toHex(commitment), priority, expiryHeight, deposit })
  return { priority, revealFromHeight, expiryHeight }
}
