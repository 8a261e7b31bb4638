/** Decodes the requests of `tendermint.abci` that carry something. Field numbers: proto/tendermint/abci/types.proto. */
import { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import {
  CommitInfo,
  ExtendedCommitInfo,
  Misbehavior,
  RequestApplySnapshotChunk,
  RequestInfo,
  RequestLoadSnapshotChunk,
  RequestOfferSnapshot,
  ValidatorUpdate,
} from '#gen/tendermint/abci/types.ts'
import { ConsensusParams } from '#gen/tendermint/types/params.ts'
import type { BlockTime } from '../kernel/context.ts'
import { AbciProtocolError } from './errors.ts'
import type { ProtoReader } from './reader.ts'
import type {
  ApplySnapshotChunkRequest,
  BlockRequest,
  InfoRequest,
  InitChainRequest,
  LoadSnapshotChunkRequest,
  OfferSnapshotRequest,
  PrepareProposalRequest,
  QueryRequest,
  VerifyVoteExtensionRequest,
} from './types.ts'

const EMPTY: Buffer = Buffer.alloc(0)
const NO_TIME: BlockTime = { seconds: 0n, nanos: 0 }

export function decodeEcho(r: ProtoReader): string {
  let message = ''
  while (r.more()) {
    const tag = r.tag()
    if (tag === 10) message = r.string()
    else r.skip(tag)
  }
  return message
}

/** Flush, Commit and ListSnapshots: no field is known, any is passed over. */
export function decodeNothing(r: ProtoReader): void {
  while (r.more()) r.skip(r.tag())
}

export function decodeInfo(r: ProtoReader): InfoRequest {
  return generated(RequestInfo, rest(r))
}

export function decodeInitChain(r: ProtoReader): InitChainRequest {
  let time = NO_TIME
  let chainId = ''
  let consensusParams: ConsensusParams | undefined
  const validators: ValidatorUpdate[] = []
  let appStateBytes = EMPTY
  let initialHeight = 0
  while (r.more()) {
    const tag = r.tag()
    if (tag === 10) time = decodeTime(r.bytes())
    else if (tag === 18) chainId = r.string()
    else if (tag === 26) consensusParams = generated(ConsensusParams, r.bytes())
    else if (tag === 34) validators.push(generated(ValidatorUpdate, r.bytes()))
    else if (tag === 42) appStateBytes = r.bytes()
    else if (tag === 48) initialHeight = r.varint()
    else r.skip(tag)
  }
  return { time, chainId, consensusParams, validators, appStateBytes, initialHeight }
}

export function decodeQuery(r: ProtoReader): QueryRequest {
  let data = EMPTY
  let path = ''
  let height = 0
  let prove = false
  while (r.more()) {
    const tag = r.tag()
    if (tag === 10) data = r.bytes()
    else if (tag === 18) path = r.string()
    else if (tag === 24) height = r.int64()
    else if (tag === 32) prove = r.varint() !== 0
    else r.skip(tag)
  }
  return { data, path, height, prove }
}

export function decodeCheckTx(r: ProtoReader): { readonly tx: Uint8Array; readonly recheck: boolean } {
  let tx = EMPTY
  let type = 0
  while (r.more()) {
    const tag = r.tag()
    if (tag === 10) tx = r.bytes()
    else if (tag === 16) type = r.varint()
    else r.skip(tag)
  }
  if (type > 1) throw new AbciProtocolError(`CheckTx: type ${type} is neither NEW (0) nor RECHECK (1)`)
  return { tx, recheck: type === 1 }
}

type Part = 'txs' | 'commit' | 'misbehavior' | 'hash' | 'height' | 'time' | 'next' | 'proposer' | 'max'

// what stands in field 1, 2, … of each request that carries a block
const BLOCK: readonly Part[] = ['txs', 'commit', 'misbehavior', 'hash', 'height', 'time', 'next', 'proposer']
const PREPARE: readonly Part[] = ['max', 'txs', 'commit', 'misbehavior', 'height', 'time', 'next', 'proposer']
const EXTEND: readonly Part[] = ['hash', 'height', 'time', 'txs', 'commit', 'misbehavior', 'next', 'proposer']

interface Block extends BlockRequest {
  readonly commit: Uint8Array | undefined
  readonly maxTxBytes: number
}

function decodeBlock(r: ProtoReader, layout: readonly Part[]): Block {
  const txs: Uint8Array[] = []
  const misbehavior: Misbehavior[] = []
  const block = {
    txs,
    misbehavior,
    hash: EMPTY,
    height: 0,
    time: NO_TIME,
    nextValidatorsHash: EMPTY,
    proposerAddress: EMPTY,
    commit: undefined as Buffer | undefined,
    maxTxBytes: 0,
  }
  while (r.more()) {
    const tag = r.tag()
    const part = layout[(tag >>> 3) - 1]
    const type = tag & 7
    if (part === undefined) r.skip(tag)
    else if (type !== (part === 'height' || part === 'max' ? 0 : 2)) throw wrongType(part, type)
    else if (part === 'txs') txs.push(r.bytes())
    else if (part === 'commit') block.commit = r.bytes()
    else if (part === 'misbehavior') misbehavior.push(generated(Misbehavior, r.bytes()))
    else if (part === 'hash') block.hash = r.bytes()
    else if (part === 'height') block.height = r.varint()
    else if (part === 'time') block.time = decodeTime(r.bytes())
    else if (part === 'next') block.nextValidatorsHash = r.bytes()
    else if (part === 'proposer') block.proposerAddress = r.bytes()
    else block.maxTxBytes = r.varint()
  }
  return block
}

export function decodePrepareProposal(r: ProtoReader): PrepareProposalRequest {
  const { commit, hash: _, ...block } = decodeBlock(r, PREPARE)
  return { ...block, localLastCommit: commit && generated(ExtendedCommitInfo, commit) }
}

/** ProcessProposal and FinalizeBlock differ in the name of one field only. */
export function decodeProposedBlock(r: ProtoReader): {
  readonly block: BlockRequest
  readonly lastCommit: CommitInfo | undefined
} {
  const { commit, maxTxBytes: _, ...block } = decodeBlock(r, BLOCK)
  return { block, lastCommit: commit && generated(CommitInfo, commit) }
}

export function decodeExtendVote(r: ProtoReader): {
  readonly block: BlockRequest
  readonly lastCommit: CommitInfo | undefined
} {
  const { commit, maxTxBytes: _, ...block } = decodeBlock(r, EXTEND)
  return { block, lastCommit: commit && generated(CommitInfo, commit) }
}

export function decodeVerifyVoteExtension(r: ProtoReader): VerifyVoteExtensionRequest {
  let hash = EMPTY
  let validatorAddress = EMPTY
  let height = 0
  let voteExtension = EMPTY
  while (r.more()) {
    const tag = r.tag()
    if (tag === 10) hash = r.bytes()
    else if (tag === 18) validatorAddress = r.bytes()
    else if (tag === 24) height = r.varint()
    else if (tag === 34) voteExtension = r.bytes()
    else r.skip(tag)
  }
  return { hash, validatorAddress, height, voteExtension }
}

export function decodeOfferSnapshot(r: ProtoReader): OfferSnapshotRequest {
  return generated(RequestOfferSnapshot, rest(r))
}

export function decodeLoadSnapshotChunk(r: ProtoReader): LoadSnapshotChunkRequest {
  const { height, format, chunk } = generated(RequestLoadSnapshotChunk, rest(r))
  return { height: Number(height), format, chunk }
}

export function decodeApplySnapshotChunk(r: ProtoReader): ApplySnapshotChunkRequest {
  return generated(RequestApplySnapshotChunk, rest(r))
}

function rest(r: ProtoReader): Uint8Array {
  return r.buf.subarray(r.pos, r.end)
}

function decodeTime(bytes: Uint8Array): BlockTime {
  return generated(Timestamp, bytes)
}

function generated<T>(type: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T {
  try {
    return type.decode(bytes)
  } catch (error) {
    throw new AbciProtocolError(`a nested message of ${bytes.length} bytes is damaged: ${String(error)}`)
  }
}

function wrongType(part: string, type: number): AbciProtocolError {
  return new AbciProtocolError(`${part}: wire type ${type} does not belong there`)
}
