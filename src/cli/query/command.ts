import { Command } from 'commander'
import type { RunContext } from '../context.ts'
import { loadComments, type MethodCommand, methodCommands, moduleNames } from '../derived.ts'
import { type Explain, RequestFlags } from '../flags/request.ts'
import {
  addHeightOption,
  addKeyringOptions,
  addNodeOptions,
  addPageOptions,
  type KeyringOptions,
  type NodeOptions,
  type PageOptions,
} from '../options.ts'

/** The options of every query. */
export interface QueryOptions extends NodeOptions, KeyringOptions, PageOptions {
  readonly height?: string
}

/** `wadi query`: one command a module; those of the module that `argv` names, with all its methods. */
export function addQueryCommand(program: Command, context: RunContext, argv: readonly string[]): void {
  const query = program.command('query').alias('q').description('ask a node for what the chain holds')
  const explain = loadComments()
  for (const module of moduleNames('query')) {
    const methods = methodCommands('query', module)
    const service = methods[0]?.service.fullName ?? ''
    const command = query.command(module).description(explain(service) ?? '')
    if (argv.includes(module)) for (const method of methods) addMethod(command, context, method, explain)
  }
}

function addMethod(parent: Command, context: RunContext, method: MethodCommand, explain: Explain): void {
  const { descriptor, service, name, aliases } = method
  const command = new Command(name).aliases([...aliases]).copyInheritedSettings(parent)
  command.description(explain(`${service.fullName}.${descriptor.name}`) ?? '')
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
  parent.addCommand(command)
}
