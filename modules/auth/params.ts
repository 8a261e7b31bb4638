import type { Params } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { sdk } from '#kernel'

/** The Cosmos SDK's values; see wire.md's table of gas. */
export const DEFAULT_PARAMS: Params = {
  maxMemoCharacters: 256n,
  txSigLimit: 7n,
  txSizeCostPerByte: 10n,
  sigVerifyCostEd25519: 590n,
  sigVerifyCostSecp256k1: 1_000n,
}

const BOUNDS: Readonly<Record<keyof Params, readonly [bigint, bigint]>> = {
  maxMemoCharacters: [1n, 65_536n],
  txSigLimit: [1n, 100n],
  txSizeCostPerByte: [1n, 1_000_000n],
  sigVerifyCostEd25519: [1n, 10_000_000n],
  sigVerifyCostSecp256k1: [1n, 10_000_000n],
}

/** The parameters as they are, or why they cannot be. */
export function checkedParams(params: Params): Params {
  for (const [name, [low, high]] of Object.entries(BOUNDS) as [keyof Params, readonly [bigint, bigint]][]) {
    const value = params[name]
    if (value < low || value > high) throw sdk.invalidRequest(`${name} ${value} is not within ${low}…${high}`)
  }
  return params
}
