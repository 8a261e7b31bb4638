import { fromHex, utf8Text, ValueError } from '#lib/bytes.ts'
import type { SingleKey } from '#lib/signature.ts'
import { err } from './errors.ts'

/** Keys one publisher file may list. */
const MOST_KEYS = 16
/** Says that the file is meant for this, so that no other list of keys can pass for one. */
const SCHEMA = 'wadi-publisher/v1'
/** Bytes of a public key by what the file may call it. */
const KEY_BYTES = { p256: 33, ed25519: 32, secp256k1: 33 } as const
const KINDS = ['p256', 'ed25519', 'secp256k1'] as const

/**
 * The keys of a `.wadi-publisher.json`:
 *
 *     { "schema": "wadi-publisher/v1",
 *       "keys": [ { "type": "p256" | "ed25519" | "secp256k1", "public_key": "<hex>" }, … ] }
 *
 * Keys are compressed points of 33 bytes, 32 for ed25519. Other fields are there for people and tools and mean nothing
 * to the chain.
 */
export function publisherKeys(file: Uint8Array): SingleKey[] {
  const { schema, keys } = asRecord('the file', parse(file))
  if (schema !== SCHEMA) throw err.publisherFile(`schema: expected "${SCHEMA}"`)
  if (!Array.isArray(keys) || keys.length < 1 || keys.length > MOST_KEYS) {
    throw err.publisherFile(`keys: expected a list of 1 to ${MOST_KEYS}`)
  }
  return keys.map((entry, i) => publisherKey(`keys[${i}]`, asRecord(`keys[${i}]`, entry)))
}

function publisherKey(where: string, fields: Readonly<Record<string, unknown>>): SingleKey {
  const kind = KINDS.find((known) => known === fields['type'])
  if (kind === undefined) throw err.publisherFile(`${where}.type: expected one of ${KINDS.join(', ')}`)
  const text = fields['public_key']
  const digits = 2 * KEY_BYTES[kind]
  if (typeof text !== 'string' || text.length !== digits) {
    throw err.publisherFile(`${where}.public_key: expected ${digits} hexadecimal digits for ${kind}`)
  }
  try {
    return { kind, key: fromHex(text) }
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw err.publisherFile(`${where}.public_key: ${error.message}`)
  }
}

function parse(file: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(file))
  } catch (error) {
    if (!(error instanceof ValueError || error instanceof SyntaxError)) throw error
    throw err.publisherFile(`not JSON in UTF-8: ${error.message}`)
  }
}

function asRecord(where: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw err.publisherFile(`${where}: expected an object`)
  }
  return value as Readonly<Record<string, unknown>>
}
