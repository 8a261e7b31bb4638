import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, frame } from './frames.ts'

/** Every message that can be read. */
function drain(reader: FrameReader): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let next = reader.next(); next !== undefined; next = reader.next())
    messages.push(Uint8Array.from(next))
  return messages
}

test('a message travels behind a zero and its length in four bytes, as gRPC over HTTP/2 says', () => {
  expect([...frame(Uint8Array.of(7, 8, 9))]).toEqual([0, 0, 0, 0, 3, 7, 8, 9])
  expect([...frame(new Uint8Array())]).toEqual([0, 0, 0, 0, 0])
})

test('messages come out as they went in, wherever the bytes are cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
  const cuts = fc.array(fc.nat(2_000), { maxLength: 20 })
  fc.assert(
    fc.property(messages, cuts, (sent, at) => {
      const bytes = Buffer.concat(sent.map(frame))
      const ends = [...at.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) => a - b)
      const reader = new FrameReader(300)
      const read: Uint8Array[] = []
      let from = 0
      for (const end of ends) {
        if (end > from) reader.push(bytes.subarray(from, end))
        from = Math.max(from, end)
        read.push(...drain(reader))
      }
      expect(read).toEqual(sent)
      expect([reader.empty, reader.held]).toEqual([true, 0])
    }),
  )
})

test('a message that comes byte by byte takes at most twice its size', () => {
  const bytes = frame(new Uint8Array(10_000))
  const reader = new FrameReader(10_000)
  let most = 0
  for (const byte of bytes.subarray(0, -1)) {
    reader.push(Buffer.of(byte))
    most = Math.max(most, reader.held)
  }
  expect(reader.next()).toBeUndefined()
  expect(most).toBeLessThanOrEqual(2 * bytes.length)
  reader.push(Buffer.of(0))
  expect(reader.next()?.length).toBe(10_000)
})

describe('refused from their first five bytes are', () => {
  const push = (...bytes: number[]) => {
    const reader = new FrameReader(1_000)
    reader.push(Buffer.from(bytes))
  }

  test('messages that are too large, with RESOURCE_EXHAUSTED', () => {
    expect(() => push(0, 0, 0, 3, 0xe8)).not.toThrow()
    const tooLarge = {
      grpc: 8,
      message: 'a message of 1001 bytes; this node reads at most 1000: invalid request',
    }
    expect(() => push(0, 0, 0, 3, 0xe9)).toThrow(expect.objectContaining(tooLarge))
    expect(() => push(0, 0xff, 0xff, 0xff, 0xff)).toThrow(/a message of 4294967295 bytes/)
  })

  test('compressed messages, with UNIMPLEMENTED', () => {
    expect(() => push(1, 0, 0, 0, 1)).toThrow(expect.objectContaining({ grpc: 12 }))
    expect(() => push(1, 0, 0, 0, 1)).toThrow(/grpc-encoding identity only/)
  })

  test('also behind a message that is good', () => {
    const reader = new FrameReader(1_000)
    reader.push(Buffer.concat([frame(Uint8Array.of(1)), Buffer.from([0, 0, 0, 9, 9])]))
    expect(reader.next()).toEqual(Buffer.of(1))
    expect(() => reader.next()).toThrow(/a message of 2313 bytes/)
  })
})
