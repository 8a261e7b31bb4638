/**
 * Public keys of this chain and what each kind signs. The preimage is the same for all; only the hashing differs:
 * secp256k1 and P-256 keys sign its SHA-256, ethsecp256k1 keys its keccak-256, ed25519 keys the preimage itself.
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { VerifyJob } from '#lib/verifier.ts'

/** The kinds of single keys; the first two own accounts, all may sign statements of our own protocols. */
export type KeyKind = 'secp256k1' | 'ethsecp256k1' | 'p256' | 'ed25519'

/** A single public key: 33 bytes compressed, 32 for ed25519. */
export interface SingleKey {
  readonly kind: KeyKind
  readonly key: Uint8Array
}

/** How to hash for one kind; replaceable where the host has something quicker. */
export type Hash = (bytes: Uint8Array) => Uint8Array

/**
 * What to verify for `signature` by `key` over `preimage`. An ethsecp256k1 signature may carry its recovery id as a
 * 65th byte, as Ethereum's signers make it; the byte is not part of what is verified.
 */
export function signatureJob(
  { kind, key }: SingleKey,
  preimage: Uint8Array,
  signature: Uint8Array,
  hash: Hash = sha256,
): VerifyJob {
  switch (kind) {
    case 'secp256k1':
    case 'p256':
      return { scheme: kind, message: hash(preimage), signature, publicKey: key }
    case 'ethsecp256k1': {
      const compact = signature.length === 65 ? signature.subarray(0, 64) : signature
      return { scheme: 'secp256k1', message: keccak_256(preimage), signature: compact, publicKey: key }
    }
    case 'ed25519':
      return { scheme: 'ed25519', message: preimage, signature, publicKey: key }
  }
}
