import type { comet38 } from '@cosmjs/tendermint-rpc'
import type { BlockID, Header } from '#gen/tendermint/types/types.ts'
import { headerHash } from '#lib/block-hash.ts'
import { equalBytes } from '#lib/bytes.ts'
import { VerificationError } from './errors.ts'
import { type Instant, type LightValidator, NO_BLOCK, validatorAddress } from './hashes.ts'

/** What a light client asks of a node. Every CosmJS CometBFT client has it. */
export interface LightSource {
  commit(height?: number): Promise<comet38.CommitResponse>
  validators(params: {
    readonly height?: number
    readonly page?: number
    readonly per_page?: number
  }): Promise<comet38.ValidatorsResponse>
  abciQuery(params: {
    readonly path: string
    readonly data: Uint8Array
    readonly height?: number
    readonly prove?: boolean
  }): Promise<comet38.AbciQueryResponse>
}

/** CometBFT's own bound on a set (`types.MaxVotesCount`). */
const MAX_VALIDATORS = 10_000
/** CometBFT's largest page. */
const PAGE = 100
const MAX_CHAIN_ID = 50
/** CometBFT's own bound on a set's power (`types.MaxTotalVotingPower`). */
const MAX_POWER = 2n ** 60n
const HASH = 32

/** One validator's part in a commit. */
export interface LightVote {
  /** Whether it voted for the block; the others did not vote, or for no block. */
  readonly forBlock: boolean
  readonly address: Uint8Array
  readonly time: Instant
  readonly signature: Uint8Array
}

/** A header, its hash, and who signed it. Nothing of it is verified yet but that these belong together. */
export interface SignedHeader {
  readonly header: Header
  readonly height: number
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly hash: Uint8Array
  readonly round: number
  readonly blockId: BlockID
  readonly votes: readonly LightVote[]
}

/** A set of validators whose hash a header names. */
export interface ValidatorSet {
  readonly hash: Uint8Array
  readonly validators: readonly LightValidator[]
  readonly power: bigint
}

/** Asks for a header with its commit, the newest without a height. */
export async function fetchHeader(
  source: LightSource,
  chainId: string,
  height?: number,
): Promise<SignedHeader> {
  const { header, commit } = await source.commit(height)
  const read = readHeader(header)
  if (header.chainId !== chainId || header.chainId.length > MAX_CHAIN_ID) {
    throw new VerificationError(
      'chain-id',
      `the header is of chain ${header.chainId.slice(0, 60)}, not ${chainId}`,
    )
  }
  if (height !== undefined && header.height !== height) {
    throw new VerificationError(
      'height',
      `the node shows header ${header.height} where ${height} was asked for`,
    )
  }
  if (commit.height !== header.height) {
    throw new VerificationError(
      'height',
      `the commit is of height ${commit.height}, its header of ${header.height}`,
    )
  }
  const hash = headerHash(read)
  if (!equalBytes(hash, commit.blockId.hash)) {
    throw new VerificationError(
      'header',
      `header ${header.height} does not have the hash that its commit signs: a field was changed`,
    )
  }
  if (commit.signatures.length > MAX_VALIDATORS) {
    throw new VerificationError('limit', `a commit of ${commit.signatures.length} votes`)
  }
  return {
    header: read,
    height: header.height,
    timeMs: header.time.getTime(),
    hash,
    round: commit.round,
    blockId: blockId(commit.blockId),
    votes: commit.signatures.map(readVote),
  }
}

/** Asks for the validators of a height, page by page. Their hash is compared by the caller. */
export async function fetchValidators(source: LightSource, height: number): Promise<LightValidator[]> {
  const found: LightValidator[] = []
  for (let page = 1; ; page++) {
    const answer = await source.validators({ height, page, per_page: PAGE })
    if (answer.total > MAX_VALIDATORS)
      throw new VerificationError('limit', `a set of ${answer.total} validators`)
    if (answer.validators.length === 0)
      throw new VerificationError('validators', `page ${page} of the validators at ${height} is empty`)
    found.push(...answer.validators.map(readValidator))
    if (found.length >= answer.total) return found
  }
}

/** The total power of a set, within CometBFT's bound. */
export function totalPower(validators: readonly LightValidator[]): bigint {
  let sum = 0n
  for (const { power } of validators) {
    if (power <= 0n) throw new VerificationError('validators', `a validator has a power of ${power}`)
    sum += power
  }
  if (sum > MAX_POWER) throw new VerificationError('limit', `a set with a power of ${sum}`)
  return sum
}

function readValidator({ address, pubkey, votingPower }: comet38.Validator): LightValidator {
  if (pubkey?.algorithm !== 'ed25519' || pubkey.data.length !== HASH)
    throw new VerificationError('validators', `a validator has a key of type ${pubkey?.algorithm}`)
  if (!equalBytes(validatorAddress(pubkey.data), address))
    throw new VerificationError('validators', 'the address of a validator is not that of its key')
  return { address, key: pubkey.data, power: votingPower }
}

function readVote(vote: comet38.Commit['signatures'][number]): LightVote {
  return {
    // BlockIdFlag.Commit
    forBlock: vote.blockIdFlag === 2,
    address: vote.validatorAddress ?? new Uint8Array(),
    time: vote.timestamp === undefined ? { seconds: 0n, nanos: 0 } : instantOf(vote.timestamp),
    signature: vote.signature ?? new Uint8Array(),
  }
}

export function readHeader(header: comet38.Header): Header {
  const { version, lastBlockId } = header
  return {
    version: { block: BigInt(version.block), app: BigInt(version.app) },
    chainId: header.chainId,
    height: BigInt(header.height),
    time: instantOf(header.time),
    lastBlockId: lastBlockId === null ? NO_BLOCK : blockId(lastBlockId),
    lastCommitHash: header.lastCommitHash,
    dataHash: header.dataHash,
    validatorsHash: header.validatorsHash,
    nextValidatorsHash: header.nextValidatorsHash,
    consensusHash: header.consensusHash,
    appHash: header.appHash,
    lastResultsHash: header.lastResultsHash,
    evidenceHash: header.evidenceHash,
    proposerAddress: header.proposerAddress,
  }
}

const blockId = ({ hash, parts }: comet38.BlockId): BlockID => ({
  hash,
  partSetHeader: { total: parts.total, hash: parts.hash },
})

/** Of a date with the nanoseconds after its millisecond, as CosmJS has them. */
function instantOf(time: comet38.Header['time']): Instant {
  const ms = time.getTime()
  const seconds = Math.floor(ms / 1000)
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 + (time.nanoseconds ?? 0) }
}
