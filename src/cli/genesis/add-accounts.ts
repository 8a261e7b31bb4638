import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { JsonScanner, type JsonSpan } from '#lib/json-stream.ts'
import { CommandError } from '../errors.ts'
import { draftBeside } from '../files.ts'
import { parseCoin } from '../flags/values.ts'
import { readAddress } from '../keys/key.ts'
import { type Progress, startProgress } from '../progress.ts'
import { inFile, membersOf, readGenesis, valueOf } from './document.ts'

/** An account to add: its address and its coins as JSON. */
interface NewAccount {
  readonly address: string
  readonly coins: string
}

export interface AddedAccounts {
  readonly added: number
  /** Accounts in the document now. */
  readonly accounts: number
  readonly genesis: string
}

/** What of the document is added to, and what is there already. */
interface Target {
  readonly accounts: Insertion
  readonly balances: Insertion
  readonly known: ReadonlySet<string>
  readonly count: number
  readonly nextNumber: bigint
}

/** Rows go in at a byte of the document. */
interface Insertion {
  readonly at: number
  /** What stands between the document so far and the first row. */
  readonly before: string
  readonly after: string
}

/** Adds the accounts of a file to a genesis file, which is replaced at the end or not at all. */
export async function addAccounts(
  genesis: string,
  options: { readonly file: string; readonly amount?: string },
  stderr: NodeJS.WriteStream,
): Promise<AddedAccounts> {
  const bytes = readGenesis(genesis)
  const target = inFile(genesis, () => findTarget(genesis, bytes))
  const rows = await readAccounts(options.file, options.amount, target.known)
  const progress = startProgress(stderr, 'Writing', 2 * rows.length, 'rows')
  const draft = draftBeside(genesis)
  try {
    await pipeline(
      Readable.from(documentOf(bytes, target, rows, progress)),
      createWriteStream(draft, { flags: 'wx' }),
    )
    renameSync(draft, genesis)
  } finally {
    progress.stop()
    rmSync(draft, { force: true })
  }
  return { added: rows.length, accounts: target.count + rows.length, genesis }
}

function findTarget(file: string, bytes: Uint8Array): Target {
  const root = membersOf(bytes)
  const appState = root.get('app_state')
  if (appState === undefined) throw lacks(file, 'app_state')
  const state = membersOf(bytes, appState)
  const auth = state.get('auth')
  const bank = state.get('bank')
  if (auth === undefined || bank === undefined)
    throw lacks(file, auth === undefined ? 'app_state.auth' : 'app_state.bank')
  refuseSupply(file, bytes, membersOf(bytes, bank).get('supply'))
  const known = new Set<string>()
  let nextNumber = 0n
  const list = membersOf(bytes, auth).get('accounts')
  eachRow(bytes, list, (row, path) => {
    const base = (row['base_account'] ?? row) as { address?: unknown; account_number?: unknown }
    if (typeof base.address !== 'string')
      throw new CommandError(`${file}: ${path}: the account has no address`)
    known.add(base.address)
    const number = BigInt(String(base.account_number ?? 0))
    if (number >= nextNumber) nextNumber = number + 1n
  })
  const accounts = insertion(bytes, auth, 'accounts')
  return { accounts, balances: insertion(bytes, bank, 'balances'), known, count: known.size, nextNumber }
}

function lacks(file: string, path: string): CommandError {
  return new CommandError(`${file}: ${path} is missing`, [
    'make a genesis with "wadi init", and add accounts to that',
  ])
}

/** A claimed supply would no longer be true; the chain counts by itself. */
function refuseSupply(file: string, bytes: Uint8Array, span: JsonSpan | undefined): void {
  const supply = span === undefined ? [] : valueOf(bytes, span)
  if (!Array.isArray(supply) || supply.length === 0) return
  throw new CommandError(
    `${file}: app_state.bank.supply claims a total, which more balances would make wrong`,
    ['remove app_state.bank.supply: the chain adds the balances up by itself'],
  )
}

function eachRow(
  bytes: Uint8Array,
  span: JsonSpan | undefined,
  visit: (row: Readonly<Record<string, unknown>>, path: string) => void,
): void {
  if (span === undefined) return
  const scanner = new JsonScanner(bytes, { span })
  scanner.elements(() => visit(scanner.value() as Readonly<Record<string, unknown>>, scanner.path))
}

