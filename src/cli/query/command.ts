import type { Command } from 'commander'
import type { RunContext } from '../context.ts'
import {
  addMethodCommand,
  explainer,
  isAside,
  type MethodCommand,
  methodCommands,
  moduleNames,
  serviceName,
} from '../derived.ts'
import { exampleOf } from '../examples.ts'
import { type Explain, RequestFlags } from '../flags/request.ts'
import { addExample } from '../help.ts'
import {
  addHeightOption,
  addKeyringOptions,
  addNodeOptions,
  addPageOptions,
  type KeyringOptions,
  type NodeOptions,
  type PageOptions,
} from '../options.ts'
import { addChainQueries, addTxQuery } from './chain-commands.ts'

/** The options of every query. */
export interface QueryOptions extends NodeOptions, KeyringOptions, PageOptions {
  readonly height?: string
}

/** `wadi query`: one command a module; those of the module that `argv` names, with all its methods. */
export function addQueryCommand(program: Command, context: RunContext, argv: readonly string[]): void {
  const query = program
    .command('query')
    .alias('q')
    .description('ask a node for what the chain holds')
    // "query tx" has options of its own, and methods below it: what stands behind a method is that method's.
    .enablePositionalOptions()
  const explain = explainer(context)
  query.commandsGroup('Blocks and transactions:')
  addChainQueries(query, context)
  query.commandsGroup('Queries, by module:')
  for (const module of moduleNames('query')) {
    const command = query.command(module).description(explain(serviceName('query', module)) ?? '')
    if (module === 'tx') addTxQuery(command, context)
    if (!argv.includes(module)) continue
    for (const method of methodCommands('query', module)) {
      const added = addMethodCommand(command, method, explain)
      if (!isAside(context, method, argv)) addFlags(added, context, method, explain)
    }
  }
}

function addFlags(command: Command, context: RunContext, method: MethodCommand, explain: Explain): void {
  const { descriptor } = method
  const flags = new RequestFlags(descriptor.input, method.args)
  flags.addTo(command, explain)
  const taken = (flag: string) => flags.has(flag)
  const paged = descriptor.input.fields.some((field) => field.name === 'pagination')
  if (paged) addPageOptions(command, taken)
  addHeightOption(command, taken)
  addNodeOptions(command, taken)
  addKeyringOptions(command, taken)
  command.action(async (...given: unknown[]) => {
    const { runQuery } = await import('./run.ts')
    const options = command.opts<QueryOptions & Record<string, unknown>>()
    await runQuery(context, { method, flags, paged, args: given.slice(0, -2), options })
  })
  addExample(command, exampleOf('query', method))
}
