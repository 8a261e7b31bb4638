// The last transactions.

import { byId, make } from '../../query/pages/base.js'
import { rest } from './node.js'
import { coinText, doors, none, short, words } from './parts.js'

const TXS = 12
const JSON_CHARACTERS = 6_000

const messageName = (message) => message['@type'].split('.').at(-1).replace(/^Msg/, '')

/** What a message says in a line; of most, what is short in it. */
function gist({ '@type': type, ...fields }) {
  if (type === '/cosmos.bank.v1beta1.MsgSend')
    return `${fields.amount.map(coinText).join(', ')} to ${short(fields.to_address)}`
  if (type === '/wadi.asset.v1.MsgRegisterAsset')
    return `${words(fields.kind)} ${fields.slug} by ${short(fields.controller)}`
  const said = Object.entries(fields).filter(([, value]) => typeof value === 'string' && value !== '')
  const parts = said.slice(0, 3).map(([key, value]) => `${key.replaceAll('_', ' ')} ${short(words(value))}`)
  return parts.join(', ')
}

export async function showTxs() {
  if (doors.rest === '') return byId('txs').replaceChildren(none('REST is off.'))
  const query = encodeURIComponent('tx.height>0')
  const { tx_responses } = await rest(
    `/cosmos/tx/v1beta1/txs?query=${query}&order_by=ORDER_BY_DESC&limit=${TXS}`,
  )
  const box = byId('txs')
  if (tx_responses.length === 0) {
    box.replaceChildren(none('None yet. Ask the faucet for coins: that makes one.'))
    return
  }
  // What is there already stays as it is, opened or not.
  const known = new Map([...box.children].map((row) => [row.dataset.hash, row]))
  const rows = tx_responses.map((tx) => known.get(tx.txhash) ?? txRow(tx))
  if (rows.some((row, i) => box.children[i] !== row)) box.replaceChildren(...rows)
}

function txRow({ txhash, height, code, codespace, raw_log, gas_used, tx }) {
  const { messages } = tx.body
  const [first] = messages
  const more = messages.length > 1 ? ` and ${messages.length - 1} more` : ''
  const state = code === 0 ? ['good', 'ok'] : ['bad', `${codespace} ${code}`]
  const title = make(
    'summary',
    {},
    make('span', { className: 'num' }, `${Number(height).toLocaleString()}`),
    make(
      'span',
      { className: 'what' },
      `${first === undefined ? 'nothing' : messageName(first)}${more}`,
      make('span', { className: 'to' }, first === undefined ? '' : gist(first)),
    ),
    make('span', { className: state[0] }, state[1]),
  )
  const row = make('details', { className: 'tx' }, title)
  row.dataset.hash = txhash
  row.addEventListener(
    'toggle',
    () => {
      const text = JSON.stringify(messages, null, 2)
      const cut = text.length > JSON_CHARACTERS ? `${text.slice(0, JSON_CHARACTERS)}\n…` : text
      const link = make('a', { href: `${doors.rest}/cosmos/tx/v1beta1/txs/${txhash}` }, short(txhash))
      row.append(make('div', { className: 'quiet' }, link, `, ${Number(gas_used).toLocaleString()} gas`))
      if (raw_log !== '') row.append(make('div', { className: 'bad' }, raw_log))
      row.append(make('pre', { tabIndex: 0 }, cut))
    },
    { once: true },
  )
  return row
}
