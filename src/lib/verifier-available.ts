import type { Verifier } from '#lib/verifier.ts'
import { nativeVerifier, VerifierError } from '#lib/verifier-native.ts'
import { portableVerifier } from '#lib/verifier-portable.ts'

/**
 * The native verifier, and the portable one where that cannot be had: for programs in which few signatures are checked.
 * A validator insists on the native one.
 *
 * @param onPortable is told why
 * @param load gives the native binding; for tests
 */
export function availableVerifier(
  onPortable: (reason: VerifierError) => void = () => {},
  load?: () => unknown,
): Verifier {
  try {
    return nativeVerifier(load)
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error
    onPortable(error)
    return portableVerifier
  }
}
