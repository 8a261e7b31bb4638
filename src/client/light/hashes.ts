/**
 * What CometBFT hashes and signs: a header's fields and a validator set as simple Merkle trees (`types/block.go`,
 * `types/validator_set.go`), and the canonical form of a vote (`types/canonical.go`).
 */

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { sha256 } from '@noble/hashes/sha2.js'
import { PublicKey } from '#gen/tendermint/crypto/keys.ts'
import { BlockID, type Header } from '#gen/tendermint/types/types.ts'
import { SimpleValidator } from '#gen/tendermint/types/validator.ts'
import { Consensus } from '#gen/tendermint/version/types.ts'
import { merkleRoot } from '#lib/merkle.ts'

/** A moment as protobuf has it. */
export interface Instant {
  /** Since 1970. */
  readonly seconds: bigint
  /** Below 10^9. */
  readonly nanos: number
}

/** A validator of a set; only ed25519 keys take part in consensus. */
export interface LightValidator {
  /** The first 20 bytes of SHA-256(key). */
  readonly address: Uint8Array
  /** ed25519, 32 bytes. */
  readonly key: Uint8Array
  readonly power: bigint
}

export function validatorAddress(key: Uint8Array): Uint8Array {
  return sha256(key).subarray(0, 20)
}

/** The hash of a block: the root over its header's fields. */
export function headerHash(header: Header): Uint8Array {
  const { version, time, lastBlockId } = header
  return merkleRoot([
    Consensus.encode(version ?? { block: 0n, app: 0n }).finish(),
    wrapped(2, header.chainId !== '', (writer) => writer.string(header.chainId)),
    wrapped(0, header.height !== 0n, (writer) => writer.int64(header.height)),
    instant(time ?? { seconds: 0n, nanos: 0 }),
    BlockID.encode(lastBlockId ?? NO_BLOCK).finish(),
    ...[
      header.lastCommitHash,
      header.dataHash,
      header.validatorsHash,
      header.nextValidatorsHash,
      header.consensusHash,
      header.appHash,
      header.lastResultsHash,
      header.evidenceHash,
      header.proposerAddress,
    ].map((hash) => wrapped(2, hash.length > 0, (writer) => writer.bytes(hash))),
  ])
}

/** The id of no block: what the first header has for its predecessor. */
export const NO_BLOCK: BlockID = {
  hash: new Uint8Array(),
  partSetHeader: { total: 0, hash: new Uint8Array() },
}

/** The hash of a validator set, in the order given. */
export function validatorsHash(validators: readonly LightValidator[]): Uint8Array {
  return merkleRoot(
    validators.map(({ key, power }) =>
      SimpleValidator.encode({
        pubKey: PublicKey.fromPartial({ ed25519: key }),
        votingPower: power,
      }).finish(),
    ),
  )
}

/** A vote, as far as it is signed. */
export interface SignedVote {
  readonly height: bigint
  readonly round: number
  readonly blockId: BlockID
  readonly time: Instant
}

const PRECOMMIT = 2

/** The bytes that a validator signs to commit a block: `CanonicalVote` of a precommit, after its length. */
export function precommitBytes(chainId: string, { height, round, blockId, time }: SignedVote): Uint8Array {
  const vote = new BinaryWriter().uint32(8).int32(PRECOMMIT)
  if (height !== 0n) vote.uint32(17).sfixed64(height)
  if (round !== 0) vote.uint32(25).sfixed64(BigInt(round))
  // CanonicalBlockID has the fields of BlockID; the id of no block is left out.
  if (blockId.hash.length > 0) vote.uint32(34).bytes(BlockID.encode(blockId).finish())
  vote.uint32(42).bytes(instant(time))
  if (chainId !== '') vote.uint32(50).string(chainId)
  return new BinaryWriter().bytes(vote.finish()).finish()
}

/** google.protobuf.Timestamp. */
function instant({ seconds, nanos }: Instant): Uint8Array {
  const writer = new BinaryWriter()
  if (seconds !== 0n) writer.uint32(8).int64(seconds)
  if (nanos !== 0) writer.uint32(16).int32(nanos)
  return writer.finish()
}

/** A scalar in its wrapper message (`google.protobuf.StringValue` …); nothing at all for the default. */
function wrapped(
  wireType: number,
  isSet: boolean,
  write: (writer: BinaryWriter) => BinaryWriter,
): Uint8Array {
  return isSet ? write(new BinaryWriter().uint32(8 + wireType)).finish() : new Uint8Array()
}
