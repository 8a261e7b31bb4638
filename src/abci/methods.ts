/**
 * The methods of ABCI 2.0: their names, the numbers of their fields in `tendermint.abci.Request` and `Response`, and
 * how large a request may be.
 */

const KIB = 1024
const MIB = 1024 * KIB

/** CometBFT refuses to send or read longer messages (`maxMsgSize` in abci/types/messages.go). */
export const MAX_FRAME_BYTES = 2 ** 31 - 1
/** A block is at most 100 MiB (`MaxBlockSizeBytes`); the rest is commits, evidence and vote extensions. */
const MAX_BLOCK_REQUEST_BYTES = 128 * MIB
/** CometBFT's `mempool.max_tx_bytes` is 1 MiB unless configured otherwise. */
const MAX_CHECK_TX_BYTES = 16 * MIB
/** CometBFT's `rpc.max_body_bytes` is 1 MB unless configured otherwise. */
const MAX_QUERY_BYTES = 16 * MIB
/** Peers may send 4 MB of snapshot metadata (`snapshotMsgSize`). */
const MAX_OFFER_SNAPSHOT_BYTES = 8 * MIB
/** Peers may send chunks of 16 MB (`chunkMsgSize`). */
const MAX_APPLY_CHUNK_BYTES = 32 * MIB
/** A vote is at most 1 MiB on the wire (`maxMsgSize` of the consensus reactor). */
const MAX_VERIFY_EXTENSION_BYTES = 2 * MIB
/** Calls of a few numbers and short strings. */
const MAX_SMALL_BYTES = 64 * KIB

export interface Method {
  readonly name: MethodName
  /** Field of the oneof in `Request`. */
  readonly request: number
  /** Field of the oneof in `Response`. */
  readonly response: number
  /** Longest request frame accepted, bytes, length prefix not counted. */
  readonly maxBytes: number
  /** Sent on the consensus connection only. */
  readonly consensus: boolean
}

export type MethodName =
  | 'Echo'
  | 'Flush'
  | 'Info'
  | 'InitChain'
  | 'Query'
  | 'CheckTx'
  | 'Commit'
  | 'ListSnapshots'
  | 'OfferSnapshot'
  | 'LoadSnapshotChunk'
  | 'ApplySnapshotChunk'
  | 'PrepareProposal'
  | 'ProcessProposal'
  | 'ExtendVote'
  | 'VerifyVoteExtension'
  | 'FinalizeBlock'

/** Overrides of the size limits, bytes by method. */
export type MethodLimits = Partial<Readonly<Record<MethodName, number>>>

type Row = readonly [MethodName, request: number, response: number, maxBytes: number, consensus: boolean]

const ROWS: readonly Row[] = [
  ['Echo', 1, 2, MAX_SMALL_BYTES, false],
  ['Flush', 2, 3, MAX_SMALL_BYTES, false],
  ['Info', 3, 4, MAX_SMALL_BYTES, false],
  ['InitChain', 5, 6, MAX_FRAME_BYTES, true],
  ['Query', 6, 7, MAX_QUERY_BYTES, false],
  ['CheckTx', 8, 9, MAX_CHECK_TX_BYTES, false],
  ['Commit', 11, 12, MAX_SMALL_BYTES, true],
  ['ListSnapshots', 12, 13, MAX_SMALL_BYTES, false],
  ['OfferSnapshot', 13, 14, MAX_OFFER_SNAPSHOT_BYTES, false],
  ['LoadSnapshotChunk', 14, 15, MAX_SMALL_BYTES, false],
  ['ApplySnapshotChunk', 15, 16, MAX_APPLY_CHUNK_BYTES, false],
  ['PrepareProposal', 16, 17, MAX_BLOCK_REQUEST_BYTES, true],
  ['ProcessProposal', 17, 18, MAX_BLOCK_REQUEST_BYTES, true],
  ['ExtendVote', 18, 19, MAX_BLOCK_REQUEST_BYTES, true],
  ['VerifyVoteExtension', 19, 20, MAX_VERIFY_EXTENSION_BYTES, true],
  ['FinalizeBlock', 20, 21, MAX_BLOCK_REQUEST_BYTES, true],
]

/** Field of the oneof in `Response` for `ResponseException`. */
export const EXCEPTION_FIELD = 1
/** Field of the oneof in `Response` by method name. */
export const RESPONSE_FIELD = Object.fromEntries(ROWS.map((row) => [row[0], row[2]])) as Readonly<
  Record<MethodName, number>
>

/** The methods by the number of their request field; a hole is a method that does not exist. */
export function methodTable(limits: MethodLimits = {}): readonly (Method | undefined)[] {
  const table: (Method | undefined)[] = new Array(21).fill(undefined)
  for (const [name, request, response, maxBytes, consensus] of ROWS) {
    table[request] = { name, request, response, maxBytes: limits[name] ?? maxBytes, consensus }
  }
  return table
}
