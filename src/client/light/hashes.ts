import { sha256 } from '@noble/hashes/sha2.js'
import type { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import { PublicKey } from '#gen/tendermint/crypto/keys.ts'
import type { BlockID } from '#gen/tendermint/types/types.ts'
import { validatorsHash } from '#lib/block-hash.ts'

/** A moment as protobuf has it: seconds since 1970, and nanoseconds below 10^9. */
export type Instant = Timestamp

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

/** The id of no block: what the first header has for its predecessor. */
export const NO_BLOCK: BlockID = {
  hash: new Uint8Array(),
  partSetHeader: { total: 0, hash: new Uint8Array() },
}

/** The hash of a validator set, in the order given. */
export function setHash(validators: readonly LightValidator[]): Uint8Array {
  return validatorsHash(
    validators.map(({ key, power }) => ({
      pubKey: PublicKey.fromPartial({ ed25519: key }),
      votingPower: power,
    })),
  )
}
