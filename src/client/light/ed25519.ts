import { ed25519 } from '@noble/curves/ed25519.js'

/** Whether the host's own Web Crypto knows the curve; undefined before the first attempt. */
let hasNative: boolean | undefined

/**
 * Whether an ed25519 signature is valid by the rule of CometBFT, ZIP-215: the equation is checked with the cofactor,
 * and points may be written non-canonically. A stricter rule would refuse blocks that the chain has accepted.
 *
 * Web Crypto is asked first, because it takes a tenth of the time. Its rule is stricter, so its yes is one of ZIP-215,
 * too; its no is not.
 */
export async function verifyEd25519(
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
): Promise<boolean> {
  if (signature.length !== 64 || key.length !== 32) return false
  return (
    (await nativeYes(signature, message, key)) || ed25519.verify(signature, message, key, { zip215: true })
  )
}

/** True only if Web Crypto is there and accepts the signature. */
async function nativeYes(signature: Uint8Array, message: Uint8Array, key: Uint8Array): Promise<boolean> {
  // Absent in pages that were not loaded over a secure connection.
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined || hasNative === false) return false
  try {
    const imported = await subtle.importKey('raw', key.slice(), 'Ed25519', false, ['verify'])
    hasNative = true
    return await subtle.verify('Ed25519', imported, signature.slice(), message.slice())
  } catch {
    // No such curve here, if it never worked; else a key that Web Crypto does not take.
    hasNative ??= false
    return false
  }
}
