/** Speaks to the codec with the voice of cosmjs-types, for the tests of this folder. */
import { Request as OracleRequest, Response as OracleResponse } from 'cosmjs-types/tendermint/abci/types'
import fc from 'fast-check'
import { expect } from 'vitest'
import { Dispatcher } from './dispatch.ts'
import { AbciProtocolError } from './errors.ts'
import { FrameReader } from './frames.ts'
import { TestApp, varint } from './testkit.ts'
import type { AbciApp, ExecTxResult, FinalizeBlockResponse, ResultSink } from './types.ts'

// The oracle is cosmjs-types: it encodes the requests and decodes the replies. Nothing of ours is on its side.

/** Frames a request with the oracle, has it handled, decodes the reply with the oracle. */
export function exchange(
  app: AbciApp,
  request: Partial<OracleRequest>,
  indexed = (_t: string, _k: string) => true,
) {
  const body = OracleRequest.encode(OracleRequest.fromPartial(request as OracleRequest)).finish()
  return exchangeBytes(app, Buffer.concat([varint(body.length), body]), indexed)
}

export function exchangeBytes(
  app: AbciApp,
  bytes: Buffer,
  indexed = (_t: string, _k: string) => true,
): OracleResponse {
  const reader = new FrameReader()
  reader.push(bytes)
  if (!reader.next() || reader.method === undefined) throw new AbciProtocolError('incomplete')
  const dispatcher = new Dispatcher(app, indexed, undefined)
  dispatcher.handle(1, reader.method, reader.buf, reader.start, reader.end)
  const reply = dispatcher.writer.view()
  let at = 0
  while ((reply[at] as number) >= 0x80) at++
  const head = reply.subarray(0, at + 1)
  expect(head).toEqual(varint(reply.length - head.length)) // shortest varint, whole frame
  return OracleResponse.decode(reply.subarray(at + 1))
}

/** An app whose one method remembers its request; a block's results go where they are due. */
export function capture<K extends keyof AbciApp>(
  method: K,
  reply: unknown,
  txResults: readonly ExecTxResult[] = [],
): { app: AbciApp; seen: () => unknown } {
  const app = new TestApp()
  let request: unknown
  Object.assign(app, {
    [method]: (...args: unknown[]) => {
      if (method === 'finalizeBlock') {
        const sink = args.pop() as ResultSink
        for (const result of txResults) sink.push(result)
      }
      request = args.length > 1 ? args : args[0]
      return reply
    },
  })
  return { app, seen: () => request }
}

/** Buffers as plain arrays and without `$type`, so that values of both sides compare. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, inner]) => key !== '$type' && inner !== undefined)
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]))
}

export const NO_RESULT: FinalizeBlockResponse = {
  events: [],
  validatorUpdates: [],
  consensusParamUpdates: undefined,
  appHash: Buffer.alloc(32, 3),
}

export const bytes = (maxLength = 40) => fc.uint8Array({ maxLength })
// cosmjs-types 0.11.0 writes int64 values from 2^31 to 2^32 - 1 wrongly (writeVarint64 compares a negative `lo`), so
// the oracle is not asked there; requests.test.ts gives such a number by hand
export const oracleKnows = (value: bigint) => value < 2n ** 31n || value >= 2n ** 32n
export const height = fc.bigInt(1n, 2n ** 53n - 1n).filter(oracleKnows)
export const seconds = fc.bigInt(-62_135_596_800n, 253_402_300_799n).filter(oracleKnows)
