import type { QueryResponse } from '../abci/types.ts'
import type { AppError } from '../kernel/errors.ts'
import type { QueryCounts } from './query-counts.ts'

/** Why a query got no answer from the worker. */
export type PoolRefusal = 'busy' | 'unavailable' | 'timeout'

/** How the query worker is doing. */
export interface PoolState {
  /** It serves. */
  readonly ready: boolean
  /** Queries under way. */
  readonly waiting: number
  /** Bytes of their requests together. */
  readonly waitingBytes: number
  /** Queries that got no answer, by reason. */
  readonly refused: Readonly<Record<PoolRefusal, number>>
  /** Times that the worker was started anew. */
  readonly restarts: number
  /** What the worker answered since it started; undefined before it serves. */
  readonly counts: QueryCounts | undefined
}

const NOTHING = new Uint8Array()

/** A refusal in place of the worker's answer. */
export function refusedResponse({ codespace, code, message }: AppError): QueryResponse {
  return {
    code,
    codespace,
    log: message,
    info: '',
    key: NOTHING,
    value: NOTHING,
    proofOps: undefined,
    height: 1,
  }
}
