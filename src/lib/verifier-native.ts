import { createRequire } from 'node:module'
import { fromHex } from '#lib/bytes.ts'
import { type Verifier, verifierOf } from '#lib/verifier.ts'

/** The native verifier cannot be used on this machine; the message says why and what to do. */
export class VerifierError extends Error {
  override readonly name = 'VerifierError'
}

interface Secp256k1Binding {
  /** Throws when the signature or the key cannot be parsed. */
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean
}

/**
 * The verifier over libsecp256k1. It loads the binding itself and never the package's own entry, which falls back to
 * slow JavaScript in silence. The binding must answer two known cases right before it is used.
 *
 * @param load gives the binding; for tests
 */
export function nativeVerifier(load: () => unknown = loadBinding): Verifier {
  let binding: Secp256k1Binding
  try {
    binding = load() as Secp256k1Binding
  } catch (error) {
    throw new VerifierError(`${cannotLoad(error)}; ${isMissing(error) ? howToInstall : howToFix}`)
  }
  const verifier = verifierOf('libsecp256k1', (digest, signature, publicKey) => {
    try {
      return binding.ecdsaVerify(signature, digest, publicKey)
    } catch {
      return false
    }
  })
  const { digest, signature, highS, publicKey } = knownCase
  const right = verifier.verifySecp256k1(digest, signature, publicKey)
  if (!right || verifier.verifySecp256k1(digest, highS, publicKey)) {
    throw new VerifierError(`the native secp256k1 binding answers a known case wrongly; ${howToFix}`)
  }
  return verifier
}

const howToFix =
  'run "npm rebuild secp256k1" with the Node that runs this (needs a C++ compiler where no prebuilt binding exists)'

/** Clients do without it, so whoever installs this as a package does not have it yet. */
const howToInstall = 'run "npm install secp256k1"'

function loadBinding(): unknown {
  return createRequire(import.meta.url)('secp256k1/bindings')
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'

function cannotLoad(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return `the native secp256k1 binding does not load: ${text.split('\n', 1)[0]}`
}

// A signature made by the Go implementation, and its high-s twin, which must be refused.
const knownCase = {
  digest: fromHex('b2c920c4d9cfb18b3cd8ca7e8bc7cc7ec2ac3289e99da0f6487af4cc9601ced6'),
  signature: fromHex(
    '3646c810480d403c852873d98c85b7d7725f65f4b81cf1b251bb48ee5ee011d3' +
      '2fb43924030385905a4e88add0ff9678d0fe273d094a5158f4e61cd2c964ca47',
  ),
  highS: fromHex(
    '3646c810480d403c852873d98c85b7d7725f65f4b81cf1b251bb48ee5ee011d3' +
      'd04bc6dbfcfc7a6fa5b177522f006985e9b0b5a9a5fe4ee2caec41ba06d176fa',
  ),
  publicKey: fromHex('031577eff85d13ca6a1fc704799821ab19b85b2adbf6ed6a76ba4f5e9f6e84744b'),
}
