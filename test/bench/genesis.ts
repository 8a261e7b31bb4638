import { closeSync, openSync, writeSync } from 'node:fs'
import { addressText } from '#lib/address.ts'
import { toByteString, utf8 } from '#lib/bytes.ts'
import { chain } from '#modules/chain.ts'
import { crowdId, genesisAddresses } from './accounts.ts'

/** What every account of the benchmarks has, in the smallest unit. */
export const FUNDS = 10n ** 15n

/** May change parameters on the benchmarks' chains; it never does. */
const AUTHORITY = addressText(toByteString(crowdId(-1)))

/** `app_state` of a chain of ours with `total` accounts, as text in pieces: a million make 200 MB. */
export function* appStateText(total: number, senders: number): Generator<string> {
  const written = ['system', 'auth', 'bank']
  const others = chain.modules.filter(({ name, genesis }) => genesis !== undefined && !written.includes(name))
  yield `{${others.map(({ name }) => `"${name}":{},`).join('')}"system":{"authority":"${AUTHORITY}"},`
  yield '"auth":{"accounts":['
  yield* list(total, senders, 'wadi', (address, number) => baseAccount(address, number))
  yield ']},"bank":{"balances":['
  yield* list(total, senders, 'wadi', (address) => balance(address, 'awadi'))
  yield ']}}'
}

/** Lists of accounts and balances for another chain's genesis, as text in pieces, without brackets. */
export function accountRows(
  total: number,
  senders: number,
  prefix: string,
  first: number,
): Generator<string> {
  return list(total, senders, prefix, (address, number) => baseAccount(address, first + number))
}

export function balanceRows(
  total: number,
  senders: number,
  prefix: string,
  denom: string,
): Generator<string> {
  return list(total, senders, prefix, (address) => balance(address, denom))
}

/** Pieces of text as one array of bytes. */
export function joined(pieces: Iterable<string>): Uint8Array {
  const chunks: Uint8Array[] = []
  for (const piece of pieces) chunks.push(utf8(piece))
  return Buffer.concat(chunks)
}

/** Writes pieces of text to a file. */
export function writePieces(file: string, ...lists: readonly Iterable<string>[]): void {
  const handle = openSync(file, 'w')
  try {
    for (const pieces of lists) for (const piece of pieces) writeSync(handle, piece)
  } finally {
    closeSync(handle)
  }
}

function baseAccount(address: string, number: number): string {
  const type = '/cosmos.auth.v1beta1.BaseAccount'
  return `{"@type":"${type}","address":"${address}","pub_key":null,"account_number":"${number}","sequence":"0"}`
}

function balance(address: string, denom: string): string {
  return `{"address":"${address}","coins":[{"denom":"${denom}","amount":"${FUNDS}"}]}`
}

const ROWS_PER_PIECE = 1_000

function* list(
  total: number,
  senders: number,
  prefix: string,
  row: (address: string, number: number) => string,
): Generator<string> {
  let rows: string[] = []
  let number = 0
  for (const address of genesisAddresses(total, senders, prefix)) {
    rows.push(row(address, number++))
    if (rows.length < ROWS_PER_PIECE && number < total) continue
    yield number > rows.length ? `,${rows.join(',')}` : rows.join(',')
    rows = []
  }
}
