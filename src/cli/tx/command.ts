import { Command } from 'commander'
import { signerFields } from '#lib/reflect.ts'
import type { RunContext } from '../context.ts'
import { loadComments, type MethodCommand, methodCommands, moduleNames } from '../derived.ts'
import { type Explain, RequestFlags } from '../flags/request.ts'
import { addTxOptions, type TxCommandOptions } from './options.ts'
import { txExtras } from './extras.ts'

/** `wadi tx`: one command a module; those of the module that `argv` names, with all its messages. */
export function addTxCommand(program: Command, context: RunContext, argv: readonly string[]): void {
  const tx = program.command('tx').description('make, sign and send transactions')
  const explain = loadComments()
  for (const module of moduleNames('tx')) {
    const methods = methodCommands('tx', module)
    const service = methods[0]?.service.fullName ?? ''
    const command = tx.command(module).description(explain(service) ?? '')
    if (argv.includes(module)) for (const method of methods) addMethod(command, context, method, explain)
  }
}

function addMethod(parent: Command, context: RunContext, method: MethodCommand, explain: Explain): void {
  const { descriptor, service, name, aliases } = method
  const command = new Command(name).aliases([...aliases]).copyInheritedSettings(parent)
  command.description(explain(`${service.fullName}.${descriptor.name}`) ?? '')
  const flags = new RequestFlags(descriptor.input, method.args)
  flags.addTo(command, explain)
  const extra = txExtras[`${service.fullName}.${descriptor.name}`]
  extra?.addOptions(command)
  addTxOptions(command, (flag) => flags.has(flag))
  command.action(async (...given: unknown[]) => {
    const { runTx } = await import('./run.ts')
    const options = command.opts<TxCommandOptions & Record<string, unknown>>()
    const signers = signerFields(descriptor.input)
    await runTx(context, { method, flags, signers, extra, args: given.slice(0, -2), options })
  })
  parent.addCommand(command)
}
