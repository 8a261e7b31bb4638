/**
 * Verification of signatures by a replaceable back end. All back ends accept exactly the same set, because a validator
 * that accepts one signature more than the others forks the chain:
 *
 * - ECDSA (secp256k1, P-256): 64 bytes r ‖ s with 0 < r < n and 0 < s ≤ n/2; a 33-byte compressed key on the curve.
 * - ed25519: RFC 8032 with canonical points and no small-order key.
 *
 * Anything else, of whatever length, is `false`, never an exception.
 */

import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'

/** The signature schemes; `message` of a job is a 32-byte digest for the two ECDSA ones, any bytes for ed25519. */
export type Scheme = 'secp256k1' | 'p256' | 'ed25519'

/** One signature to verify. */
export interface VerifyJob {
  readonly scheme: Scheme
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly publicKey: Uint8Array
}

export interface Verifier {
  /** Which back end this is, for the log. */
  readonly name: string
  verifySecp256k1(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
  verifyP256(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
  verifyEd25519(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
  /** The verdicts of many jobs, in their order. */
  batch(jobs: readonly VerifyJob[]): boolean[]
}

type EcdsaVerify = (digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean

/** Makes a verifier of a secp256k1 back end; the rarer schemes are the same code in all of them. */
export function verifierOf(name: string, secp256k1: EcdsaVerify): Verifier {
  const verifySecp256k1: EcdsaVerify = (digest, signature, publicKey) =>
    isEcdsaShape(digest, signature, publicKey) && secp256k1(digest, signature, publicKey)
  const verify = { secp256k1: verifySecp256k1, p256: verifyP256, ed25519: verifyEd25519 }
  return {
    name,
    verifySecp256k1,
    verifyP256,
    verifyEd25519,
    batch: (jobs) => jobs.map((job) => verify[job.scheme](job.message, job.signature, job.publicKey)),
  }
}

function isEcdsaShape(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const sizes = digest.length === 32 && signature.length === 64 && publicKey.length === 33
  return sizes && (publicKey[0] === 2 || publicKey[0] === 3)
}

function verifyP256(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (!isEcdsaShape(digest, signature, publicKey)) return false
  return p256.verify(signature, digest, publicKey, { prehash: false, lowS: true })
}

function verifyEd25519(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false
  return ed25519.verify(signature, message, publicKey, { zip215: false })
}
