import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { RequestQuery, ResponseQuery } from '#gen/tendermint/abci/types.ts'
import type { QueryRequest, QueryResponse } from '../abci/types.ts'

/*
 * Queries and answers between the threads: one message holds everything that came in one read, as `id, length, message`
 * over and over in one transferred buffer. Cloning an object for each costs the main thread several times as much.
 */

abstract class Batch {
  protected writer = new BinaryWriter()
  size = 0

  /** Everything added, and a fresh start. */
  take(): Uint8Array<ArrayBuffer> {
    this.size = 0
    const bytes = this.writer.finish() as Uint8Array<ArrayBuffer>
    // A writer keeps the buffer of the largest batch it ever had.
    if (bytes.length > LARGE) this.writer = new BinaryWriter()
    return bytes
  }
}

const LARGE = 1_048_576

/** Writes requests under ids of their own. */
export class RequestBatch extends Batch {
  add(id: number, { data, path, height, prove }: QueryRequest): void {
    this.size++
    this.writer.uint32(id).fork()
    // Beyond what an int64 holds, any height in the future will do.
    const wanted = Number.isSafeInteger(height) ? BigInt(height) : height < 0 ? -1n : MAX_HEIGHT
    RequestQuery.encode({ data, path, height: wanted, prove }, this.writer).join()
  }
}

const MAX_HEIGHT = BigInt(Number.MAX_SAFE_INTEGER)

export function* readRequests(batch: Uint8Array): Generator<[id: number, request: RequestQuery]> {
  const reader = new BinaryReader(batch)
  while (reader.pos < reader.len) {
    const id = reader.uint32()
    yield [id, RequestQuery.decode(reader, reader.uint32())]
  }
}

export class ResponseBatch extends Batch {
  add(id: number, response: ResponseQuery): void {
    this.size++
    ResponseQuery.encode(response, this.writer.uint32(id).fork()).join()
  }
}

export function* readResponses(batch: Uint8Array): Generator<[id: number, response: QueryResponse]> {
  const reader = new BinaryReader(batch)
  while (reader.pos < reader.len) {
    const id = reader.uint32()
    const { code, log, info, key, value, proofOps, height, codespace } = ResponseQuery.decode(
      reader,
      reader.uint32(),
    )
    yield [id, { code, log, info, key, value, proofOps, height: Number(height), codespace }]
  }
}
