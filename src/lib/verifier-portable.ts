import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Verifier, verifierOf } from '#lib/verifier.ts'

/** The verifier that runs anywhere, some 25 times slower than the native one: for clients and as the test's oracle. */
export const portableVerifier: Verifier = verifierOf('noble', (digest, signature, publicKey) =>
  secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true }),
)
