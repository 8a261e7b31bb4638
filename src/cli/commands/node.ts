import { type Command, InvalidArgumentError, Option } from 'commander'
import type { QueryThread } from '../../query/thread.ts'
import { PRUNING_MODES } from '../../store/pruning.ts'
import type { NodeContext, RunContext } from '../context.ts'
import { addExample } from '../help.ts'

/** Commands that run nodes. Their code is loaded when one of them is called. */
export function addNodeCommands(program: Command, context: RunContext): void {
  const dev = program
    .command('dev')
    .description('run a one-validator chain with ten funded accounts, for development')
    .option('--home <folder>', 'where the chain lives (default: .wadi/devnet; of solo mode .wadi/solo)')
    .option('--reset', 'start over: forget all blocks and state')
    .option(
      '--block-time <duration>',
      'time between blocks, as 200ms or 1s (default: 1s; in solo mode a block too as soon as a transaction waits)',
    )
    .option(
      '--solo',
      'without CometBFT: blocks are made in this process, at once; one node, no fault tolerance',
    )
    .option('--no-mining', 'in solo mode: make blocks only when dev_mine asks for them')
    .option('--json', 'print the banner and the log as JSON lines')
    .option('--trace-abci <file>', 'write every ABCI frame to a file')
    .addOption(logFormat())
    .addOption(logLevel('error'))
    .action(async (options) => {
      const queryThread = await startQueryThread()
      const { startDev } = await import('./dev-start.ts')
      context.exit(await startDev(await nodeContext(context, queryThread), options))
    })
  addExample(dev, 'wadi dev --block-time 200ms', 'wadi dev --reset')
  const start = program
    .command('start')
    .description('run the node of a home: the application and CometBFT')
    .option('--home <folder>', 'home of the node', '.wadi/node')
    .option('--json', 'print the log as JSON lines')
    .option('--trace-abci <file>', 'write every ABCI frame to a file')
    .addOption(logFormat())
    .addOption(logLevel('info'))
    .option('--upgrade-height <height>', 'height at which this program migrates the state', Number)
    .addOption(
      new Option(
        '--pruning <mode>',
        'old heights to keep: default (the last 100), nothing (all: an archive), everything (the last 10), custom; ' +
          'instead of what app.toml says',
      ).choices(PRUNING_MODES),
    )
    .option('--pruning-keep-recent <heights>', 'with custom: how many of the last, at least 10', heights)
    .option('--pruning-interval <heights>', 'with custom: heights between two removals, at least 10', heights)
    .action(async (options) => {
      const queryThread = await startQueryThread()
      const { runStart } = await import('./start.ts')
      context.exit(await runStart(await nodeContext(context, queryThread), options))
    })
  addExample(start, 'wadi start --home .wadi/node --log-format json --log-level p2p:none,*:error')
}

async function nodeContext(context: RunContext, queryThread: QueryThread): Promise<NodeContext> {
  const [chain, devTools] = await Promise.all([context.loadChain(), context.loadDevTools()])
  return { ...context, queryThread, chain, devTools }
}

async function startQueryThread() {
  const { QueryThread } = await import('../../query/thread.ts')
  return new QueryThread()
}

function heights(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number of heights.')
}

/** A level for everything, or one a part of CometBFT: `p2p:none,*:error`. */
const LOG_LEVEL = /^(?:[a-z0-9*_-]+:)?(?:none|error|info|debug)(?:,[a-z0-9*_-]+:(?:none|error|info|debug))*$/

function logFormat(): Option {
  return new Option('--log-format <format>', 'of the lines of the log').choices(['text', 'json'])
}

function logLevel(level: string): Option {
  return new Option(
    '--log-level <level>',
    'none, error, info or debug; also by module of CometBFT or the application, as p2p:none,*:error',
  )
    .argParser((text) => {
      if (LOG_LEVEL.test(text)) return text
      throw new InvalidArgumentError(
        'Allowed are none, error, info, debug, or a list such as p2p:none,*:error.',
      )
    })
    .default(level)
}
