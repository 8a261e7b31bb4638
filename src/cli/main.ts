import { Command, CommanderError } from 'commander'
import { hasColours, paint } from './colour.ts'
import type { CliContext, RunContext } from './context.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { addExample, narrowHelp } from './help.ts'
import { applySettings } from './settings.ts'
import { printTopic, topicLines, topics } from './topics.ts'

type Add = (program: Command, context: RunContext, argv: readonly string[]) => void

/** Where a command stands in the overview. */
type Heading = 'Run a node:' | 'Use a chain:' | 'Look after this program:'

/** A group of commands; its code is loaded when one of them is called. */
interface Group {
  /** The commands and their aliases, with what the overview says of them. */
  readonly commands: Readonly<Record<string, string>>
  readonly aliases?: readonly string[]
  readonly heading: Heading
  readonly load: () => Promise<Add>
}

const groups: readonly Group[] = [
  {
    commands: {
      dev: 'run a one-validator chain with ten funded accounts, for development',
      start: 'run the node of a home: the application and CometBFT',
    },
    heading: 'Run a node:',
    load: async () => (await import('./commands/node.ts')).addNodeCommands,
  },
  {
    commands: { localnet: 'run several validators on this machine' },
    heading: 'Run a node:',
    load: async () => (await import('./commands/localnet.ts')).addLocalnetCommand,
  },
  {
    commands: {
      init: 'make the home of a node',
      status: 'say how a node is doing',
      doctor: 'look for the usual reasons why a node does not run',
    },
    heading: 'Run a node:',
    load: async () => (await import('./commands/home.ts')).addHomeCommands,
  },
  {
    commands: {
      export: 'write the state at a height as a genesis document',
      rollback: 'take the state back by one block, or to a height',
      prune: 'remove old heights that are not to be kept',
      snapshots: 'list the snapshots of the state, and carry one to another home',
    },
    heading: 'Run a node:',
    load: async () => (await import('./state/command.ts')).addStateCommands,
  },
  {
    commands: { genesis: 'fund accounts in a genesis file, and check it' },
    heading: 'Run a node:',
    load: async () => (await import('./genesis/command.ts')).addGenesisCommand,
  },
  {
    commands: { faucet: 'serve a faucet, which sends coins to who asks' },
    heading: 'Run a node:',
    load: async () => (await import('./faucet/command.ts')).addFaucetCommand,
  },
  {
    commands: { keys: 'manage the keys that sign' },
    heading: 'Use a chain:',
    load: async () => (await import('./keys/command.ts')).addKeysCommand,
  },
  {
    commands: { tx: 'make, sign and send transactions' },
    heading: 'Use a chain:',
    load: async () => (await import('./tx/command.ts')).addTxCommand,
  },
  {
    commands: { query: 'ask a node for what the chain holds' },
    aliases: ['q'],
    heading: 'Use a chain:',
    load: async () => (await import('./query/command.ts')).addQueryCommand,
  },
  {
    commands: {
      openapi: 'print the OpenAPI description of REST',
      keplr: 'print what the Keplr wallet needs to know the chain',
    },
    heading: 'Use a chain:',
    load: async () => (await import('./commands/api.ts')).addApiCommands,
  },
  {
    commands: { asset: 'work with the files of an asset' },
    heading: 'Use a chain:',
    load: async () => (await import('./asset/command.ts')).addAssetCommand,
  },
  {
    commands: { config: 'read and change settings, of this program and of a node' },
    heading: 'Look after this program:',
    load: async () => (await import('./config/command.ts')).addConfigCommand,
  },
  {
    commands: { completion: 'let the shell complete commands, flags and names' },
    heading: 'Look after this program:',
    load: async () => (await import('./completion/command.ts')).addCompletionCommand,
  },
  {
    commands: { debug: 'look inside addresses, keys, bytes and the state of a node' },
    heading: 'Look after this program:',
    load: async () => (await import('./debug/command.ts')).addDebugCommand,
  },
  {
    commands: { version: 'print versions' },
    heading: 'Look after this program:',
    load: async () => (await import('./commands/version-command.ts')).addVersionCommand,
  },
]

/** Runs a command line; resolves to its exit code (`exit-codes.ts`). */
export async function runCli(context: CliContext, argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok
  const exit = (value: number) => {
    code = value
  }
  const run = { ...context, exit }
  if (argv[0] === '__complete') {
    const { printCompletions } = await import('./completion/complete.ts')
    await printCompletions(run, argv.slice(1), programFor)
    return code
  }
  const topic = argv[0] === 'help' && argv.length === 2 ? topics[argv[1] ?? ''] : undefined
  if (topic !== undefined) {
    printTopic(context, topic)
    return code
  }
  // `help tx bank` is told by the command itself: only its own group is loaded.
  const args = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv]
  const program = await programFor(run, args)
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    context.stderr.write(`${paint(context.stderr, 'red', 'wadi:')} ${await describe(error)}\n`)
    return exitCodeOf(error)
  }
}

/** The commands as far as `argv` needs them: the group that it names in full. */
export async function programFor(context: RunContext, argv: readonly string[]): Promise<Command> {
  const program = new Command('wadi')
    .description('Wadi: a proof-of-stake chain for AI assets')
    .version(context.version, '-V, --version', 'print the version')
    .showHelpAfterError('(add --help for what is possible)')
    .configureHelp(narrowHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHasColors: () => hasColours(context.stdout),
      getErrHasColors: () => hasColours(context.stderr),
    })
    .hook('preAction', (_, command) => applySettings(command))
  await addGroups(program, context, argv)
  // A message may have a field called version: what stands behind a command is that command's.
  program.helpCommand(false).enablePositionalOptions()
  program.command('help [command...]', { hidden: true }).description('say more of a command, or of a topic')
  addExample(program, 'wadi dev', 'wadi tx bank send dev0 dev1 1.5WADI', 'wadi query bank balances dev1')
  return program.addHelpText('after', topicLines)
}

/** Every command of the overview, with what it says. */
export const overview: Readonly<Record<string, string>> = Object.assign(
  {},
  ...groups.map(({ commands }) => commands),
)

/** The group that is called in full, of the others what the overview says. */
async function addGroups(program: Command, run: RunContext, argv: readonly string[]): Promise<void> {
  const called = argv.find((argument) => !argument.startsWith('-'))
  for (const { commands, aliases = [], heading, load } of groups) {
    program.commandsGroup(heading)
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
  if (error.name === 'ExitPromptError') return 'interrupted'
  if (error.name === 'Error' || error.name === 'TypeError') return error.stack ?? error.message
  if (error.name === 'QueryError') return refusedQuery(error as Error & Refusal)
  const fix = fixOf(error)
  return fix === undefined ? error.message : `${error.message}\n  - ${fix}`
}

interface Refusal {
  readonly codespace: string
  readonly code: number
  readonly log: string
}

/** In the words of the chain, without the path of the query and the gas of a simulation. */
function refusedQuery({ codespace, code, log }: Refusal): string {
  return `${log.replace(/ with gas used: '\d+'/, '')} (error ${code} of ${codespace})`
}
