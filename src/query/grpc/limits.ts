import { MAX_UNSENT_BYTES } from '../unsent.ts'

/** What the gRPC door bears. */
export interface GrpcLimits {
  /** Bytes of one request; beyond, RESOURCE_EXHAUSTED. */
  readonly messageBytes: number
  /** Bytes of all requests that wait to be whole; beyond, RESOURCE_EXHAUSTED. */
  readonly receivingBytes: number
  /** Bytes of answers that clients have not taken yet; beyond, RESOURCE_EXHAUSTED. */
  readonly unsentBytes: number
  /** Calls under way at once; beyond, RESOURCE_EXHAUSTED. What they ask of CometBFT is bounded there. */
  readonly calls: number
  /** Of them on one connection: a client is told when it connects, and waits. */
  readonly callsPerConnection: number
  /** Of them Health/Watch; beyond, RESOURCE_EXHAUSTED. */
  readonly watches: number
  /** Connections at once; more are closed. */
  readonly connections: number
  /** How long a call may take from its first byte to the last of its answer; of a stream, from request to request. */
  readonly callMs: number
  /** How long a connection may be silent. One with calls is then asked whether it lives, and has `callMs` to say so. */
  readonly idleMs: number
}

export const GRPC_LIMITS: GrpcLimits = {
  messageBytes: 4 * 1_048_576,
  receivingBytes: 64 * 1_048_576,
  unsentBytes: MAX_UNSENT_BYTES,
  // It takes 41 connections to use them up: a client with a few has no more than a share.
  calls: 4_096,
  // RFC 9113, section 6.5.2, recommends no less; clients open as many before they are told.
  callsPerConnection: 100,
  watches: 1_024,
  connections: 1_000,
  callMs: 30_000,
  idleMs: 120_000,
}
