/**
 * Hashes and sign bytes of blocks as CometBFT 0.38 defines them (`types/block.go`, `validator.go`, `canonical.go`):
 * what light clients compute again. Messages have to be complete, as CometBFT's own are: every field that is a message
 * is set, be it empty.
 */

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { sha256 } from '@noble/hashes/sha2.js'
import { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import { ExecTxResult } from '#gen/tendermint/abci/types.ts'
import { HashedParams } from '#gen/tendermint/types/params.ts'
import { BlockID, CommitSig, type Header } from '#gen/tendermint/types/types.ts'
import { SimpleValidator } from '#gen/tendermint/types/validator.ts'
import { Consensus } from '#gen/tendermint/version/types.ts'
import { merkleRoot } from '#lib/merkle.ts'

/** Bytes of a part of a block, as blocks are cut into parts. */
export const BLOCK_PART_BYTES = 65_536

const EMPTY = new Uint8Array()
const PRECOMMIT = 2

/** The hash of a block: the root over the fields of its header. */
export function headerHash(header: Header): Uint8Array {
  const { version, time, lastBlockId } = header
  if (version === undefined || time === undefined || lastBlockId === undefined)
    throw new TypeError('a header without version, time or last_block_id has no hash')
  return merkleRoot([
    Consensus.encode(version).finish(),
    lengthValue(new TextEncoder().encode(header.chainId)),
    header.height === 0n ? EMPTY : new BinaryWriter().uint32(8).int64(header.height).finish(),
    Timestamp.encode(time).finish(),
    BlockID.encode(lastBlockId).finish(),
    lengthValue(header.lastCommitHash),
    lengthValue(header.dataHash),
    lengthValue(header.validatorsHash),
    lengthValue(header.nextValidatorsHash),
    lengthValue(header.consensusHash),
    lengthValue(header.appHash),
    lengthValue(header.lastResultsHash),
    lengthValue(header.evidenceHash),
    lengthValue(header.proposerAddress),
  ])
}

/** `google.protobuf.StringValue` or `BytesValue`; nothing at all where it is empty. */
function lengthValue(bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? EMPTY : new BinaryWriter().uint32(10).bytes(bytes).finish()
}

/** `data_hash`: the root over the hashes of the transactions. */
export function dataHash(txHashes: readonly Uint8Array[]): Uint8Array {
  return merkleRoot(txHashes)
}

/** `last_commit_hash`: the root over the signatures of a commit. */
export function commitHash(signatures: readonly CommitSig[]): Uint8Array {
  return merkleRoot(signatures.map((signature) => CommitSig.encode(signature).finish()))
}

/** `validators_hash`: the root over keys and powers, in the order of the set. */
export function validatorsHash(validators: readonly SimpleValidator[]): Uint8Array {
  return merkleRoot(validators.map((validator) => SimpleValidator.encode(validator).finish()))
}

/** `consensus_hash`: of the two parameters that every block depends on. */
export function consensusParamsHash(params: HashedParams): Uint8Array {
  return sha256(HashedParams.encode(params).finish())
}

/** What of a transaction's result consensus hashes. */
export interface HashedResult {
  readonly code: number
  readonly data: Uint8Array
  readonly gasWanted: bigint
  readonly gasUsed: bigint
}

/** `last_results_hash`: the root over what is deterministic in the results of a block. */
export function resultsHash(results: readonly HashedResult[]): Uint8Array {
  const leaves = results.map(({ code, data, gasWanted, gasUsed }) =>
    ExecTxResult.encode({
      code,
      data,
      gasWanted,
      gasUsed,
      log: '',
      info: '',
      events: [],
      codespace: '',
    }).finish(),
  )
  return merkleRoot(leaves)
}

/** The part-set header of an encoded block. */
export function partSetHeader(block: Uint8Array): { total: number; hash: Uint8Array } {
  const parts: Uint8Array[] = []
  for (let at = 0; at < block.length; at += BLOCK_PART_BYTES)
    parts.push(block.subarray(at, at + BLOCK_PART_BYTES))
  return { total: parts.length, hash: merkleRoot(parts) }
}

/** What a validator signs to commit a block: `CanonicalVote` of a precommit, behind its length. */
export function precommitSignBytes(
  chainId: string,
  vote: {
    readonly height: bigint
    readonly round: number
    readonly blockId: BlockID
    readonly timestamp: Timestamp
  },
): Uint8Array {
  const writer = new BinaryWriter().uint32(8).int32(PRECOMMIT)
  if (vote.height !== 0n) writer.uint32(17).sfixed64(vote.height)
  if (vote.round !== 0) writer.uint32(25).sfixed64(vote.round)
  // A canonical block id has the wire form of a block id.
  if (vote.blockId.hash.length > 0) writer.uint32(34).bytes(BlockID.encode(vote.blockId).finish())
  writer.uint32(42).bytes(Timestamp.encode(vote.timestamp).finish())
  if (chainId !== '') writer.uint32(50).string(chainId)
  return new BinaryWriter().bytes(writer.finish()).finish()
}
