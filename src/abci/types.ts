/**
 * What an application is to CometBFT: ABCI 2.0 as plain synchronous calls.
 *
 * Byte arrays in requests are views into what was read from the socket: copy what outlives the call. Heights are safe
 * integers; voting powers and versions are bigint. Methods with a `?` have a default answer.
 */
import type {
  CommitInfo,
  ExtendedCommitInfo,
  Misbehavior,
  Snapshot,
  ValidatorUpdate,
} from '#gen/tendermint/abci/types.ts'
import type { ProofOps } from '#gen/tendermint/crypto/proof.ts'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import type { BlockTime } from '../kernel/context.ts'
import type { AbciEvent } from '../kernel/events.ts'

export interface InfoRequest {
  readonly version: string
  readonly blockVersion: bigint
  readonly p2pVersion: bigint
  readonly abciVersion: string
}

export interface InfoResponse {
  readonly data: string
  readonly version: string
  readonly appVersion: bigint
  /** The last height that `commit` made durable; 0 before the first. */
  readonly lastBlockHeight: number
  readonly lastBlockAppHash: Uint8Array
}

export interface InitChainRequest {
  readonly time: BlockTime
  readonly chainId: string
  readonly consensusParams: ConsensusParams | undefined
  readonly validators: readonly ValidatorUpdate[]
  /** The genesis file's `app_state`, JSON; hundreds of megabytes with a million accounts. */
  readonly appStateBytes: Uint8Array
  readonly initialHeight: number
}

export interface InitChainResponse {
  /** Replaces what the genesis file says; undefined keeps it. */
  readonly consensusParams: ConsensusParams | undefined
  /** Empty keeps the validators of the genesis file. */
  readonly validators: readonly ValidatorUpdate[]
  /** Must not be empty: clients refuse a chain without an app hash. */
  readonly appHash: Uint8Array
}

/** The outcome of one transaction. Code, data, gasWanted and gasUsed are hashed by consensus, the rest is not. */
export interface ExecTxResult {
  /** 0 is success; anything else is an error of `codespace`. */
  readonly code: number
  readonly data: Uint8Array
  readonly log: string
  readonly info: string
  readonly gasWanted: number
  readonly gasUsed: number
  readonly events: readonly AbciEvent[]
  readonly codespace: string
}

/** Same fields, same wire format. */
export type CheckTxResponse = ExecTxResult

export interface PrepareProposalRequest {
  /** The transactions returned may not be larger together, protobuf overhead included. */
  readonly maxTxBytes: number
  readonly txs: readonly Uint8Array[]
  readonly localLastCommit: ExtendedCommitInfo | undefined
  readonly misbehavior: readonly Misbehavior[]
  readonly height: number
  readonly time: BlockTime
  readonly nextValidatorsHash: Uint8Array
  readonly proposerAddress: Uint8Array
}

/** A block as consensus shows it to the application. */
export interface BlockRequest {
  readonly txs: readonly Uint8Array[]
  readonly misbehavior: readonly Misbehavior[]
  /** Hash of the block's header. */
  readonly hash: Uint8Array
  readonly height: number
  readonly time: BlockTime
  readonly nextValidatorsHash: Uint8Array
  readonly proposerAddress: Uint8Array
}

export interface ProcessProposalRequest extends BlockRequest {
  readonly proposedLastCommit: CommitInfo | undefined
}

export interface FinalizeBlockRequest extends BlockRequest {
  readonly decidedLastCommit: CommitInfo | undefined
}

export interface ExtendVoteRequest extends BlockRequest {
  readonly proposedLastCommit: CommitInfo | undefined
}

/** Takes the result of each transaction as it comes, so that a block's results never stand in memory together. */
export interface ResultSink {
  push(result: ExecTxResult): unknown
}

export interface FinalizeBlockResponse {
  readonly events: readonly AbciEvent[]
  readonly validatorUpdates: readonly ValidatorUpdate[]
  readonly consensusParamUpdates: ConsensusParams | undefined
  readonly appHash: Uint8Array
}

export interface VerifyVoteExtensionRequest {
  readonly hash: Uint8Array
  readonly validatorAddress: Uint8Array
  readonly height: number
  readonly voteExtension: Uint8Array
}

export interface QueryRequest {
  readonly data: Uint8Array
  readonly path: string
  /** As a stranger wrote it: may be negative; beyond 2^53 it is rounded. 0 asks for the newest. */
  readonly height: number
  readonly prove: boolean
}

export interface QueryResponse {
  readonly code: number
  readonly log: string
  readonly info: string
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly proofOps: ProofOps | undefined
  /** The height read, never 0. */
  readonly height: number
  readonly codespace: string
}

export interface OfferSnapshotRequest {
  readonly snapshot: Snapshot | undefined
  readonly appHash: Uint8Array
}

export interface LoadSnapshotChunkRequest {
  readonly height: number
  readonly format: number
  readonly chunk: number
}

export interface ApplySnapshotChunkRequest {
  readonly index: number
  readonly chunk: Uint8Array
  readonly sender: string
}

export type OfferSnapshotResult = 'accept' | 'abort' | 'reject' | 'reject-format' | 'reject-sender'

export interface ApplySnapshotChunkResponse {
  readonly result: 'accept' | 'abort' | 'retry' | 'retry-snapshot' | 'reject-snapshot'
  readonly refetchChunks: readonly number[]
  readonly rejectSenders: readonly string[]
}

/**
 * The application. Every method but `query` is synchronous; one that throws halts the node (see `AbciServer`).
 * Calls never overlap, whatever connection they came on.
 */
export interface AbciApp {
  info(req: InfoRequest): InfoResponse
  /** May be called again when the node died before it committed its first block. */
  initChain(req: InitChainRequest): InitChainResponse
  checkTx(tx: Uint8Array, recheck: boolean): CheckTxResponse
  prepareProposal(req: PrepareProposalRequest): { readonly txs: readonly Uint8Array[] }
  /** Whether to accept the block. */
  processProposal(req: ProcessProposalRequest): boolean
  /** Executes the block; persists nothing. Hands over one result for each of its transactions, in their order. */
  finalizeBlock(req: FinalizeBlockRequest, results: ResultSink): FinalizeBlockResponse
  /** Makes the finalized block durable before it returns. Blocks below `retainHeight` may be pruned; 0 keeps all. */
  commit(): { readonly retainHeight: number }
  /** Default: an empty extension. */
  extendVote?(req: ExtendVoteRequest): Uint8Array
  /** Whether to accept the extension. Default: yes. */
  verifyVoteExtension?(req: VerifyVoteExtensionRequest): boolean
  /** Default: none. */
  listSnapshots?(): readonly Snapshot[]
  /** Default: `reject`. */
  offerSnapshot?(req: OfferSnapshotRequest): OfferSnapshotResult
  /** Default: empty, which means there is none. */
  loadSnapshotChunk?(req: LoadSnapshotChunkRequest): Uint8Array
  /** Default: `abort`. */
  applySnapshotChunk?(req: ApplySnapshotChunkRequest): ApplySnapshotChunkResponse
  /** Reads committed state only. A throw or rejection is answered with code 1 and halts nothing. */
  query(req: QueryRequest): QueryResponse | Promise<QueryResponse>
  /** The consensus connection was lost: drop all uncommitted state. */
  disconnected(): void
}
