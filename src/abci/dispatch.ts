import type { Method, MethodName } from './methods.ts'
import { ProtoReader } from './reader.ts'
import * as req from './requests.ts'
import * as res from './responses.ts'
import { EventIndex, type IndexPredicate, ResultBuffer } from './results.ts'
import type { FrameTrace } from './trace.ts'
import type { AbciApp, QueryRequest, QueryResponse } from './types.ts'
import { BackWriter } from './writer.ts'

/** The size the reply buffer goes back to after a large reply was given away. */
const WRITER_BYTES = 64 * 1024
const EMPTY = new Uint8Array(0)

/** Decodes a request, calls the application, encodes the reply. One for all connections of a server. */
export class Dispatcher {
  /** Holds the reply frame after `handle`. */
  readonly writer = new BackWriter(WRITER_BYTES)
  private readonly app: AbciApp
  private readonly index: EventIndex
  private readonly trace: FrameTrace | undefined
  private readonly reader = new ProtoReader(Buffer.alloc(0), 0, 0)
  private readonly results: ResultBuffer
  private conn = 0

  constructor(app: AbciApp, indexEvents: IndexPredicate, trace: FrameTrace | undefined) {
    this.app = app
    this.index = new EventIndex(indexEvents)
    this.results = new ResultBuffer(this.index)
    this.trace = trace
  }

  /**
   * Answers one request: with a frame in `writer`, or with the promise of one when a query answers later.
   * Throws AbciProtocolError for a damaged request, anything else when the application threw.
   */
  handle(conn: number, method: Method, buf: Buffer, start: number, end: number): Promise<Buffer> | undefined {
    const r = this.reader
    r.buf = buf
    r.pos = start
    r.end = end
    this.conn = conn
    this.writer.clear()
    const later = this.call(method.name, r)
    r.buf = EMPTY_BUFFER
    return later
  }

  /** The frame of an exception, outside any request. */
  exception(conn: number, text: string): Buffer {
    this.writer.clear()
    res.encodeException(this.writer, text)
    this.trace?.frame('out', conn, 'Exception')
    return this.writer.take(WRITER_BYTES)
  }

  /** Gives the reply away when it is too large to be worth copying. */
  takeLarge(): Buffer | undefined {
    return this.writer.size > WRITER_BYTES / 2 ? this.writer.take(WRITER_BYTES) : undefined
  }

  private call(name: MethodName, r: ProtoReader): Promise<Buffer> | undefined {
    switch (name) {
      case 'CheckTx':
        return this.checkTx(r)
      case 'Flush':
        req.decodeNothing(r)
        this.asked(name)
        res.encodeFlush(this.writer)
        return this.answered(name)
      case 'Query':
        return this.query(req.decodeQuery(r))
      case 'PrepareProposal':
      case 'ProcessProposal':
      case 'ExtendVote':
      case 'VerifyVoteExtension':
      case 'FinalizeBlock':
      case 'Commit':
        return this.consensus(name, r)
      case 'Echo':
      case 'Info':
      case 'InitChain':
        return this.handshake(name, r)
      default:
        return this.snapshot(name, r)
    }
  }

  private checkTx(r: ProtoReader): undefined {
    const { tx, recheck } = req.decodeCheckTx(r)
    this.asked('CheckTx')
    res.encodeCheckTx(this.writer, this.app.checkTx(tx, recheck), this.index)
    this.answered('CheckTx')
  }

  private handshake(name: 'Echo' | 'Info' | 'InitChain', r: ProtoReader): undefined {
    if (name === 'Echo') {
      const message = req.decodeEcho(r)
      this.asked(name)
      res.encodeEcho(this.writer, message)
      this.answered(name)
    } else if (name === 'Info') {
      const request = req.decodeInfo(r)
      this.asked(name)
      const info = this.app.info(request)
      res.encodeInfo(this.writer, info)
      this.answered(name, info.lastBlockHeight)
    } else {
      const request = req.decodeInitChain(r)
      this.asked(name, request.initialHeight)
      res.encodeInitChain(this.writer, this.app.initChain(request))
      this.answered(name)
    }
  }

