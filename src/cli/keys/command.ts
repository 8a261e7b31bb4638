import { type Command, Option } from 'commander'
import type { RunContext } from '../context.ts'
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
  readonly unarmoredHex?: boolean
  readonly yes?: boolean
  readonly words: string
  readonly multisig?: string
  readonly multisigThreshold?: string
  readonly nosort?: boolean
}

/** `wadi keys`: what signs transactions. */
export function addKeysCommand(program: Command, context: RunContext): void {
  const keys = program.command('keys').description('manage the keys that sign')
  const add = (name: string, description: string, args: readonly string[] = []) => {
    const command = keys.command(name).description(description)
    for (const argument of args) command.argument(argument)
    command.action(async (...given: unknown[]) => {
      const { keyCommands } = await import('./run.ts')
      const texts = given.slice(0, -2).filter((value) => value !== undefined) as string[]
      await keyCommands[name]?.(context, texts, command.opts<KeysOptions>())
    })
    addOutputOption(command)
    return addKeyringOptions(command)
  }
  add('add', 'make a key from a new mnemonic, or recover one; or name an account of several keys', ['<name>'])
    .option('--recover', 'from a mnemonic that you have')
    .option('--mnemonic-file <file>', 'with --recover: the file that holds it; else it is asked for')
    .option('--eth', 'an Ethereum key: addresses and signatures as MetaMask makes them')
    .addOption(new Option('--account <number>', "account in the key's path").default('0'))
    .addOption(new Option('--index <number>', "index in the key's path").default('0'))
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
  add('list', 'show all keys')
  add('show', 'show a key', ['<name>']).option('-a, --address', 'only its address')
  add('delete', 'remove a key for good', ['<name>']).option('-y, --yes', 'without asking')
  add('export', 'print the key file: Web3 Secret Storage, as Ethereum tools read it', ['<name>']).option(
    '--unarmored-hex',
    'print the private key itself; whoever sees it owns the account',
  )
  add('import', 'take in a key file, or a private key in hex', ['<name>', '<file-or-hex>']).option(
    '--eth',
    'an Ethereum key: addresses and signatures as MetaMask makes them',
  )
  add('mnemonic', 'print a new mnemonic; nothing is stored').addOption(
    new Option('--words <number>', 'how many').choices(['12', '15', '18', '21', '24']).default('24'),
  )
}
