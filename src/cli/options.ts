import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
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

function outputOption(): Option {
  return new Option('-o, --output <format>', 'how results are printed')
    .choices(['text', 'json'])
    .default('text')
}

export function addNodeOptions(command: Command, taken: Taken = none): Command {
  add(command, taken, [
    new Option('--node <url>', 'RPC of the node').env('WADI_RPC').argParser(nodeUrl).default(DEFAULT_NODE),
    new Option('--chain-id <id>', 'refuse a node of another chain').env('WADI_CHAIN_ID'),
    outputOption(),
  ])
  return command
}

export function addKeyringOptions(command: Command, taken: Taken = none): Command {
  add(command, taken, [
    new Option('--home <folder>', 'folder of this program')
      .env('WADI_HOME')
      .default(join(homedir(), '.wadi')),
    new Option('--keyring-dir <folder>', 'where the keys are, instead of --home'),
    new Option('--keyring-backend <kind>', 'file: keys under a password; test: without, insecure')
      .env('WADI_KEYRING_BACKEND')
      .choices(['file', 'test'])
      .default('file'),
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

/** A whole number of 0 or more, as text: it may be a uint64. */
export function wholeNumber(text: string): string {
  if (/^\d{1,20}$/.test(text)) return text
  throw new InvalidArgumentError(`${text} is not a whole number.`)
}
