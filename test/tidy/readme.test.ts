/** The tables of the module pages, against what proto/ says in plain sight. */
import { expect, test } from 'vitest'
import { eventsTable, messagesTable, queriesTable, rewrite } from '../../scripts/readme.ts'

const table = { head: ['A', 'B'], rows: [['1', 'x|y']] }

test('a table replaces what stood between its markers and nothing else', () => {
  const page =
    '# M\n\n<!-- table:State -->\nold\n<!-- /table -->\n\nprose\n\n<!-- table:Errors -->\n<!-- /table -->\n'
  const once = rewrite(page, { State: table, Errors: { head: ['C'], rows: [] } })
  expect(once.text).toBe(
    '# M\n\n<!-- table:State -->\n\n| A   | B    |\n| --- | ---- |\n| 1   | x\\|y |\n\n<!-- /table -->\n\nprose\n\n' +
      '<!-- table:Errors -->\n\nNone.\n\n<!-- /table -->\n',
  )
  expect(rewrite(once.text, { State: table, Errors: { head: ['C'], rows: [] } })).toEqual({
    text: once.text,
    missing: [],
  })
})

test('a page without the markers is told which are missing', () => {
  expect(rewrite('# M\n', { State: table }).missing).toEqual(['State'])
})

test('messages show their signer and the comment on their rpc', () => {
  expect(messagesTable('cosmos.bank.v1beta1.Msg').rows[0]).toEqual([
    '`MsgSend`',
    '`from_address`',
    'Send coins to an account.',
  ])
  expect(messagesTable(undefined).rows).toEqual([])
})

test('queries show their REST routes', () => {
  const rows = queriesTable('cosmos.bank.v1beta1.Query').rows
  expect(rows.find(([name]) => name === '`Balance`')?.[1]).toBe(
    '`/cosmos/bank/v1beta1/balances/{address}/by_denom`',
  )
})

test('events are the Event messages of the package, with their fields', () => {
  const rows = eventsTable(['wadi.asset.v1']).rows
  expect(rows.find(([name]) => name === '`wadi.asset.v1.EventAssetRegistered`')).toEqual([
    '`wadi.asset.v1.EventAssetRegistered`',
    'An asset was registered; EventVersionRegistered for its first version follows.',
    '`asset_id`, `kind`, `creator`, `slug`, `reference`',
  ])
})
