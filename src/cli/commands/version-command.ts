import type { Command } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addOutputOption } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

/** `wadi version`. */
export function addVersionCommand(program: Command, context: RunContext): void {
  const command = program.command('version').description('print versions').option('--long', 'of everything')
  addExample(command, 'wadi version --long')
  addOutputOption(command).action(async (options: { long?: boolean; output: OutputFormat }) => {
    const { version } = context
    if (options.long !== true) {
      await print(context, options.output, options.output === 'json' ? { version } : version)
      return
    }
    const { longVersion } = await import('./version.ts')
    await print(context, options.output, { version, ...longVersion() })
  })
}
