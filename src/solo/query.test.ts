import { describe, expect, test } from 'vitest'
import { matches, parseQuery, queryText } from './query.ts'

/** Attributes of events as a subscriber meets them. */
const EVENTS = new Map([
  ['tm.event', ['Tx']],
  ['tx.height', ['12']],
  ['transfer.recipient', ['anna', 'ben']],
  ['transfer.amount', ['8atom', '6.5stake']],
  ['big.number', ['340282366920938463463374607431768211457']],
  ['when.day', ['2026-03-04']],
  ['when.time', ['2026-03-04T05:06:07Z']],
  ['odd', ['a = b AND c']],
])

// The semantics of libs/pubsub/query of CometBFT 0.38, case by case.
describe('a query matches', () => {
  test.each([
    ["tm.event = 'Tx'", true],
    ["tm.event='Tx' AND tx.height > 11", true],
    ["tm.event='Tx' AND tx.height > 12", false],
    ['tx.height = 12', true],
    ['tx.height = 12.0', true],
    ['tx.height >= 12', true],
    ['tx.height <= 11.999', false],
    ["tx.height = '12'", true],
    ["transfer.recipient = 'ben'", true],
    ["transfer.recipient = 'carl'", false],
    ["transfer.recipient CONTAINS 'nn'", true],
    ["transfer.recipient CONTAINS 'N'", false],
    ['transfer.recipient EXISTS', true],
    ['transfer EXISTS', true],
    ['trans EXISTS', false],
    ['transfer.sender EXISTS', false],
    // Units behind a number do not count.
    ['transfer.amount = 8', true],
    ['transfer.amount < 6.51', true],
    ['transfer.amount > 8', false],
    // One above 2^128, which no double can tell from 2^128.
    ['big.number > 340282366920938463463374607431768211456', true],
    ['big.number > 340282366920938463463374607431768211457', false],
    ['when.day = DATE 2026-03-04', true],
    ['when.day > DATE 2026-03-04', false],
    ['when.day < DATE 2027-01-01', true],
    ['when.time > TIME 2026-03-04T06:06:06+01:00', true],
    ['when.time <= TIME 2026-03-04T05:06:07Z', true],
    // A text that is not a number is neither above nor below.
    ['transfer.recipient > 1', false],
    ["odd = 'a = b AND c'", true],
  ])('%s: %s', (query, expected) => {
    expect(matches(parseQuery(query), EVENTS)).toBe(expected)
  })
})

describe('what is no query is refused with the place', () => {
  test.each([
    ['', 'offset 0: EOF'],
    ['tm.event', 'offset 8: EOF'],
    ['tm.event =', 'offset 10: EOF'],
    ["tm.event = 'a", 'offset 11: EOF'],
    [
      "tm.event 'a'",
      'offset 9: got string, wanted <= operator, >= operator, < operator, > operator, = operator, ' +
        'CONTAINS operator or EXISTS operator',
    ],
    ["a.b > 'x'", 'offset 6: got string, wanted number, timestamp or datestamp'],
    ['a.b CONTAINS 1', 'offset 13: got number, wanted string'],
    // 6 is the number of AND in CometBFT's scanner.
    ['a.b = 1 a.c = 2', 'offset 8: got tag, want 6'],
    ['a.b = 1 AND', 'offset 11: EOF'],
    ['a.b & 1', 'offset 4: invalid input & at offset 5'],
    ['a.b > DATE 1899-01-01', 'offset 6: datestamp year 1899 out of range'],
  ])('%s', (query, message) => {
    expect(() => parseQuery(query)).toThrow(message)
  })
})

test('queries that mean the same are written the same', () => {
  const texts = ["a.b='x' AND c.d>=5", "  a.b  =  'x'   AND c.d >=5 "]
  expect(texts.map((text) => queryText(parseQuery(text)))).toEqual(Array(2).fill("a.b = 'x' AND c.d >= 5"))
  expect(queryText(parseQuery('a EXISTS AND b > TIME 2026-01-01T00:00:00Z'))).toBe(
    'a EXISTS AND b > TIME 2026-01-01T00:00:00Z',
  )
})
