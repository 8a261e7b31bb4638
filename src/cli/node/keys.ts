import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'

/** An ed25519 key pair: the seed and the public key, 32 bytes each. */
export interface Ed25519Key {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

/** The two keys of a node: the one it signs blocks with and the one it is known by among peers. */
export interface NodeKeys {
  readonly validator: Ed25519Key
  readonly node: Ed25519Key
}

export function newNodeKeys(): NodeKeys {
  return { validator: newKey(), node: newKey() }
}

function newKey(): Ed25519Key {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('the ed25519 key has no seed')
  return { seed: Buffer.from(d, 'base64url'), publicKey: Buffer.from(x, 'base64url') }
}

/** The key pair of a 32-byte seed (RFC 8032). */
export function keyFromSeed(seed: Uint8Array): Ed25519Key {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const { x } = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  })
  return { seed, publicKey: Buffer.from(x ?? '', 'base64url') }
}

/** CometBFT's address of a key: the first 20 bytes of its SHA-256, upper-case hexadecimal. */
export function validatorAddress(key: Ed25519Key): string {
  return addressBytes(key).toString('hex').toUpperCase()
}

/** The id by which peers name a node: the address of its node key in lower-case hexadecimal. */
export function nodeId(key: Ed25519Key): string {
  return addressBytes(key).toString('hex')
}

export function publicKeyJson(key: Ed25519Key) {
  return { type: 'tendermint/PubKeyEd25519', value: base64(key.publicKey) }
}

/** The content of `priv_validator_key.json`. */
export function validatorKeyJson(key: Ed25519Key) {
  return { address: validatorAddress(key), pub_key: publicKeyJson(key), priv_key: privateKeyJson(key) }
}

/** The content of `node_key.json`. */
export function nodeKeyJson(key: Ed25519Key) {
  return { priv_key: privateKeyJson(key) }
}

/** Reads `priv_validator_key.json` or `node_key.json`; undefined when it is not such a file. */
export function keyFromJson(json: unknown): Ed25519Key | undefined {
  const value = (json as { priv_key?: { value?: unknown } } | null)?.priv_key?.value
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  return bytes.length === 64 ? { seed: bytes.subarray(0, 32), publicKey: bytes.subarray(32) } : undefined
}

function privateKeyJson(key: Ed25519Key) {
  return { type: 'tendermint/PrivKeyEd25519', value: base64(Buffer.concat([key.seed, key.publicKey])) }
}

function addressBytes(key: Ed25519Key): Buffer {
  return createHash('sha256').update(key.publicKey).digest().subarray(0, 20)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
