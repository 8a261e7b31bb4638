import { Command } from 'commander'
import { signerFields } from '#lib/reflect.ts'
import type { RunContext } from '../context.ts'
import { loadComments, type MethodCommand, methodCommands, moduleNames } from '../derived.ts'
import { type Explain, RequestFlags } from '../flags/request.ts'
import { addKeyringOptions, addNodeOptions, type KeyringOptions, type NodeOptions } from '../options.ts'
import { txExtras } from './extras.ts'
import {
  addPlaceOptions,
  addTxOptions,
  type SignOptions,
  signModeOption,
  type TxCommandOptions,
} from './options.ts'
import type { PlaceOptions } from './place.ts'

/** `wadi tx`: one command a module; those of the module that `argv` names, with all its messages. */
export function addTxCommand(program: Command, context: RunContext, argv: readonly string[]): void {
  const tx = program.command('tx').description('make, sign and send transactions')
  const explain = loadComments()
  addFileCommands(tx, context)
  for (const module of moduleNames('tx')) {
    const methods = methodCommands('tx', module)
    const service = methods[0]?.service.fullName ?? ''
    const command = tx.command(module).description(explain(service) ?? '')
    if (argv.includes(module)) for (const method of methods) addMethod(command, context, method, explain)
  }
}

/** For transactions that `--generate-only` printed: they are signed in one place and sent from another. */
function addFileCommands(tx: Command, context: RunContext): void {
  const sign = tx
    .command('sign')
    .description('sign a transaction of a file (- for the standard input) and print it; nothing is sent')
    .argument('<file>')
    .requiredOption('--from <key>', 'name or address of the key that signs')
    .addOption(signModeOption())
    .option('--multisig <key>', 'sign as a member of this multisig: prints the signature for multisign')
  addKeyringOptions(addNodeOptions(addPlaceOptions(sign))).action(
    async (file: string, options: SignOptions) => {
      const { signFile } = await import('./files.ts')
      await signFile(context, file, options)
    },
  )
  const multisign = tx
    .command('multisign')
    .description('put the signatures of members into a transaction of their multisig, and print it')
    .argument('<file>', 'the unsigned transaction')
    .argument('<name>', 'the multisig, as "wadi keys add --multisig" named it')
    .argument('<signature...>', 'files that "wadi tx sign --multisig" printed')
  addKeyringOptions(addNodeOptions(addPlaceOptions(multisign))).action(
    async (file: string, name: string, signatures: string[], options: PlaceOptions & KeyringOptions) => {
      const { multisignFile } = await import('./multisig.ts')
      await multisignFile(context, file, name, signatures, options)
    },
  )
  const broadcast = tx
    .command('broadcast')
    .description('send a signed transaction of a file (- for the standard input)')
    .argument('<file>')
    .option('--no-wait', 'do not wait until the transaction is in a block')
  addNodeOptions(broadcast).action(
    async (file: string, options: NodeOptions & { readonly wait: boolean }) => {
      const { broadcastFile } = await import('./files.ts')
      await broadcastFile(context, file, options)
    },
  )
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
