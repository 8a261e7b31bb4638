import { Request as OracleRequest } from 'cosmjs-types/tendermint/abci/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AbciProtocolError } from './errors.ts'
import { exchangeBytes, plain } from './oracle.ts'
import { TestApp, varint } from './testkit.ts'

describe('damaged requests', () => {
  it.each([
    ['a truncated transaction', [7, 0x42, 5, 0x0a, 9, 1, 2, 3]],
    ['an unfinished number', [4, 0x42, 2, 0x10, 0x80]],
    ['an unknown check type', [4, 0x42, 2, 0x10, 5]],
    ['a group', [4, 0x42, 2, 0x1b, 0x1c]],
    ['a block whose height is bytes', [7, 0xa2, 1, 4, 0x2a, 2, 1, 1]],
    ['a block whose time is damaged', [7, 0xa2, 1, 4, 0x32, 2, 0x08, 0x80]],
    ['a negative height', [14, 0xa2, 1, 11, 0x28, ...Array(9).fill(0xff), 1]],
  ])('%s is a protocol error', (_, raw) => {
    expect(() => exchangeBytes(new TestApp(), Buffer.from(raw))).toThrow(AbciProtocolError)
  })

  it('full of garbage end in a reply or a protocol error', () => {
    const fields = fc.constantFrom(1, 2, 3, 5, 6, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 120 }), (field, garbage) => {
        const message = Buffer.concat([varint(field * 8 + 2), varint(garbage.length), garbage])
        try {
          exchangeBytes(new TestApp(), Buffer.concat([varint(message.length), message]))
        } catch (error) {
          expect(error).toBeInstanceOf(AbciProtocolError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('made from good ones by changing bytes end in a reply or a protocol error', () => {
    const seeds = [
      {
        finalizeBlock: {
          txs: [Buffer.alloc(9)],
          height: 3n,
          hash: Buffer.alloc(32),
          time: { seconds: 1n, nanos: 2 },
        },
      },
      { initChain: { chainId: 'c', validators: [{ pubKey: { ed25519: Buffer.alloc(32) }, power: 1n }] } },
      {
        prepareProposal: {
          txs: [Buffer.alloc(9)],
          localLastCommit: { round: 1, votes: [{ blockIdFlag: 2 }] },
        },
      },
      { query: { path: '/a', data: Buffer.alloc(3) } },
    ].map((request) =>
      Buffer.from(OracleRequest.encode(OracleRequest.fromPartial(request as never)).finish()),
    )
    const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...seeds), edits, (seed, changes) => {
        const body = Buffer.from(seed)
        for (const [at, value] of changes) body[at % body.length] = value
        try {
          exchangeBytes(new TestApp(), Buffer.concat([varint(body.length), body]))
        } catch (error) {
          expect(error).toBeInstanceOf(AbciProtocolError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('of unknown fields are read as if these were not there', () => {
    // CheckTx { tx(1) = 01, field 15 varint, field 14 fixed64, field 13 fixed32, field 12 bytes }
    const body = Buffer.from('0a01017801710000000000000000' + '6d00000000' + '620101', 'hex')
    const message = Buffer.concat([Buffer.from([0x42]), varint(body.length), body])
    const reply = exchangeBytes(new TestApp(), Buffer.concat([varint(message.length), message]))
    expect(plain(reply.checkTx?.data)).toBe('bytes:01')
  })
})
