import { pubkeyToRawAddress } from '@cosmjs/amino'
import { decodePubkey } from '@cosmjs/proto-signing'
import { ADDRESS_LENGTH } from '#lib/address.ts'
import { toBase64, toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { fromJson, JsonError, type JsonObject } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { anyTypes } from '../../client/services.ts'
import { UsageError } from '../errors.ts'
import { parseBytes } from '../flags/values.ts'
import { publicKeyInfo } from '../keys/key.ts'
import { spellings } from '../keys/spellings.ts'

const COMPRESSED_BYTES = 33
const ED25519_BYTES = 32

/** What is known of a public key: of bare bytes, the addresses of each kind of key that they may be. */
export function pubkeyFacts(text: string): JsonObject {
  if (text.trimStart().startsWith('{')) return ofJson(text)
  const bytes = parseBytes(text)
  if (bytes.length === COMPRESSED_BYTES) {
    const [cosmos, ethereum] = (['secp256k1', 'ethsecp256k1'] as const).map((kind) =>
      publicKeyInfo('', bytes, kind),
    )
    return {
      public_key: toHex(bytes),
      secp256k1: { address: cosmos?.address ?? '', hex_address: cosmos?.hexAddress ?? '' },
      ethsecp256k1: { address: ethereum?.address ?? '', hex_address: ethereum?.hexAddress ?? '' },
    }
  }
  if (bytes.length === ED25519_BYTES)
    return { public_key: toHex(bytes), ed25519: spellings(sha256(bytes).subarray(0, ADDRESS_LENGTH)) }
  throw new UsageError(
    `a public key has ${COMPRESSED_BYTES} bytes (secp256k1, compressed) or ${ED25519_BYTES} (ed25519), ` +
      `not ${bytes.length}`,
  )
}

interface PackedKey {
  readonly typeUrl: string
  readonly value: Uint8Array
}

function ofJson(text: string): JsonObject {
  registerCodecs(anyTypes())
  let key: PackedKey
  try {
    key = fromJson<PackedKey>('google.protobuf.Any', JSON.parse(text))
  } catch (error) {
    if (!(error instanceof JsonError || error instanceof SyntaxError)) throw error
    throw new UsageError(`this is no public key in proto JSON: ${error.message}`)
  }
  const pubkey = decodePubkey(key)
  return {
    type: key.typeUrl,
    amino_type: pubkey.type,
    ...spellings(pubkeyToRawAddress(pubkey)),
  }
}

/** `[10 21 13 255]`, with blanks or commas → hex and base64. */
export function rawBytesFacts(text: string): JsonObject {
  const words = text
    .replace(/^\s*\[|\]\s*$/g, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const bytes = words.map((word) => {
    if (/^\d{1,3}$/.test(word) && Number(word) <= 255) return Number(word)
    throw new UsageError(
      `${JSON.stringify(word)} is no byte: write numbers from 0 to 255, as "[10 21 13 255]"`,
    )
  })
  const raw = Uint8Array.from(bytes)
  return { hex: toHex(raw).toUpperCase(), base64: toBase64(raw), bytes: raw.length }
}
