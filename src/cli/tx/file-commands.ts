import { type Command, Option } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import {
  addKeyringOptions,
  addNodeOptions,
  addOutputOption,
  gasAdjustmentOption,
  type KeyringOptions,
  type NodeOptions,
} from '../options.ts'
import type { OutputFormat } from '../output.ts'
import { addWaiting, type WaitingOptions } from '../wait-option.ts'
import { withOrigins } from './destination.ts'
import type { DocumentOptions } from './document.ts'
import { addDocumentOption, addPlaceOptions, type SignOptions, signModeOption } from './options.ts'
import type { PlaceOptions } from './place.ts'
import type { SimulateOptions } from './simulate.ts'

/** For transactions of files: they are made in one place, signed in another, sent from a third. */
export function addFileCommands(tx: Command, context: RunContext): void {
  addSign(tx, context)
  addMultiSign(tx, context)
  addSending(tx, context)
  addCoding(tx, context)
}

function addSign(tx: Command, context: RunContext): void {
  const sign = tx
    .command('sign')
    .description('sign a transaction of a file (- for the standard input) and print it; nothing is sent')
    .argument('<file>')
    .requiredOption('--from <key>', 'name or address of the key that signs')
    .addOption(signModeOption())
    .option('--multisig <key>', 'sign as a member of this multisig: prints the signature for multi-sign')
  addKeyringOptions(addNodeOptions(addDocumentOption(addPlaceOptions(sign)))).action(
    async (file: string, options: SignOptions, command: Command) => {
      const { signFile } = await import('./files.ts')
      await signFile(context, file, withOrigins(options, command))
    },
  )
  addExample(sign, 'wadi tx sign unsigned.json --from alice --output-document signed.json')
  const batch = tx
    .command('sign-batch')
    .description(
      'sign many transactions, one a line, with one sequence after the other, and print them; ' +
        'one that cannot be signed is named by its line, and then none is printed',
    )
    .argument('<file...>', 'files of unsigned transactions (- for the standard input)')
    .requiredOption('--from <key>', 'name or address of the key that signs')
    .addOption(signModeOption())
  addKeyringOptions(addNodeOptions(addDocumentOption(addPlaceOptions(batch)))).action(
    async (files: string[], options: SignOptions, command: Command) => {
      const { signBatch } = await import('./batch.ts')
      await signBatch(context, files, withOrigins(options, command))
    },
  )
  addExample(batch, 'wadi tx sign-batch unsigned.jsonl --from alice --output-document signed.jsonl')
}

function addMultiSign(tx: Command, context: RunContext): void {
  const multisign = tx
    .command('multi-sign')
    .aliases(['multisign', 'combine'])
    .description('put the signatures of members into a transaction of their multisig, and print it')
    .argument('<file>', 'the unsigned transaction')
    .argument('<name>', 'the multisig, as "wadi keys add --multisig" named it')
    .argument('<signature...>', 'files that "wadi tx sign --multisig" printed')
  type Options = PlaceOptions & KeyringOptions & DocumentOptions
  addKeyringOptions(addNodeOptions(addDocumentOption(addPlaceOptions(multisign)))).action(
    async (file: string, name: string, signatures: string[], options: Options, command: Command) => {
      const { multisignFile } = await import('./multisig.ts')
      await multisignFile(context, file, name, signatures, withOrigins(options, command))
    },
  )
  addExample(multisign, 'wadi tx multi-sign unsigned.json safe alice.json bob.json')
}

function addSending(tx: Command, context: RunContext): void {
  const simulate = tx
    .command('simulate')
    .description(
      'run a transaction of a file on the latest state, signed or not, and say how much gas it takes',
    )
    .argument('<file>')
    .addOption(gasAdjustmentOption())
  addKeyringOptions(addNodeOptions(simulate)).action(async (file: string, options: SimulateOptions) => {
    const { simulateFile } = await import('./simulate.ts')
    await simulateFile(context, file, options)
  })
  addExample(simulate, 'wadi tx simulate unsigned.json')
  const broadcast = tx
    .command('broadcast')
    .description('send a signed transaction of a file (- for the standard input)')
    .argument('<file>')
    .option('--no-wait', 'do not wait until the transaction is in a block')
  addNodeOptions(broadcast).action(
    async (file: string, options: NodeOptions & { readonly wait: boolean }, command: Command) => {
      const { broadcastFile } = await import('./files.ts')
      await broadcastFile(context, file, withOrigins(options, command))
    },
  )
  addExample(broadcast, 'wadi tx broadcast signed.json')
  const wait = tx
    .command('wait')
    .description('wait until a transaction is in a block, and say what became of it')
    .argument('<hash>', '64 hex digits')
  addWaiting(addNodeOptions(wait)).action(async (hash: string, options: WaitingOptions) => {
    const { waitFor } = await import('./finish.ts')
    await waitFor(context, hash, options)
  })
  addExample(wait, `wadi tx wait ${'AB'.repeat(32)} --timeout 30s`)
}

function addCoding(tx: Command, context: RunContext): void {
  const encode = tx
    .command('encode')
    .description('print the bytes of a transaction of a file, in base64, as nodes take them')
    .argument('<file>')
    .option('-x, --hex', 'in hex')
  addOutputOption(encode).action(
    async (file: string, options: { readonly hex?: boolean; readonly output: OutputFormat }) => {
      const { encodeFile } = await import('./coding.ts')
      await encodeFile(context, file, options)
    },
  )
  addExample(encode, 'wadi tx encode signed.json')
  const decode = tx
    .command('decode')
    .description('print a transaction of bytes as JSON; refuses what a node would not read')
    .argument('<bytes>', 'in base64 or hex; @FILE or - reads them')
    // Other chains want to be told; here it is seen.
    .addOption(new Option('-x, --hex').hideHelp())
  addDocumentOption(decode).action(async (bytes: string, options: DocumentOptions) => {
    const { decodeText } = await import('./coding.ts')
    decodeText(context, bytes, options)
  })
  addExample(decode, 'wadi tx decode @signed.txt')
}
