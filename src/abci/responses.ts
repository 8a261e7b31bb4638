/** Encodes the replies other than block results. Each function leaves one whole frame in the writer. */
import {
  ResponseApplySnapshotChunk_Result as Apply,
  ResponseOfferSnapshot_Result as Offer,
  ResponseApplySnapshotChunk,
  ResponseInfo,
  ResponseInitChain,
  ResponseListSnapshots,
  type Snapshot,
} from '#gen/tendermint/abci/types.ts'
import { ProofOps } from '#gen/tendermint/crypto/proof.ts'
import { EXCEPTION_FIELD, MAX_FRAME_BYTES, RESPONSE_FIELD } from './methods.ts'
import { type EventIndex, type ResultBuffer, writeFinalizeBlock, writeResult } from './results.ts'
import type {
  ApplySnapshotChunkResponse,
  CheckTxResponse,
  FinalizeBlockResponse,
  InfoResponse,
  InitChainResponse,
  OfferSnapshotResult,
  QueryResponse,
} from './types.ts'
import type { BackWriter } from './writer.ts'

const ACCEPT = 1
const REJECT = 2

/** Puts the oneof's header and the frame's length in front of a message. */
function seal(w: BackWriter, field: number): void {
  w.varint(w.size)
  w.varint(field * 8 + 2)
  if (w.size > MAX_FRAME_BYTES) throw new RangeError(`a response of ${w.size} bytes: CometBFT reads 2^31 - 1`)
  w.varint(w.size)
}

function sealBytes(w: BackWriter, field: number, message: Uint8Array): void {
  w.bytes(message)
  seal(w, field)
}

export function encodeException(w: BackWriter, text: string): void {
  w.stringField(0x0a, text)
  seal(w, EXCEPTION_FIELD)
}

export function encodeEcho(w: BackWriter, message: string): void {
  w.stringField(0x0a, message)
  seal(w, RESPONSE_FIELD.Echo)
}

export function encodeFlush(w: BackWriter): void {
  seal(w, RESPONSE_FIELD.Flush)
}

export function encodeInfo(w: BackWriter, res: InfoResponse): void {
  const message = { ...res, lastBlockHeight: BigInt(res.lastBlockHeight) }
  sealBytes(w, RESPONSE_FIELD.Info, ResponseInfo.encode(message).finish())
}

export function encodeInitChain(w: BackWriter, res: InitChainResponse): void {
  if (res.appHash.length === 0) throw new RangeError('InitChain must answer with an app hash')
  const message = { ...res, validators: [...res.validators] }
  sealBytes(w, RESPONSE_FIELD.InitChain, ResponseInitChain.encode(message).finish())
}

export function encodeQuery(w: BackWriter, res: QueryResponse): void {
  w.stringField(0x52, res.codespace)
  w.numberField(0x48, res.height)
  if (res.proofOps !== undefined) {
    w.varint(w.bytes(ProofOps.encode(res.proofOps).finish()))
    w.byte(0x42)
  }
  w.bytesField(0x3a, res.value)
  w.bytesField(0x32, res.key)
  w.stringField(0x22, res.info)
  w.stringField(0x1a, res.log)
  w.numberField(0x08, res.code)
  seal(w, RESPONSE_FIELD.Query)
}

export function encodeCheckTx(w: BackWriter, res: CheckTxResponse, index: EventIndex): void {
  writeResult(w, res, index)
  seal(w, RESPONSE_FIELD.CheckTx)
}

export function encodeCommit(w: BackWriter, retainHeight: number): void {
  w.numberField(0x18, retainHeight)
  seal(w, RESPONSE_FIELD.Commit)
}

export function encodeFinalizeBlock(
  w: BackWriter,
  res: FinalizeBlockResponse,
  results: ResultBuffer,
  index: EventIndex,
): void {
  writeFinalizeBlock(w, res, results, index)
  seal(w, RESPONSE_FIELD.FinalizeBlock)
}

export function encodePrepareProposal(w: BackWriter, txs: readonly Uint8Array[]): void {
  let size = HEADER_BYTES
  for (const tx of txs) size += tx.length + HEADER_BYTES
  w.reserve(size)
  for (let i = txs.length - 1; i >= 0; i--) {
    w.varint(w.bytes(txs[i] as Uint8Array))
    w.byte(0x0a)
  }
  seal(w, RESPONSE_FIELD.PrepareProposal)
}

/** Room for a tag and a length, generously. */
const HEADER_BYTES = 12

export function encodeProcessProposal(w: BackWriter, accept: boolean): void {
  w.numberField(0x08, accept ? ACCEPT : REJECT)
  seal(w, RESPONSE_FIELD.ProcessProposal)
}

export function encodeExtendVote(w: BackWriter, extension: Uint8Array): void {
  w.bytesField(0x0a, extension)
  seal(w, RESPONSE_FIELD.ExtendVote)
}

export function encodeVerifyVoteExtension(w: BackWriter, accept: boolean): void {
  w.numberField(0x08, accept ? ACCEPT : REJECT)
  seal(w, RESPONSE_FIELD.VerifyVoteExtension)
}

export function encodeListSnapshots(w: BackWriter, snapshots: readonly Snapshot[]): void {
  const message = ResponseListSnapshots.encode({ snapshots: [...snapshots] }).finish()
  sealBytes(w, RESPONSE_FIELD.ListSnapshots, message)
}

const OFFER_RESULT = {
  accept: Offer.ACCEPT,
  abort: Offer.ABORT,
  reject: Offer.REJECT,
  'reject-format': Offer.REJECT_FORMAT,
  'reject-sender': Offer.REJECT_SENDER,
} as const

export function encodeOfferSnapshot(w: BackWriter, result: OfferSnapshotResult): void {
  w.numberField(0x08, OFFER_RESULT[result])
  seal(w, RESPONSE_FIELD.OfferSnapshot)
}

export function encodeLoadSnapshotChunk(w: BackWriter, chunk: Uint8Array): void {
  w.bytesField(0x0a, chunk)
  seal(w, RESPONSE_FIELD.LoadSnapshotChunk)
}

const APPLY_RESULT = {
  accept: Apply.ACCEPT,
  abort: Apply.ABORT,
  retry: Apply.RETRY,
  'retry-snapshot': Apply.RETRY_SNAPSHOT,
  'reject-snapshot': Apply.REJECT_SNAPSHOT,
} as const

export function encodeApplySnapshotChunk(w: BackWriter, res: ApplySnapshotChunkResponse): void {
  const message = {
    result: APPLY_RESULT[res.result],
    refetchChunks: [...res.refetchChunks],
    rejectSenders: [...res.rejectSenders],
  }
  sealBytes(w, RESPONSE_FIELD.ApplySnapshotChunk, ResponseApplySnapshotChunk.encode(message).finish())
}
