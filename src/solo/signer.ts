import { createPrivateKey, sign } from 'node:crypto'

/** Signs with an ed25519 key; what the host has is quicker than what JavaScript could do. */
export type Signer = (message: Uint8Array) => Uint8Array

/** The frame of an ed25519 seed in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The signer of a 32-byte seed (RFC 8032). */
export function ed25519Signer(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  return (message) => sign(null, message, key)
}
