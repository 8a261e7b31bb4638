import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addOutputOption } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

const DEFAULT_HOME = '.wadi/node'

interface StateOptions {
  readonly home: string
  readonly height?: number
  readonly output: OutputFormat
}

/** Commands about the state in a home on which no node runs. */
export function addStateCommands(program: Command, context: RunContext): void {
  addExport(program, context)
  addRollback(program, context)
  addPrune(program, context)
  addSnapshots(program, context)
}

function addExport(program: Command, context: RunContext): void {
  const command = program
    .command('export')
    .description(
      'write the state at a height as a genesis document that starts a new chain. It keeps the chain id; change ' +
        'that before others join a chain of the same past.',
    )
    .option('--height <height>', 'a height that the node keeps (default: its last)', height)
    .option('-o, --output-document <file>', 'where to write it (default: the standard output)')
  home(command).addOption(
    new Option('--output <format>', 'how the summary is printed, where the document goes to a file')
      .choices(['text', 'json'])
      .default('text'),
  )
  addExample(command, 'wadi export -o genesis.json', 'wadi export --height 1000 > genesis.json').action(
    async (options: StateOptions & { outputDocument?: string }) => {
      const { runExport } = await import('./export.ts')
      const summary = await runExport(context, options)
      if (options.outputDocument !== undefined) await print(context, options.output, summary)
    },
  )
}

function addRollback(program: Command, context: RunContext): void {
  const command = program
    .command('rollback')
    .description(
      'take the state of the application back by one block, or to a height. CometBFT keeps its blocks and brings ' +
        'them again at the next start; what it says of them is in the answer.',
    )
    .option('--height <height>', 'the height to go back to (default: one below the last)', height)
  addExample(addOutputOption(home(command)), 'wadi rollback', 'wadi rollback --height 1000').action(
    async (options: StateOptions) => {
      const { runRollback } = await import('./rollback.ts')
      await print(context, options.output, await runRollback(context, options))
    },
  )
}

function addPrune(program: Command, context: RunContext): void {
  const command = program
    .command('prune')
    .description(
      "remove the old heights that the home's pruning mode does not keep, now, and give their room back to the " +
        'disk. With default and everything the whole history on the disk goes.',
    )
  addExample(addOutputOption(home(command)), 'wadi prune', 'wadi prune --output json').action(
    async (options: StateOptions) => {
      const { runPrune } = await import('./prune.ts')
      await print(context, options.output, await runPrune(context, options))
    },
  )
}

function addSnapshots(program: Command, context: RunContext): void {
  const snapshots = program
    .command('snapshots')
    .description('list the snapshots of the state, and carry one to another home')
  const list = snapshots.command('list').description('what there is, the newest first')
  addExample(addOutputOption(home(list)), 'wadi snapshots list').action(async (options: StateOptions) => {
    const { listStateSnapshots } = await import('./snapshots.ts')
    await print(context, options.output, await listStateSnapshots(context, options))
  })
  const carry = snapshots
    .command('export')
    .description('copy a snapshot into a file, after it was checked as a whole')
    .argument('<file>', 'where to write it; must not exist')
    .option('--height <height>', 'which one (default: the newest)', height)
  addExample(addOutputOption(home(carry)), 'wadi snapshots export state.snapshot').action(
    async (file: string, options: StateOptions) => {
      const { exportSnapshot } = await import('./snapshots.ts')
      await print(context, options.output, await exportSnapshot(context, file, options))
    },
  )
  const restore = snapshots
    .command('restore')
    .description(
      'begin the state of a home from a snapshot file, after every key and value in it was hashed. Give --height and ' +
        '--app-hash as a node that you trust says them: without both, the file vouches for itself. CometBFT of ' +
        'this home needs the blocks after its height.',
    )
    .argument('<file>', 'as "wadi snapshots export" wrote it')
    .option('--digest <hex>', 'refuse a file with another sha256')
    .option('--height <height>', 'refuse a state of another height; needed with --app-hash', height)
    .option(
      '--app-hash <hex>',
      'refuse a state with another app hash: it stands in the header of the next height',
    )
  addExample(
    addOutputOption(home(restore)),
    'wadi snapshots restore state.snapshot --height 1000 --app-hash 5AB1…',
  ).action(async (file: string, options: StateOptions & { digest?: string; appHash?: string }) => {
    const { restoreSnapshot } = await import('./snapshots.ts')
    await print(context, options.output, await restoreSnapshot(context, file, options))
  })
}

function home(command: Command): Command {
  return command.option('--home <folder>', 'home of the node', DEFAULT_HOME)
}

function height(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a height: a whole number of at least 1.')
}
