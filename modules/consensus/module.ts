import { QueryDefinition } from '#gen/cosmos/consensus/v1/query.ts'
import { MsgDefinition } from '#gen/cosmos/consensus/v1/tx.ts'
import { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { defineModule, item, msgs, queries, type ReadContext, requireAuthority, schema } from '#kernel'
import { err } from './errors.ts'

export const state = schema('consensus', { params: item(0, ConsensusParams) })

/** CometBFT's own bound of a block. */
const MAX_BLOCK_BYTES = 104_857_600n
/**
 * The least that parameters may be changed to. CometBFT panics where header, commit and overhead are larger than the
 * block (some 110 bytes a validator), and without gas no transaction could undo the change.
 */
const LEAST_BLOCK_BYTES = 65_536n
const LEAST_BLOCK_GAS = 1_000_000n
/** CometBFT counts the age of evidence in nanoseconds in an int64. */
const MOST_SECONDS = 9_223_372_035n
const KEY_TYPES = ['ed25519']

function checked(params: ConsensusParams): ConsensusParams {
  const { block, evidence, validator } = params
  if (block === undefined) throw err.invalidParams('block is missing')
  if (evidence === undefined) throw err.invalidParams('evidence is missing')
  if (validator === undefined) throw err.invalidParams('validator is missing')
  const { maxBytes, maxGas } = block
  if ((maxBytes < 1n && maxBytes !== -1n) || maxBytes > MAX_BLOCK_BYTES) {
    throw err.invalidParams(`block.max_bytes ${maxBytes} is neither -1 nor within 1…${MAX_BLOCK_BYTES}`)
  }
  if (maxGas < -1n) throw err.invalidParams(`block.max_gas ${maxGas} is below -1`)
  const largest = maxBytes === -1n ? MAX_BLOCK_BYTES : maxBytes
  if (evidence.maxBytes < 0n || evidence.maxBytes > largest) {
    throw err.invalidParams(`evidence.max_bytes ${evidence.maxBytes} is not within 0…${largest}`)
  }
  const { maxAgeNumBlocks, maxAgeDuration } = evidence
  if (maxAgeNumBlocks <= 0n || maxAgeDuration === undefined || maxAgeDuration.seconds < 1n) {
    throw err.invalidParams('evidence.max_age_num_blocks and max_age_duration must be positive')
  }
  const { seconds, nanos } = maxAgeDuration
  if (seconds > MOST_SECONDS || nanos < 0 || nanos > 999_999_999) {
    throw err.invalidParams(
      `evidence.max_age_duration ${seconds}s ${nanos}ns is no duration of at most 292 years`,
    )
  }
  const { pubKeyTypes } = validator
  if (
    pubKeyTypes.length === 0 ||
    pubKeyTypes.length > KEY_TYPES.length ||
    !pubKeyTypes.every((type) => KEY_TYPES.includes(type))
  ) {
    throw err.invalidParams(`validator.pub_key_types [${pubKeyTypes.join(', ')}] may only be ed25519`)
  }
  return params
}

/** Refuses to change to what nothing could be changed back from. */
function checkUsable({ block }: ConsensusParams): void {
  const { maxBytes = -1n, maxGas = -1n } = block ?? {}
  if (maxBytes !== -1n && maxBytes < LEAST_BLOCK_BYTES)
    throw err.invalidParams(`block.max_bytes ${maxBytes} is below ${LEAST_BLOCK_BYTES}`)
  if (maxGas !== -1n && maxGas < LEAST_BLOCK_GAS)
    throw err.invalidParams(`block.max_gas ${maxGas} is below ${LEAST_BLOCK_GAS}`)
}

const consensusMsgs = msgs(MsgDefinition, {
  updateParams(ctx, { authority, block, evidence, validator, abci }) {
    requireAuthority(ctx, authority)
    const before = state.params.must(ctx)
    if (abci !== undefined && abci.voteExtensionsEnableHeight !== 0n) {
      throw err.invalidParams('abci.vote_extensions_enable_height: this chain extends no votes')
    }
    const after = checked({ ...before, block, evidence, validator })
    checkUsable(after)

    state.params.set(ctx, after)
    return {}
  },
})

const consensusQueries = queries(QueryDefinition, {
  params: (ctx) => ({ params: state.params.must(ctx) }),
})

/** What the chain needs of this module; it hands changes on to CometBFT at the end of the block. */
export const keeper = {
  init: (ctx: Parameters<typeof state.params.set>[0], params: ConsensusParams) =>
    state.params.set(ctx, checked(params)),
  params: (ctx: ReadContext) => state.params.must(ctx),
}

export const consensus = defineModule({
  name: 'consensus',
  version: 1,
  state,
  msgs: consensusMsgs,
  queries: consensusQueries,
})
