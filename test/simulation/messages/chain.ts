import { MsgUpdateParams as AuthUpdateParams } from '#gen/cosmos/auth/v1beta1/tx.ts'
import { MsgUpdateParams as ConsensusUpdateParams } from '#gen/cosmos/consensus/v1/tx.ts'
import { MsgTransferAuthority, MsgUpdateParams as SystemUpdateParams } from '#gen/wadi/system/v1/tx.ts'
import { draft, type Generator } from '../world.ts'

/*
 * What the authority decides on. Values change what the following blocks cost and allow, and stay where the usual
 * transactions still pass.
 */

const authParams: Generator = (world) => {
  const { random } = world
  const tooLow = random.chance(0.1)
  return draft(AuthUpdateParams, {
    authority: world.pretender(),
    params: {
      maxMemoCharacters: BigInt(random.between(64, 512)),
      // Two multisigs of three keys may have to sign together.
      txSigLimit: tooLow ? 0n : BigInt(random.between(6, 9)),
      txSizeCostPerByte: BigInt(random.between(1, 20)),
      sigVerifyCostEd25519: BigInt(random.between(300, 900)),
      sigVerifyCostSecp256k1: BigInt(random.between(500, 2_000)),
    },
  })
}

const consensusParams: Generator = (world) => {
  const { random } = world
  return draft(ConsensusUpdateParams, {
    authority: world.pretender(),
    block: {
      maxBytes: BigInt(random.between(1_000_000, 4_194_304)),
      maxGas: random.chance(0.5) ? -1n : BigInt(random.between(60, 200)) * 1_000_000n,
    },
    evidence: {
      maxAgeNumBlocks: BigInt(random.between(0, 100_000)),
      maxAgeDuration: { seconds: BigInt(random.between(1, 200_000)), nanos: 0 },
      maxBytes: BigInt(random.between(0, 1_000_000)),
    },
    validator: { pubKeyTypes: random.chance(0.9) ? ['ed25519'] : ['secp256k1'] },
  })
}

/** The budget of timed work, small enough to make the queue lag now and then. */
const systemParams: Generator = (world) => {
  const { random } = world
  return draft(SystemUpdateParams, {
    authority: world.pretender(),
    params: {
      deadlineItems: random.chance(0.1) ? 0 : random.between(1, 12),
      deadlineGas: BigInt(random.between(2, 50)) * 1_000_000n,
      itemGas: BigInt(random.between(1, 2)) * 1_000_000n,
    },
  })
}

const transferAuthority: Generator = (world) =>
  draft(MsgTransferAuthority, { authority: world.pretender(), newAuthority: world.anyone() })

export const chainMessages: Readonly<Record<string, readonly [weight: number, Generator]>> = {
  [AuthUpdateParams.$type]: [1.5, authParams],
  [ConsensusUpdateParams.$type]: [1.5, consensusParams],
  [SystemUpdateParams.$type]: [1.5, systemParams],
  [MsgTransferAuthority.$type]: [1.5, transferAuthority],
}
