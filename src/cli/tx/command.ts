import type { Command } from 'commander'
import { signerFields } from '#lib/reflect.ts'
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
import { withOrigins } from './destination.ts'
import { txExtras } from './extras.ts'
import { addFileCommands } from './file-commands.ts'
import { addTxOptions, type TxCommandOptions } from './options.ts'

/** `wadi tx`: one command a module; those of the module that `argv` names, with all its messages. */
export function addTxCommand(program: Command, context: RunContext, argv: readonly string[]): void {
  const tx = program.command('tx').description('make, sign and send transactions')
  const explain = explainer(context)
  tx.commandsGroup('Work with transactions:')
  addFileCommands(tx, context)
  tx.commandsGroup('Messages, by module:')
  for (const module of moduleNames('tx')) {
    const command = tx.command(module).description(explain(serviceName('tx', module)) ?? '')
    if (!argv.includes(module)) continue
    for (const method of methodCommands('tx', module)) {
      const added = addMethodCommand(command, method, explain)
      if (!isAside(context, method, argv)) addFlags(added, context, method, explain)
    }
  }
}

function addFlags(command: Command, context: RunContext, method: MethodCommand, explain: Explain): void {
  const { descriptor, service } = method
  const flags = new RequestFlags(descriptor.input, method.args)
  flags.addTo(command, explain)
  const extra = txExtras[`${service.fullName}.${descriptor.name}`]
  extra?.addOptions(command)
  addTxOptions(command, (flag) => flags.has(flag))
  command.action(async (...given: unknown[]) => {
    const { runTx } = await import('./run.ts')
    const options = withOrigins(command.opts<TxCommandOptions & Record<string, unknown>>(), command)
    const signers = signerFields(descriptor.input)
    await runTx(context, { method, flags, signers, extra, args: given.slice(0, -2), options })
  })
  addExample(command, exampleOf('tx', method))
}
