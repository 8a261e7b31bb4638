import { type Command, Option } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addKeyringOptions, addOutputOption, type KeyringOptions, wholeNumber } from '../options.ts'
import type { OutputFormat } from '../output.ts'

/** The options of every command about keys. */
export interface KeysOptions extends KeyringOptions {
  readonly output: OutputFormat
  readonly recover?: boolean
  readonly eth?: boolean
  readonly account: string
  readonly index: string
  readonly mnemonicFile?: string
  readonly address?: boolean
  readonly pubkey?: boolean
  readonly bech?: 'acc' | 'val' | 'cons'
  readonly listNames?: boolean
  readonly unarmoredHex?: boolean
  readonly yes?: boolean
  readonly words: string
  readonly multisig?: string
  readonly multisigThreshold?: string
  readonly nosort?: boolean
}

type Add = (name: string, description: string, args: readonly string[], ...examples: string[]) => Command

/** `wadi keys`: what signs transactions. */
export function addKeysCommand(program: Command, context: RunContext): void {
  const keys = program.command('keys').description('manage the keys that sign')
  const add: Add = (name, description, args, ...examples) => {
    const command = keys.command(name).description(description)
    for (const argument of args) command.argument(argument)
    command.action(async (...given: unknown[]) => {
      const { keyCommands } = await import('./run.ts')
      const texts = given.slice(0, -2).filter((value) => value !== undefined) as string[]
      await keyCommands[name]?.(context, texts, command.opts<KeysOptions>())
    })
    addOutputOption(command)
    addExample(command, ...examples)
    return addKeyringOptions(command)
  }
  addMaking(add)
  addShowing(add)
  addMoving(add)
}

const ETH = 'an Ethereum key: addresses and signatures as MetaMask makes them'
const MNEMONIC_FILE = 'the file that holds it; else it is asked for, or read from the standard input'

function addPath(command: Command): Command {
  return command
    .option('--eth', ETH)
    .addOption(new Option('--account <number>', "account in the key's path").default('0'))
    .addOption(new Option('--index <number>', "index in the key's path").default('0'))
}

function addMaking(add: Add): void {
  const make = add(
    'add',
    'make a key from a new mnemonic, or recover one; or name an account of several keys',
    ['<new-name>'],
    'wadi keys add alice',
    'wadi keys add safe --multisig alice,bob,carol --multisig-threshold 2',
  )
    .option('--recover', 'from a mnemonic that you have')
    .option('--mnemonic-file <file>', `with --recover: ${MNEMONIC_FILE}`)
  addPath(make)
    .addOption(
      new Option(
        '--multisig <keys>',
        'name an account of these keys, with commas between: names, or public keys in hex (eth:… for Ethereum keys)',
      ).conflicts(['recover', 'eth', 'mnemonicFile']),
    )
    .addOption(
      new Option(
        '--multisig-threshold <number>',
        'with --multisig: how many of them have to sign (default: 1)',
      ).argParser(wholeNumber),
    )
    .option('--nosort', 'with --multisig: keep the order of the keys, which their address depends on')
  const recover = add(
    'recover',
    'make a key from a mnemonic that you have',
    ['<new-name>'],
    'wadi keys recover alice --mnemonic-file words.txt',
  ).option('--mnemonic-file <file>', MNEMONIC_FILE)
  addPath(recover)
  add('mnemonic', 'print a new mnemonic; nothing is stored', [], 'wadi keys mnemonic --words 12').addOption(
    new Option('--words <number>', 'how many').choices(['12', '15', '18', '21', '24']).default('24'),
  )
}

function addShowing(add: Add): void {
  add('list', 'show all keys', [], 'wadi keys list').option('-n, --list-names', 'only their names')
  add('show', 'show a key', ['<name>'], 'wadi keys show alice', 'wadi keys show alice --address')
    .option('-a, --address', 'only its address')
    .option('-p, --pubkey', 'only its public key, as transactions have it')
    .addOption(
      new Option('--bech <kind>', 'its address as that of an account, an operator or a consensus key')
        .choices(['acc', 'val', 'cons'])
        .default('acc'),
    )
  add(
    'parse',
    'say an address in all its spellings; it may be bech32 of any chain, 0x… or hex',
    ['<address-or-hex>'],
    'wadi keys parse 0xA12DAAF3C2C1505B288353B62CB3B4021C60C344',
  )
}

function addMoving(add: Add): void {
  // Other chains ask before they rename; their scripts say yes.
  add('rename', 'give a key another name', ['<name>', '<new-name>'], 'wadi keys rename alice bob').addOption(
    new Option('-y, --yes').hideHelp(),
  )
  add('delete', 'remove a key for good', ['<name>'], 'wadi keys delete alice').option(
    '-y, --yes',
    'without asking',
  )
  add(
    'export',
    'print the key file: Web3 Secret Storage, as Ethereum tools read it',
    ['<name>'],
    'wadi keys export alice > alice.json',
  ).option('--unarmored-hex', 'print the private key itself; whoever sees it owns the account')
  add(
    'import',
    'take in a key file, or a private key in hex',
    ['<new-name>', '<file-or-hex>'],
    'wadi keys import alice alice.json',
  ).option('--eth', ETH)
  const hex =
    'without one it is asked for, or read from the standard input: the history of a shell keeps arguments'
  add(
    'import-hex',
    `take in a private key of 64 hex digits; ${hex}`,
    ['<new-name>', '[hex]'],
    'wadi keys import-hex alice < key.txt',
  ).option('--eth', ETH)
  add(
    'import-eth',
    `take in a private key as MetaMask shows it, as an Ethereum key; ${hex}`,
    ['<new-name>', '[hex]'],
    'wadi keys import-eth alice < key.txt',
  )
}
