import { type Command, InvalidArgumentError } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addOutputOption } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

const DEFAULT_DIR = '.wadi/localnet'

/** `wadi localnet`: several validators on this machine; its parts are for a second terminal. */
export function addLocalnetCommand(program: Command, context: RunContext): void {
  const localnet = program
    .command('localnet')
    .description(
      'run several validators on this machine, each with its own CometBFT; one Ctrl-C ends them all',
    )
    .option('--dir <folder>', 'where the net lives', DEFAULT_DIR)
    .option('--validators <number>', 'nodes that vote, of a new net (default: 4)', count)
    .option('--full-nodes <number>', 'nodes that follow, of a new net (default: 0)', count)
    .option('--block-time <duration>', 'time between blocks, as 200ms (default: as before; of a new net 1s)')
    .option('--reset', 'start over: forget the net and its chain')
    .action(async (options) => {
      const { runLocalnetCommand } = await import('./localnet-run.ts')
      context.exit(await runLocalnetCommand(context, options))
    })
  addExample(localnet, 'wadi localnet --validators 4 --block-time 500ms', 'wadi localnet kill 2')
  addControl(localnet, context)
}

function addControl(localnet: Command, context: RunContext): void {
  const control = (name: string, description: string, node: boolean) => {
    const command = localnet.command(name).description(description)
    addExample(command, `wadi localnet ${name}${node ? ' 2' : ''}`)
    if (node) command.argument('<node>', 'its number', count)
    addOutputOption(command)
    command.action(async (...given: unknown[]) => {
      const { askLocalnet } = await import('../node/localnet-control.ts')
      const { controlRequest, reportJson } = await import('./localnet-run.ts')
      const options = command.optsWithGlobals<{ dir: string; output: OutputFormat; which?: string }>()
      const reports = await askLocalnet(options.dir, controlRequest(name, given[0], options.which))
      await print(context, options.output, reports.map(reportJson))
    })
    return command
  }
  control('status', 'say how every node is doing', false)
  control('kill', 'end a node at once, as kill -9 does', true).option(
    '--which <part>',
    'app, cometbft or both',
    oneOf(['app', 'cometbft', 'both']),
  )
  control('restart', 'start a node again on its data', true)
  control('add-full-node', 'add a node that follows the others from the first block', false)
}

function count(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`${text} is not a small whole number.`)
}

function oneOf(names: readonly string[]): (text: string) => string {
  return (text) => {
    if (names.includes(text)) return text
    throw new InvalidArgumentError(`${text} is none of ${names.join(', ')}.`)
  }
}