  private consensus(name: MethodName, r: ProtoReader): undefined {
    switch (name) {
      case 'PrepareProposal': {
        const request = req.decodePrepareProposal(r)
        this.asked(name, request.height)
        res.encodePrepareProposal(this.writer, this.app.prepareProposal(request).txs)
        return this.answered(name)
      }
      case 'ProcessProposal': {
        const { block, lastCommit } = req.decodeProposedBlock(r)
        this.asked(name, block.height, block.hash)
        const accept = this.app.processProposal({ ...block, proposedLastCommit: lastCommit })
        res.encodeProcessProposal(this.writer, accept)
        return this.answered(name)
      }
      case 'ExtendVote': {
        const { block, lastCommit } = req.decodeExtendVote(r)
        this.asked(name, block.height, block.hash)
        const extension = this.app.extendVote?.({ ...block, proposedLastCommit: lastCommit }) ?? EMPTY
        res.encodeExtendVote(this.writer, extension)
        return this.answered(name)
      }
      case 'VerifyVoteExtension': {
        const request = req.decodeVerifyVoteExtension(r)
        this.asked(name, request.height, request.hash)
        res.encodeVerifyVoteExtension(this.writer, this.app.verifyVoteExtension?.(request) ?? true)
        return this.answered(name)
      }
      case 'FinalizeBlock':
        return this.finalizeBlock(r)
      default: {
        req.decodeNothing(r)
        this.asked(name)
        res.encodeCommit(this.writer, this.app.commit().retainHeight)
        return this.answered(name)
      }
    }
  }

  private finalizeBlock(r: ProtoReader): undefined {
    const { block, lastCommit } = req.decodeProposedBlock(r)
    this.asked('FinalizeBlock', block.height, block.hash)
    const { results } = this
    results.clear()
    const response = this.app.finalizeBlock({ ...block, decidedLastCommit: lastCommit }, results)
    if (results.count !== block.txs.length) {
      throw new RangeError(`${results.count} results for ${block.txs.length} transactions`)
    }
    res.encodeFinalizeBlock(this.writer, response, results, this.index)
    return this.answered('FinalizeBlock')
  }

  private snapshot(name: MethodName, r: ProtoReader): undefined {
    switch (name) {
      case 'ListSnapshots':
        req.decodeNothing(r)
        this.asked(name)
        res.encodeListSnapshots(this.writer, this.app.listSnapshots?.() ?? [])
        return this.answered(name)
      case 'OfferSnapshot': {
        const request = req.decodeOfferSnapshot(r)
        this.asked(name, Number(request.snapshot?.height ?? 0n))
        res.encodeOfferSnapshot(this.writer, this.app.offerSnapshot?.(request) ?? 'reject')
        return this.answered(name)
      }
      case 'LoadSnapshotChunk': {
        const request = req.decodeLoadSnapshotChunk(r)
        this.asked(name, request.height)
        res.encodeLoadSnapshotChunk(this.writer, this.app.loadSnapshotChunk?.(request) ?? EMPTY)
        return this.answered(name)
      }
      default: {
        const request = req.decodeApplySnapshotChunk(r)
        this.asked(name)
        const abort = { result: 'abort', refetchChunks: [], rejectSenders: [] } as const
        res.encodeApplySnapshotChunk(this.writer, this.app.applySnapshotChunk?.(request) ?? abort)
        return this.answered(name)
      }
    }
  }

  private query(request: QueryRequest): Promise<Buffer> | undefined {
    this.asked('Query')
    let answer: QueryResponse | Promise<QueryResponse>
    try {
      answer = this.app.query(request)
    } catch (error) {
      answer = failed(error)
    }
    if (!(answer instanceof Promise)) {
      this.writeQuery(answer)
      return this.answered('Query')
    }
    const conn = this.conn
    return answer.catch(failed).then((response) => {
      this.writeQuery(response)
      this.trace?.frame('out', conn, 'Query')
      return this.takeLarge() ?? Buffer.from(this.writer.view())
    })
  }

  private writeQuery(response: QueryResponse): void {
    this.writer.clear()
    try {
      res.encodeQuery(this.writer, response)
    } catch (error) {
      this.writer.clear()
      res.encodeQuery(this.writer, failed(error))
    }
  }

  private asked(method: MethodName, height?: number, hash?: Uint8Array): void {
    this.trace?.frame('in', this.conn, method, height, hash)
  }

  private answered(method: MethodName, height?: number): undefined {
    this.trace?.frame('out', this.conn, method, height)
    return undefined
  }
}

const EMPTY_BUFFER = Buffer.alloc(0)

/** A query must not be able to end a node: what it throws is an answer, in the SDK's words for an unknown error. */
function failed(error: unknown): QueryResponse {
  const log = `internal error: ${error instanceof Error ? error.message : String(error)}`
  return {
    code: 1,
    log,
    info: '',
    key: EMPTY,
    value: EMPTY,
    proofOps: undefined,
    height: 0,
    codespace: 'undefined',
  }
}
