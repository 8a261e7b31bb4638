import type { AccountKey } from '#lib/address-pubkey.ts'
import { clip } from '#lib/bytes.ts'
import type { TxPublicKey } from '../kernel/ante.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { DEFAULT_TX_LIMITS } from './tx.ts'
import { BYTES, VARINT, WireReader } from './tx-wire.ts'

const SECP256K1 = '/cosmos.crypto.secp256k1.PubKey'
const ETHSECP256K1 = '/cosmos.evm.crypto.v1.ethsecp256k1.PubKey'
const MULTISIG = '/cosmos.crypto.multisig.LegacyAminoPubKey'

const FIELD_1 = 8 + BYTES
const FIELD_2 = 16 + BYTES
const THRESHOLD = 8 + VARINT

/**
 * The key inside an Any. Accounts may have secp256k1, ethsecp256k1 and multisig keys; others, and keys of a wrong
 * length or threshold, are an `invalid pubkey`. Whether the bytes are a point of the curve shows in verification.
 */
export function decodePublicKey(
  { typeUrl, value }: TxPublicKey,
  maxDepth: number = DEFAULT_TX_LIMITS.maxKeyDepth,
): AccountKey {
  if (typeUrl === SECP256K1) return { kind: 'secp256k1', key: singleKey(value, typeUrl) }
  if (typeUrl === ETHSECP256K1) return { kind: 'ethsecp256k1', key: singleKey(value, typeUrl) }
  if (typeUrl === MULTISIG) return multisigKey(value, maxDepth)
  throw sdk.invalidPubKey(`accounts cannot have keys of type ${clip(typeUrl)}`)
}

/** Whether it is one key and no multisig, as its type says. */
export function isSingleKey({ typeUrl }: TxPublicKey): boolean {
  return typeUrl === SECP256K1 || typeUrl === ETHSECP256K1
}

/** Reads `google.protobuf.Any`. */
export function readAny(reader: WireReader): TxPublicKey {
  let typeUrl: string | undefined
  let value: Uint8Array | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === FIELD_1 && typeUrl === undefined) typeUrl = reader.text()
    else if (tag === FIELD_2 && value === undefined) value = reader.bytesField()
    else reader.refuse(tag)
  }
  return { typeUrl: typeUrl ?? '', value: value ?? new Uint8Array(0) }
}

function singleKey(value: Uint8Array, typeUrl: string): Uint8Array {
  // The one encoding every writer makes: tag, length 33, key.
  if (value.length === 35 && value[0] === FIELD_1 && value[1] === 33) return value.subarray(2)
  const reader = new WireReader(value, typeUrl)
  let key: Uint8Array | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === FIELD_1 && key === undefined) key = reader.bytesField()
    else reader.refuse(tag)
  }
  if (key?.length !== 33) throw sdk.invalidPubKey(`${typeUrl} has ${key?.length ?? 0} bytes, expected 33`)
  return key
}

function multisigKey(value: Uint8Array, maxDepth: number): AccountKey {
  if (maxDepth <= 0) throw sdk.invalidPubKey('multisig keys are nested too deeply')
  const reader = new WireReader(value, MULTISIG)
  let threshold: number | undefined
  const keys: AccountKey[] = []
  const { maxSignatures } = DEFAULT_TX_LIMITS
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === THRESHOLD && threshold === undefined) threshold = reader.uint32()
    else if (tag === FIELD_2 && keys.length >= maxSignatures)
      throw sdk.tooManySignatures(`a multisig of more than ${maxSignatures} keys`)
    else if (tag === FIELD_2) keys.push(decodePublicKey(readAny(reader.message(MULTISIG)), maxDepth - 1))
    else reader.refuse(tag)
  }
  if (threshold === undefined || threshold < 1 || threshold > keys.length) {
    throw sdk.invalidPubKey(`a multisig of ${keys.length} keys cannot have the threshold ${threshold ?? 0}`)
  }
  return { kind: 'multisig', threshold, keys }
}
