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
    { type: 'wadi.asset.v1.EventAssetRegistered', attributes: [attribute('slug', '"it is"')] },
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
])('the query %j is refused', (query) => {
  expect(() => txMatcher(query)).toThrow(TxQueryError)
})
