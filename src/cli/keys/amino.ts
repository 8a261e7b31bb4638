import {
  encodeEthSecp256k1Signature,
  encodeSecp256k1Signature,
  type StdSignature,
  type StdSignDoc,
  serializeSignDoc,
} from '@cosmjs/amino'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { utf8, utf8Text } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { signatureJob } from '#lib/signature.ts'
import type { KeyAlgorithm } from './key.ts'

/**
 * What is signed of a document under LEGACY_AMINO_JSON. CosmJS leaves U+2028 and U+2029 as they are, which Go's JSON
 * escapes, and the node with it.
 */
export function aminoBytes(doc: StdSignDoc): Uint8Array {
  const text = utf8Text(serializeSignDoc(doc))
  return utf8(text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'))
}

/** The signature of {@link aminoBytes} by a private key. */
export function aminoSignature(
  privateKey: Uint8Array,
  algorithm: KeyAlgorithm,
  doc: StdSignDoc,
): StdSignature {
  const publicKey = secp256k1.getPublicKey(privateKey, true)
  const key = { kind: algorithm, key: publicKey }
  const { message } = signatureJob(key, aminoBytes(doc), new Uint8Array(), sha256)
  const signature = secp256k1.sign(message, privateKey, { prehash: false, lowS: true })
  return algorithm === 'secp256k1'
    ? encodeSecp256k1Signature(publicKey, signature)
    : encodeEthSecp256k1Signature(publicKey, signature)
}
