import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestBatch, ResponseBatch, readRequests, readResponses } from './batch.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const text = fc.string({ unit: 'grapheme', maxLength: 200 })
const id = fc.integer({ min: 0, max: 0xffff_ffff })

test('requests come out of a batch as they went in', () => {
  const request = fc.record({ data: bytes, path: text, height: fc.maxSafeInteger(), prove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(fc.tuple(id, request), { maxLength: 20 }), (entries) => {
      const batch = new RequestBatch()
      for (const entry of entries) batch.add(...entry)
      expect(batch.size).toBe(entries.length)
      const read = [...readRequests(batch.take())].map(([key, { height, ...rest }]) => [
        key,
        { ...rest, height: Number(height) },
      ])
      expect(read).toEqual(entries)
      expect(batch.size).toBe(0)
    }),
  )
})

test('heights beyond what a number holds are in the future, or negative', () => {
  const batch = new RequestBatch()
  for (const [i, height] of [2 ** 63, -(2 ** 63), Number.NaN].entries())
    batch.add(i, { data: new Uint8Array(), path: '', height, prove: false })
  const heights = [...readRequests(batch.take())].map(([, { height }]) => height)
  expect(heights).toEqual([9007199254740991n, -1n, 9007199254740991n])
})

test('answers come out of a batch as they went in, proofs included', () => {
  const response = fc.record({
    code: id,
    log: text,
    info: text,
    key: bytes,
    value: bytes,
    height: fc.maxSafeNat(),
    codespace: text,
    proofOps: fc.option(
      fc.record({ ops: fc.array(fc.record({ type: text, key: bytes, data: bytes }), { maxLength: 2 }) }),
      { nil: undefined },
    ),
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(id, response), { maxLength: 5 }), (entries) => {
      const batch = new ResponseBatch()
      for (const [key, { height, ...rest }] of entries)
        batch.add(key, { ...rest, height: BigInt(height), index: 0n })
      expect([...readResponses(batch.take())]).toEqual(entries)
    }),
  )
})
