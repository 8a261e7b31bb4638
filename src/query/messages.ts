import type { StoreShare } from '../store/multistore.ts'
import type { GrpcOptions } from './grpc/door.ts'
import type { SharedCounts } from './query-counts.ts'
import type { RestOptions } from './rest.ts'

/** What clients are told of the heights that are kept: `0` is all of them. */
export interface PruningSettings {
  readonly keepRecent: number
  readonly interval: number
}

/** What the worker is given when it starts. */
export interface WorkerSettings {
  readonly share: StoreShare
  readonly rpcUrl: string
  readonly rest: RestOptions | undefined
  readonly grpc: GrpcOptions | undefined
  readonly minGasPrices: string
  readonly software: string
  readonly pruning: PruningSettings
  /** Folder of the history, which need not exist. */
  readonly history: string | undefined
  readonly queryGas: number
}

export type LogLevel = 'info' | 'warn' | 'error'

export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

/** From the worker: answers (see batch.ts), that it serves, that it lives, or a line for the log. */
export type WorkerMessage =
  | Uint8Array<ArrayBuffer>
  | {
      readonly kind: 'ready'
      readonly restUrl: string | undefined
      readonly grpcAddress: string | undefined
      /** Where it counts what it answers. */
      readonly counts?: SharedCounts
    }
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly message: string
      readonly fields: Record<string, unknown>
    }

/** To the worker: requests (see batch.ts), whether it lives, or that it shall end. */
export type PoolMessage = Uint8Array<ArrayBuffer> | 'ping' | 'close'
