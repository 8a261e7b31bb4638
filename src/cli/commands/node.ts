import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'

/** Commands that run nodes. Their code is loaded when one of them is called. */
export function addNodeCommands(program: Command, context: RunContext): void {
  const dev = program
    .command('dev')
    .description('run a one-validator chain with ten funded accounts, for development')
    .option('--home <folder>', 'where the chain lives', '.wadi/devnet')
    .option('--reset', 'start over: forget all blocks and state')
    .option('--block-time <duration>', 'time between blocks, as 200ms or 1s', '1s')
    .option('--json', 'print the banner and the log as JSON lines')
    .option('--trace-abci <file>', 'write every ABCI frame to a file')
    .addOption(logFormat())
    .addOption(logLevel('error'))
    .action(async (options) => {
      const queryThread = await startQueryThread()
      const { runDev } = await import('./dev.ts')
      context.exit(await runDev({ ...context, queryThread, chain: await context.loadChain() }, options))
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
    .action(async (options) => {
      const queryThread = await startQueryThread()
      const { runStart } = await import('./start.ts')
      context.exit(await runStart({ ...context, queryThread, chain: await context.loadChain() }, options))
    })
  addExample(start, 'wadi start --home .wadi/node --log-format json --log-level p2p:none,*:error')
}

async function startQueryThread() {
  const { QueryThread } = await import('../../query/thread.ts')
  return new QueryThread()
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
