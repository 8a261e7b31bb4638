import type { Params } from '#gen/wadi/asset/v1/types.ts'
import type { ReadContext } from '#kernel'
import { clip } from '#lib/bytes.ts'
import { IntError, parseUint } from '#lib/int.ts'
import { err } from './errors.ts'
import { state } from './state.ts'

/** What genesis gets where it says nothing. */
export const DEFAULT_PARAMS: Params = {
  registrationFee: '10000000000000000',
  byteFee: '10000000000000',
  commitDeposit: '100000000000000000',
  commitMinAge: 2,
  commitTtl: 5_000,
  contestWindow: 20,
  maxParents: 64,
  maxLocators: 4,
  locatorBytes: 256,
  maxDepth: 10_000,
  slugBytes: 64,
  licenseBytes: 256,
  mediaTypeBytes: 128,
  takeoverMaxFiles: 4_096,
  takeoverFileBytes: 4_096,
  walkPage: 1_000,
}

type Amount = 'registrationFee' | 'byteFee' | 'commitDeposit'

/** Least and greatest value of every number; formats and other modules rely on the upper ones. */
const BOUNDS: { readonly [K in Exclude<keyof Params, Amount>]: readonly [least: number, most: number] } = {
  commitMinAge: [1, 10_000],
  commitTtl: [2, 10_000_000],
  contestWindow: [1, 1_000_000],
  maxParents: [1, 64],
  maxLocators: [1, 16],
  locatorBytes: [16, 1_024],
  maxDepth: [1, 10_000],
  slugBytes: [1, 64],
  licenseBytes: [16, 1_024],
  mediaTypeBytes: [16, 255],
  takeoverMaxFiles: [1, 16_384],
  takeoverFileBytes: [128, 16_384],
  walkPage: [1, 10_000],
}

const AMOUNTS: readonly Amount[] = ['registrationFee', 'byteFee', 'commitDeposit']
/** Far above any price that makes sense, and far below where a sum of them could overflow. */
const MOST_AWADI = 10n ** 30n

export const paramsOf = (ctx: ReadContext): Params => state.params.must(ctx)

/** Refuses parameters outside their bounds, naming the one at fault. */
export function checkParams(params: Params): void {
  for (const name of AMOUNTS) checkAmount(name, params[name])
  for (const [name, [least, most]] of Object.entries(BOUNDS) as [
    keyof typeof BOUNDS,
    readonly [number, number],
  ][]) {
    const value = params[name]
    if (value < least || value > most)
      throw err.invalidParams(`${name} ${value} is not within ${least}…${most}`)
  }
  const { commitTtl, commitMinAge, contestWindow } = params
  if (commitTtl <= contestWindow) {
    throw err.invalidParams(`commitTtl ${commitTtl} is not above contestWindow ${contestWindow}`)
  }
  if (commitTtl <= commitMinAge) {
    throw err.invalidParams(`commitTtl ${commitTtl} is not above commitMinAge ${commitMinAge}`)
  }
}

function checkAmount(name: Amount, text: string): void {
  try {
    if (parseUint(text, 128) <= MOST_AWADI) return
  } catch (error) {
    if (!(error instanceof IntError)) throw error
  }
  throw err.invalidParams(`${name} ${clip(text)} is not a number of awadi from 0 to 10^30`)
}
