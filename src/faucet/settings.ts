import type { CoinAmount } from '../client/fees.ts'
import { REST_LIMITS, type RestLimits } from '../query/rest-limits.ts'

/** How often the faucet gives. A window begins with the first credit in it. */
export interface CreditLimits {
  /** Credits of one denomination that an address gets in a window. */
  readonly perAddress: number
  /** Credits that a client's IP address gets in a window, whatever the addresses; of IPv6 the first 64 bits count. */
  readonly perIp: number
  readonly windowMs: number
}

/** For a chain that others use. */
export const PUBLIC_LIMITS: CreditLimits = { perAddress: 1, perIp: 10, windowMs: 86_400_000 }

/** For a chain on the developer's own machine, where every client has one IP address. */
export const DEV_LIMITS: CreditLimits = { perAddress: 20, perIp: 600, windowMs: 60_000 }

/** What the faucet gives, and to whom. */
export interface FaucetSettings {
  /** What one credit is, by denomination; each once. */
  readonly credits: readonly CoinAmount[]
  readonly limits: CreditLimits
  /** Origins of the pages that may read answers, or `*`. */
  readonly cors: readonly string[]
  /** The last address of `X-Forwarded-For` is the client: a proxy stands before the faucet, and nobody gets past it. */
  readonly behindProxy?: boolean
}

/** Credits that wait for the chain at once; beyond, 503. */
export const MAX_WAITING = 500
/** Credits in one transaction. */
export const MAX_BATCH = 100
/** Addresses, and IP addresses, that are remembered for a window; beyond, 503 for new ones. */
export const MAX_REMEMBERED = 100_000
/** How long a credit waits for its block; beyond, 504. */
export const BLOCK_TIMEOUT_MS = 60_000
/** How long the node may take to answer. */
export const NODE_TIMEOUT_MS = 10_000

/** What the faucet's HTTP bears; a credit is some 100 bytes. */
export const HTTP_LIMITS: RestLimits = {
  ...REST_LIMITS,
  maxConnections: 1_024,
  maxConcurrent: MAX_WAITING,
  maxBodyBytes: 4_096,
  maxUrlBytes: 1_024,
  clientTimeoutMs: 10_000,
}
