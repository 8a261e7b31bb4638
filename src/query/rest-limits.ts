import { readFileSync } from 'node:fs'
import { MAX_UNSENT_BYTES } from './unsent.ts'

/** What REST bears; beyond each of these a request is answered with an error and nothing is kept of it. */
export interface RestLimits {
  /** Connections open at once. One more is answered with 503 and closed. Never more than files may be open. */
  readonly maxConnections: number
  /** Requests that wait for CometBFT at once; one more that would wait gets 503. */
  readonly maxConcurrent: number
  /** Bytes of a body; beyond, 413. */
  readonly maxBodyBytes: number
  /** Bytes of all bodies that still arrive, at least two largest bodies; beyond, the largest of them gets 503. */
  readonly maxReceivingBytes: number
  /** Bytes of answers that clients have not taken yet; beyond, 503. */
  readonly maxUnsentBytes: number
  /** Bytes of a path with its parameters; beyond, 414. */
  readonly maxUrlBytes: number
  /** How long a client may take to send a request; 408. A connection without any byte ends after twice that. */
  readonly clientTimeoutMs: number
}

export const REST_LIMITS: RestLimits = {
  maxConnections: 4_096,
  maxConcurrent: 256,
  maxBodyBytes: 1_048_576,
  maxReceivingBytes: 64 * 1_048_576,
  maxUnsentBytes: MAX_UNSENT_BYTES,
  maxUrlBytes: 8_192,
  clientTimeoutMs: 30_000,
}

/** Requests of one connection that wait at once: those that a client sends without waiting for an answer. */
export const WAITING_PER_CONNECTION = 4

/** Pages of every origin. */
export const EVERY_ORIGIN = '*'

/** Whether a setting is an origin as browsers send it, as `https://wallet.example`, or `*` for every one. */
export function isOrigin(text: string): boolean {
  if (text === EVERY_ORIGIN) return true
  const url = URL.parse(text)
  return url !== null && url.origin === text
}

/** Files and sockets that the rest of a node needs: its log, its snapshots, CometBFT, other doors. */
const RESERVED_DESCRIPTORS = 512

/** Connections that leave the rest of the node enough descriptors: one that cannot open a file halts. */
export function connectionsWithin(wanted: number, descriptors: number | undefined): number {
  if (descriptors === undefined) return wanted
  return Math.max(
    1,
    Math.min(wanted, Math.max(descriptors - RESERVED_DESCRIPTORS, Math.floor(descriptors / 2))),
  )
}

/** Files and sockets that this process may have open; undefined where the system does not say, or sets no limit. */
export function descriptorLimit(file = '/proc/self/limits'): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}
