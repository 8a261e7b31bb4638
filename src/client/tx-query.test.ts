import { expect, test } from 'vitest'
import { EventList } from './events.ts'
import { TxQueryError, txMatcher } from './tx-query.ts'
import type { TxResult } from './tx-result.ts'

const attribute = (key: string, value: string) => ({ key, value })
const tx: TxResult = {
  hash: 'AB12',
  height: 7,
  index: 0,
  code: 0,
  codespace: '',
  log: '',
  gasWanted: 0n,
  gasUsed: 0n,
  responses: [],
  tx: new Uint8Array(),
  events: new EventList([
    { type: 'transfer', attributes: [attribute('sender', 'wadi1a'), attribute('amount', '500awadi')] },
    { type: 'transfer', attributes: [attribute('sender', 'wadi1b')] },
    { type: 'coin_received', attributes: [attribute('amount', '1000000000000000001awadi')] },
    { type: 'wadi.asset.v1.EventAssetRegistered', attributes: [attribute('slug', '"it is"')] },
    {
      type: 'typed',
      attributes: [attribute('asset_id', '"18446744073709551615"'), attribute('by', '-2.50')],
    },
  ]),
}

// The operators of CometBFT's language (its documentation of "Subscribing to events").
test.each([
  ['', true],
  ["transfer.sender='wadi1a'", true],
  ["transfer.sender = 'wadi1b' AND transfer.sender = 'wadi1a'", true],
  ["transfer.sender='wadi1c'", false],
  ["tm.event='Tx' AND tx.height=7", true],
  ["tm.event='NewBlock'", false],
  ['tx.height>6 AND tx.height<=7', true],
  ['tx.height>7', false],
  ['tx.height>=8', false],
  ['tx.height<7', false],
  ["tx.hash='ab12'", true],
  ['transfer.amount>499', true],
  ['transfer.sender EXISTS', true],
  ['burn.amount EXISTS', false],
  ["transfer.sender CONTAINS '1b'", true],
  ["transfer.sender CONTAINS 'x'", false],
  ['wadi.asset.v1.EventAssetRegistered.slug=\'"it is"\'', true],
])('the query %j decides %s', (query, expected) => {
  expect(txMatcher(query)(tx)).toBe(expected)
})

// A WADI has 18 decimal places: the amounts of everyday life are beyond what a float tells apart.
test.each([
  ['coin_received.amount>1000000000000000000', true],
  ['coin_received.amount<=1000000000000000000', false],
  ['coin_received.amount=1000000000000000000', false],
  ['coin_received.amount=1000000000000000001', true],
  ['coin_received.amount=1000000000000000001.0', true],
  ['coin_received.amount<1000000000000000001.5', true],
  ['typed.asset_id>=18446744073709551615', true],
  ['typed.asset_id>18446744073709551614', true],
  ['typed.asset_id>18446744073709551615', false],
  ['typed.by=-2.5', true],
  ['typed.by>-2.51', true],
  // CometBFT reads the number that a value begins with; an address has none.
  ['transfer.sender>=0', false],
])('the query %j compares every digit: %s', (query, expected) => {
  expect(txMatcher(query)(tx)).toBe(expected)
})

test('a value that is longer than any number matches no number', () => {
  const events = new EventList([{ type: 'a', attributes: [attribute('b', '9'.repeat(100_000))] }])
  expect(txMatcher('a.b>1')({ ...tx, events })).toBe(false)
})

test('a function decides, too', () => {
  expect(txMatcher(({ height }) => height === 7)(tx)).toBe(true)
})

test.each([
  'transfer.sender',
  "transfer.sender='a' AND",
  "transfer.sender='a' OR tx.height=1",
  'AND tx.height=1',
  "transfer.sender<'a'",
  "transfer.sender='a",
  'tx.height=1tx.height=2',
  `tx.hash='${'a'.repeat(600)}'`,
  `tx.height>${'9'.repeat(201)}`,
])('the query %j is refused', (query) => {
  expect(() => txMatcher(query)).toThrow(TxQueryError)
})
