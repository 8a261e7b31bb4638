import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseGasPrice } from '../client/fees.ts'
import type { KeyringBackend } from './keys/keyring.ts'
import type { OutputFormat } from './output.ts'

/** Where commands find the node. */
export interface NodeOptions {
  readonly node: string
  readonly chainId?: string
  readonly output: OutputFormat
}

/** Where commands find the keys. */
export interface KeyringOptions {
  readonly home: string
  readonly keyringDir?: string
  readonly keyringBackend: KeyringBackend
  readonly passwordFile?: string
}

/** Which page of a list a query shows. */
export interface PageOptions {
  readonly pageKey?: string
  readonly limit?: string
  readonly offset?: string
  readonly countTotal?: boolean
  readonly reverse?: boolean
}

const DEFAULT_NODE = 'http://127.0.0.1:26657'

type Taken = (flag: string) => boolean

/** Adds options, leaving out those whose name a field of the command's message has. */
function add(command: Command, taken: Taken, options: readonly Option[]): void {
  for (const option of options) {
    if (taken(option.name())) continue
    // A short name without its long one would say nothing.
    command.addOption(option.helpGroup('Common options:'))
  }
}

const none: Taken = () => false

export function addOutputOption(command: Command): Command {
  return command.addOption(outputOption())
}

/** Where settings and keyrings are, unless --home or $WADI_HOME says otherwise. */
export const DEFAULT_HOME = join(homedir(), '.wadi')

const homeOption = (): Option =>
  new Option('--home <folder>', 'folder of this program').env('WADI_HOME').default(DEFAULT_HOME)

const nodeOption = (): Option =>
  new Option('--node <url>', 'RPC of the node').env('WADI_RPC').argParser(nodeUrl).default(DEFAULT_NODE)

const chainIdOption = (): Option =>
  new Option('--chain-id <id>', 'refuse a node of another chain').env('WADI_CHAIN_ID').argParser(chainId)

const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how results are printed')
    .env('WADI_OUTPUT')
    .choices(['text', 'json'])
    .default('text')

const keyringDirOption = (): Option =>
  new Option('--keyring-dir <folder>', 'where the keys are, instead of --home').env('WADI_KEYRING_DIR')

const keyringBackendOption = (): Option =>
  new Option('--keyring-backend <kind>', 'file: keys under a password; test: without, insecure')
    .env('WADI_KEYRING_BACKEND')
    .choices(['file', 'test'])
    .default('file')

export const gasPricesOption = (): Option =>
  new Option(
    '--gas-prices <price>',
    'price of a unit of gas, as 0.025awadi (default: the lowest the node takes)',
  )
    .env('WADI_GAS_PRICES')
    .argParser(gasPrice)

export const gasAdjustmentOption = (): Option =>
  new Option('--gas-adjustment <factor>', 'factor on simulated gas')
    .env('WADI_GAS_ADJUSTMENT')
    .argParser(factor)
    .default(1.3)

export const broadcastModeOption = (): Option =>
  new Option('--broadcast-mode <mode>', 'sync: let the node check first; async: do not')
    .env('WADI_BROADCAST_MODE')
    .choices(['sync', 'async'])
    .default('sync')

/** What may stand in the settings file, under the names of the flags. */
export const settingOptions = (): Option[] => [
  nodeOption(),
  chainIdOption(),
  outputOption(),
  keyringBackendOption(),
  keyringDirOption(),
  gasPricesOption(),
  gasAdjustmentOption(),
  broadcastModeOption(),
]

export function addNodeOptions(command: Command, taken: Taken = none): Command {
  add(command, taken, [nodeOption(), chainIdOption(), outputOption()])
  return command
}

export function addHomeOption(command: Command): Command {
  return command.addOption(homeOption())
}

export function addKeyringOptions(command: Command, taken: Taken = none): Command {
  add(command, taken, [
    homeOption(),
    keyringDirOption(),
    keyringBackendOption(),
    new Option(
      '--password-file <file>',
      'a file whose first line is the password; else $WADI_PASSWORD, else asked for',
    ),
  ])
  return command
}

export function addHeightOption(command: Command, taken: Taken = none): Command {
  add(command, taken, [
    new Option('--height <height>', 'ask for the state at this height').argParser(wholeNumber),
  ])
  return command
}

export function addPageOptions(command: Command, taken: Taken = none): Command {
  add(command, taken, [
    new Option('--limit <number>', 'items of a page').argParser(wholeNumber),
    new Option('--page-key <key>', 'next_key of the page before'),
    new Option('--offset <number>', 'items to leave out, instead of a page key').argParser(wholeNumber),
    new Option('--count-total', 'count all items'),
    new Option('--reverse', 'from the end'),
  ])
  return command
}

/** The URL of an RPC; `tcp://` as Cosmos tools write it and a bare `host:port` are taken as http. */
export function nodeUrl(text: string): string {
  if (text === '') return DEFAULT_NODE
  const url = text.includes('://') ? text.replace(/^tcp:/, 'http:') : `http://${text}`
  if (/^(?:https?|wss?):$/.test(URL.parse(url)?.protocol ?? '')) return url
  throw new InvalidArgumentError(`It is no URL of an RPC: write it as ${DEFAULT_NODE}.`)
}

const CHAIN_ID = /^[a-zA-Z0-9._-]{1,50}$/

function chainId(text: string): string {
  if (CHAIN_ID.test(text)) return text
  throw new InvalidArgumentError(`${JSON.stringify(text)} is not 1 to 50 letters, digits, dots, - or _.`)
}

function gasPrice(text: string): string {
  try {
    parseGasPrice(text)
    return text
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`)
  }
}

function factor(text: string): number {
  const value = Number(text)
  if (value >= 1 && value <= 1000) return value
  throw new InvalidArgumentError(`${text} is not a factor from 1 to 1000.`)
}

/** A whole number of 0 or more, as text: it may be a uint64. */
export function wholeNumber(text: string): string {
  if (/^\d{1,20}$/.test(text)) return text
  throw new InvalidArgumentError(`${text} is not a whole number.`)
}
