import { Command, CommanderError } from 'commander'
import type { CliContext, RunContext } from './context.ts'
import { UsageError } from './errors.ts'
import { narrowHelp } from './help.ts'

type Add = (program: Command, context: RunContext, argv: readonly string[]) => void

/** A group of commands; its code is loaded when one of them is called. */
interface Group {
  /** The commands and their aliases, with what the overview says of them. */
  readonly commands: Readonly<Record<string, string>>
  readonly aliases?: readonly string[]
  readonly load: () => Promise<Add>
}

const groups: readonly Group[] = [
  {
    commands: {
      dev: 'run a one-validator chain with ten funded accounts, for development',
      start: 'run the node of a home: the application and CometBFT',
    },
    load: async () => (await import('./commands/node.ts')).addNodeCommands,
  },
  {
    commands: { localnet: 'run several validators on this machine' },
    load: async () => (await import('./commands/localnet.ts')).addLocalnetCommand,
  },
  {
    commands: {
      init: 'make the home of a node',
      status: 'say how a node is doing',
      doctor: 'look for the usual reasons why a node does not run',
      version: 'print versions',
    },
    load: async () => (await import('./commands/home.ts')).addHomeCommands,
  },
  {
    commands: { genesis: 'fund accounts in a genesis file, and check it' },
    load: async () => (await import('./genesis/command.ts')).addGenesisCommand,
  },
  {
    commands: { keys: 'manage the keys that sign' },
    load: async () => (await import('./keys/command.ts')).addKeysCommand,
  },
  {
    commands: { tx: 'make, sign and send transactions' },
    load: async () => (await import('./tx/command.ts')).addTxCommand,
  },
  {
    commands: { query: 'ask a node for what the chain holds' },
    aliases: ['q'],
    load: async () => (await import('./query/command.ts')).addQueryCommand,
  },
  {
    commands: { asset: 'work with the files of an asset' },
    load: async () => (await import('./asset/command.ts')).addAssetCommand,
  },
]

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(context: CliContext, argv: readonly string[]): Promise<number> {
  const program = new Command('wadi')
    .description('Wadi: a proof-of-stake chain for AI assets')
    .version(context.version, '-V, --version', 'print the version')
    .showHelpAfterError('(add --help for what is possible)')
    .configureHelp(narrowHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
  let code = 0
  const exit = (value: number) => {
    code = value
  }
  const run = { ...context, exit }
  // `help tx bank` is told by the command itself: only its own group is loaded.
  const args = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv]
  await addGroups(program, run, args)
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    context.stderr.write(`wadi: ${await describe(error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

/** The group that is called in full, of the others what the overview says. */
async function addGroups(program: Command, run: RunContext, argv: readonly string[]): Promise<void> {
  const called = argv.find((argument) => !argument.startsWith('-'))
  for (const { commands, aliases = [], load } of groups) {
    const names = [...Object.keys(commands), ...aliases]
    if (called !== undefined && names.includes(called)) (await load())(program, run, argv)
    else for (const [name, text] of Object.entries(commands)) program.command(name).description(text)
  }
}

/** An expected error as its message, with the fix if one is known; a bug with its stack, so that it can be reported. */
async function describe(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error)
  const { fileProblem, fixOf, packageProblem } = await import('./fixes.ts')
  const refused = fileProblem(error) ?? packageProblem(error)
  if (refused !== undefined) return refused
  if (error.name === 'Error' || error.name === 'TypeError') return error.stack ?? error.message
  const fix = fixOf(error)
  return fix === undefined ? error.message : `${error.message}\n  - ${fix}`
}
