import type { Command } from 'commander'
import type { JsonObject } from '#lib/proto-json.ts'
import type { RunContext } from '../context.ts'

/** What a command does beyond its flags: it fills in parts of the message that nobody should have to write. */
export interface TxExtra {
  addOptions(command: Command): void
  /** Fills in what the command line leaves out, and says on the standard error what it took from where. */
  complete(message: JsonObject, run: ExtraRun): Promise<void>
}

export interface ExtraRun {
  readonly context: RunContext
  readonly options: Readonly<Record<string, unknown>>
  /** Names of the message's fields. */
  readonly fields: readonly string[]
}

/** `--path`: the digest, size and card of a folder or file. */
const fromPath: TxExtra = {
  addOptions(command) {
    command
      .option('--path <path>', 'folder or file to register: digest, size and model card are taken from it')
      .option('--ignore <path...>', 'leave these out of --path; git files and model.sig are left out anyway')
  },
  async complete(message, run) {
    if (typeof run.options['path'] !== 'string') return
    const { completeFromPath } = await import('../asset/register.ts')
    await completeFromPath(message, run, run.options['path'])
  },
}

/** By the full name of the method. */
export const txExtras: Readonly<Record<string, TxExtra>> = {
  'wadi.asset.v1.Msg.RegisterAsset': fromPath,
  'wadi.asset.v1.Msg.RegisterVersion': fromPath,
  'wadi.asset.v1.Msg.RegisterReference': fromPath,
}