const SPACE = new Set([0x20, 0x0a, 0x0d, 0x09])

/** Where rows go into the list `name` of an object: at its end, or in a new list at the end of the object. */
function insertion(bytes: Uint8Array, object: JsonSpan, name: string): Insertion {
  const list = membersOf(bytes, object).get(name)
  const end = (list ?? object).end - 1
  let last = end - 1
  while (SPACE.has(bytes[last] ?? 0)) last--
  const empty = last === (list ?? object).start
  if (list !== undefined) return { at: last + 1, before: empty ? '' : ',', after: '' }
  return { at: last + 1, before: `${empty ? '' : ','}"${name}":[`, after: ']' }
}

async function readAccounts(
  file: string,
  amount: string | undefined,
  known: ReadonlySet<string>,
): Promise<NewAccount[]> {
  const input = file === '-' ? process.stdin : createReadStream(checkedFile(file))
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  const coinsOf = coinReader()
  const seen = new Set<string>()
  const rows: NewAccount[] = []
  let number = 0
  for await (const line of lines) {
    number++
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    try {
      const [, spelling = '', rest = ''] = /^([^\s,;]+)[\s,;]*(.*)$/.exec(text) ?? []
      const address = readAddress(spelling)
      if (address === undefined)
        throw new Error(`${JSON.stringify(spelling)} is no address: write wadi1… or 0x…`)
      if (seen.has(address) || known.has(address))
        throw new Error(`${address} stands twice, here or in the genesis file`)
      const coins = rest === '' ? amount : rest
      if (coins === undefined)
        throw new Error(`${address} has no coins: write them behind it, or give --amount`)
      seen.add(address)
      rows.push({ address, coins: coinsOf(coins) })
    } catch (error) {
      throw new CommandError(`${file}:${number}: ${(error as Error).message}`)
    }
  }
  if (rows.length === 0) throw new CommandError(`${file} holds no accounts`)
  return rows
}

function checkedFile(file: string): string {
  try {
    if (statSync(file).isFile()) return file
  } catch {
    // Told below.
  }
  throw new CommandError(`${file} is no file that can be read`)
}

/** Coins as JSON, sorted by denomination. Most accounts have the same ones, which are read once. */
function coinReader(): (text: string) => string {
  const read = new Map<string, string>()
  return (text) => {
    let json = read.get(text)
    if (json === undefined) {
      const coins = text.split(/[\s,;]+/).map((coin) => parseCoin(coin))
      coins.sort((a, b) => (a.denom < b.denom ? -1 : 1))
      json = JSON.stringify(coins)
      if (read.size < 1_000) read.set(text, json)
    }
    return json
  }
}

const CHUNK_CHARS = 1 << 20

/** The document with the rows in it, piece by piece. */
function* documentOf(
  bytes: Uint8Array,
  { accounts, balances, nextNumber }: Target,
  rows: readonly NewAccount[],
  progress: Progress,
): Generator<string | Uint8Array> {
  const parts = [
    { ...accounts, row: ({ address }: NewAccount, i: number) => accountRow(address, nextNumber + BigInt(i)) },
    { ...balances, row: ({ address, coins }: NewAccount) => `{"address":"${address}","coins":${coins}}` },
  ]
  parts.sort((a, b) => a.at - b.at)
  let from = 0
  for (const { at, before, after, row } of parts) {
    yield bytes.subarray(from, at)
    from = at
    let text = before
    for (const [i, account] of rows.entries()) {
      text += i === 0 ? `\n${row(account, i)}` : `,\n${row(account, i)}`
      progress.add(1)
      if (text.length < CHUNK_CHARS) continue
      yield text
      text = ''
    }
    yield `${text}${after}`
  }
  yield bytes.subarray(from)
}

function accountRow(address: string, number: bigint): string {
  const rest = `"pub_key":null,"account_number":"${number}","sequence":"0"`
  return `{"@type":"/cosmos.auth.v1beta1.BaseAccount","address":"${address}",${rest}}`
}
