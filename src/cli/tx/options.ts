import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  addKeyringOptions,
  addNodeOptions,
  broadcastModeOption,
  gasAdjustmentOption,
  gasPricesOption,
  type KeyringOptions,
  type NodeOptions,
  wholeNumber,
} from '../options.ts'
import type { DocumentOptions } from './document.ts'
import type { PlaceOptions } from './place.ts'

/** What a signature is made over: the encoded transaction, or its amino JSON, which hardware wallets show. */
export type SignModeName = 'direct' | 'amino-json'

/** The options of every transaction. */
export interface TxCommandOptions extends NodeOptions, KeyringOptions {
  readonly signMode: SignModeName
  readonly from?: string
  readonly gas: string
  readonly gasAdjustment: number
  readonly gasPrices?: string
  readonly fees?: string
  readonly note?: string
  readonly timeoutHeight?: string
  readonly dryRun?: boolean
  readonly generateOnly?: boolean
  readonly yes?: boolean
  readonly broadcastMode: 'sync' | 'async'
  /** False with `--no-wait`. */
  readonly wait: boolean
}

/** The options of signing a file. */
export interface SignOptions extends PlaceOptions, KeyringOptions, DocumentOptions {
  readonly signMode?: SignModeName
  /** Name or address of the multisig whose member signs. */
  readonly multisig?: string
  readonly from: string
}

/** Adds the options of a transaction, but for those whose name a field of its message has. */
export function addTxOptions(command: Command, taken: (flag: string) => boolean): void {
  const options = [
    new Option('--from <key>', 'name or address of the key that signs; fills in the signer'),
    new Option('--gas <limit>', 'gas limit, or auto: what a simulation uses, adjusted')
      .default('auto')
      .argParser(gas),
    gasAdjustmentOption(),
    gasPricesOption(),
    new Option('--fees <amount>', 'the whole fee, as 5000awadi, instead of a price').conflicts('gasPrices'),
    new Option('--note <text>', 'a note that everybody can read (memo)'),
    new Option('--timeout-height <height>', 'last block the transaction may be in').argParser(wholeNumber),
    new Option('--dry-run', 'only simulate, and say how much gas it takes'),
    new Option('--generate-only', 'only print the unsigned transaction in JSON'),
    signModeOption().default('direct'),
    new Option('-y, --yes', 'send without asking'),
    broadcastModeOption(),
    new Option('--no-wait', 'do not wait until the transaction is in a block'),
  ]
  for (const option of options) {
    if (!taken(option.name())) command.addOption(option.helpGroup('Transaction options:'))
  }
  addNodeOptions(command, taken)
  addKeyringOptions(command, taken)
}

/** Adds how the account that signs is known without a node. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--offline', 'ask no node: needs --chain-id and the two numbers of the account')
    .addOption(
      new Option('--account-number <number>', 'number of the account that signs').argParser(wholeNumber),
    )
    .addOption(new Option('--sequence <number>', 'its sequence for this transaction').argParser(wholeNumber))
}

/** Adds where what was made goes, under the name that other chains have for it. */
export function addDocumentOption(command: Command): Command {
  return command.option('--output-document <file>', 'write it to this file, as a whole or not at all')
}

/** `amino` is taken for `amino-json`, as the Cosmos SDK calls it. */
export function signModeOption(): Option {
  return new Option(
    '--sign-mode <direct|amino-json>',
    'what is signed: the encoded transaction, or its amino JSON; amino is the same as amino-json',
  ).argParser(signMode)
}

function signMode(text: string): SignModeName {
  if (text === 'direct') return text
  if (text === 'amino' || text === 'amino-json') return 'amino-json'
  throw new InvalidArgumentError('Allowed are direct and amino-json.')
}

function gas(text: string): string {
  return text === 'auto' ? text : wholeNumber(text)
}
