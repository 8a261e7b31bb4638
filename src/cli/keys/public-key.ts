import {
  createMultisigThresholdPubkey,
  encodeEthSecp256k1Pubkey,
  encodeSecp256k1Pubkey,
  type Pubkey,
  type SinglePubkey,
} from '@cosmjs/amino'
import { encodePubkey } from '@cosmjs/proto-signing'
import { fromHex } from '#lib/bytes.ts'
import { type JsonObject, toJson } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { anyTypes } from '../../client/services.ts'
import type { MemberInfo, MultisigInfo, NamedKey } from './key.ts'

/** The public key of a single key, as CosmJS has it. */
export function singlePubkey({ algorithm, publicKey }: MemberInfo): SinglePubkey {
  const bytes = fromHex(publicKey)
  return algorithm === 'secp256k1' ? encodeSecp256k1Pubkey(bytes) : encodeEthSecp256k1Pubkey(bytes)
}

/** The public key of a multisig, as CosmJS has it. */
export function multisigPubkey({ members, threshold }: MultisigInfo): Pubkey {
  return createMultisigThresholdPubkey(members.map(singlePubkey), threshold, true)
}

/** A public key as it stands in transactions: an Any. */
export function publicKeyAny(key: NamedKey): { typeUrl: string; value: Uint8Array } {
  return encodePubkey(key.algorithm === 'multisig' ? multisigPubkey(key) : singlePubkey(key))
}

/** A public key in proto3 JSON. */
export function publicKeyJson(key: NamedKey): JsonObject {
  registerCodecs(anyTypes())
  return toJson('google.protobuf.Any', publicKeyAny(key)) as JsonObject
}
