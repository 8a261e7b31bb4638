import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AbciProtocolError } from './errors.ts'
import { FrameReader } from './frames.ts'
import { methodTable } from './methods.ts'
import { ProtoReader } from './reader.ts'
import { decodeInitChain } from './requests.ts'
import { frame, varint } from './testkit.ts'

/** The frames a reader finds when `stream` arrives in these pieces, as `Method:hex of its message`. */
function read(pieces: readonly Buffer[], reader = new FrameReader()): string[] {
  const found: string[] = []
  for (const piece of pieces) {
    reader.push(piece)
    while (reader.next()) {
      found.push(`${reader.method?.name}:${reader.buf.subarray(reader.start, reader.end).toString('hex')}`)
    }
  }
  return found
}

const STREAM = Buffer.concat([
  frame({ echo: { message: 'hello' } }),
  frame({ flush: {} }),
  frame({ checkTx: { tx: Buffer.alloc(300, 1) } }),
  frame({ finalizeBlock: { txs: [Buffer.alloc(200, 2)], height: 9n } }),
  frame({ commit: {} }),
])
const WHOLE = read([STREAM])

afterEach(() => {
  vi.restoreAllMocks()
})

describe('frames', () => {
  it('are found where they lie', () => {
    expect(WHOLE.map((text) => text.split(':')[0])).toEqual([
      'Echo',
      'Flush',
      'CheckTx',
      'FinalizeBlock',
      'Commit',
    ])
    // message = 1 of RequestEcho: tag 0a, length 05, "hello"
    expect(WHOLE[0]).toBe('Echo:0a0568656c6c6f')
    expect(WHOLE[1]).toBe('Flush:')
  })

  it('may be split at every byte', () => {
    for (let at = 0; at <= STREAM.length; at++) {
      expect(read([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(WHOLE)
    }
  })

  it('may arrive byte by byte', () => {
    expect(read(Array.from(STREAM, (byte) => Buffer.from([byte])))).toEqual(WHOLE)
  })

  it('may be split anywhere, any number of times', () => {
    const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 30 })
    fc.assert(
      fc.property(cuts, (positions) => {
        const sorted = [0, ...positions.toSorted((a, b) => a - b), STREAM.length]
        const pieces = sorted.slice(1).map((to, i) => STREAM.subarray(sorted[i], to))
        expect(read(pieces)).toEqual(WHOLE)
      }),
    )
  })

  it('inside one chunk are views, not copies', () => {
    const reader = new FrameReader()
    reader.push(STREAM)
    expect(reader.next()).toBe(true)
    expect(reader.buf).toBe(STREAM)
  })

  it.each([
    ['a length of six bytes', Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01]), /longer than 5 bytes/],
    ['2^31 bytes', Buffer.concat([varint(2 ** 31), Buffer.from([0x2a])]), /limit is 2\^31 - 1/],
    ['no request', Buffer.from([0]), /without a request/],
    ['SetOption, which 0.38 does not know', Buffer.from([2, 0x22, 0]), /unknown request: field 4/],
    ['field 21', Buffer.from([3, 0xaa, 0x01, 0]), /unknown request: field 21/],
    ['a field above 2047', Buffer.from([4, 0xff, 0xff, 0x7f, 0]), /above 2047/],
    ['field 0', Buffer.from([2, 0x02, 0]), /unknown request: field 0/],
    ['a number where a message belongs', Buffer.from([2, 0x08, 0]), /Echo: wire type 0/],
    ['a tag alone', Buffer.from([1, 0x12]), /Flush: the length of the message is damaged/],
    ['half a tag', Buffer.from([1, 0xa2]), /ends inside its tag/],
    ['a message shorter than its frame', Buffer.from([4, 0x0a, 1, 0, 0]), /1 bytes in a frame that holds 2/],
    ['a message longer than its frame', Buffer.from([3, 0x0a, 9, 0]), /9 bytes in a frame that holds 1/],
    ['an endless inner length', Buffer.from([7, 0x12, 255, 255, 255, 255, 255, 255]), /damaged/],
  ])('refuse %s, however it is split', (_, bytes, message) => {
    expect(() => read([bytes])).toThrow(message)
    expect(() => read(Array.from(bytes, (byte) => Buffer.from([byte])))).toThrow(message)
    expect(() => read([bytes])).toThrow(AbciProtocolError)
  })

  it.each([
    ['CheckTx', 0x42, 16 * 1024 * 1024],
    ['Query', 0x32, 16 * 1024 * 1024],
    ['Commit', 0x5a, 64 * 1024],
    ['ApplySnapshotChunk', 0x7a, 32 * 1024 * 1024],
  ])(
    'of %s beyond its limit are refused from their first bytes, before memory is taken',
    (name, tag, limit) => {
      const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow')
      const within = new FrameReader()
      within.push(Buffer.concat([varint(limit), Buffer.from([tag])]))
      expect(within.next()).toBe(false)
      expect(allocated.mock.calls).toEqual([[limit]])

      const beyond = new FrameReader()
      beyond.push(Buffer.concat([varint(limit + 1), Buffer.from([tag])]))
      expect(() => beyond.next()).toThrow(`${name}: a frame of ${limit + 1} bytes, the limit is ${limit}`)
      expect(allocated.mock.calls).toEqual([[limit]])
    },
  )

  it('have limits that can be set', () => {
    const reader = new FrameReader(methodTable({ CheckTx: 100 }))
    expect(() => read([frame({ checkTx: { tx: Buffer.alloc(98) } })], reader)).toThrow(/the limit is 100/)
  })

  it('of InitChain may have 300 MB, received into one buffer and decoded as a view of it', () => {
    const stateBytes = 300_000_000
    const head = frame({ initChain: { chainId: 'big', initialHeight: 5n } })
    // app_state_bytes = 5 behind what is there: tag 2a, length, and the bytes
    const state = Buffer.concat([Buffer.from([0x2a]), varint(stateBytes)])
    const inner = head.subarray(head.indexOf(0x2a) + 2)
    const messageBytes = inner.length + state.length + stateBytes
    const opening = Buffer.concat([Buffer.from([0x2a]), varint(messageBytes)])
    const frameBytes = opening.length + messageBytes
    const reader = new FrameReader()
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow')
    reader.push(Buffer.concat([varint(frameBytes), opening, inner, state]))
    expect(reader.next()).toBe(false)
    expect(allocated.mock.calls).toEqual([[frameBytes]])

    const before = process.memoryUsage().arrayBuffers
    const chunk = Buffer.alloc(65_536)
    let complete = false
    for (let at = 0; at < stateBytes; at += chunk.length) {
      chunk.writeUInt32BE(at)
      reader.push(chunk.subarray(0, Math.min(chunk.length, stateBytes - at)))
      complete = reader.next()
    }
    expect(complete).toBe(true)
    const req = decodeInitChain(new ProtoReader(reader.buf, reader.start, reader.end))
    expect(allocated.mock.calls.length).toBe(1)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
    expect(req.chainId).toBe('big')
    expect(req.initialHeight).toBe(5)
    expect(req.appStateBytes.length).toBe(stateBytes)
    expect(req.appStateBytes.buffer).toBe(reader.buf.buffer)
    const view = req.appStateBytes as Buffer
    for (const at of [0, 65_536, 299_958_272]) expect(view.readUInt32BE(at)).toBe(at)
    expect(reader.next()).toBe(false)
    expect(reader.buf.length).toBe(0) // the reader does not keep a genesis alive
  })

  it('made of garbage are refused or waited for, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (pieces) => {
        const reader = new FrameReader(methodTable({ InitChain: 1000 }))
        try {
          read(
            pieces.map((piece) => Buffer.from(piece)),
            reader,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(AbciProtocolError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
