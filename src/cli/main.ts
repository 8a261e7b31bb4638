import { Command, CommanderError } from 'commander'
import { addNodeCommands } from './commands/node.ts'
import type { CliContext } from './context.ts'

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(context: CliContext, argv: readonly string[]): Promise<number> {
  const program = new Command('wadi')
    .description('Wadi: a proof-of-stake chain for AI assets')
    .version(context.version, '-V, --version', 'print the version')
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
  let code = 0
  const run = { ...context, exit: (value: number) => void (code = value) }
  addNodeCommands(program, run)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    context.stderr.write(`wadi: ${describe(error)}\n`)
    return 1
  }
}

/** An expected error as its message; a bug with its stack, so that it can be reported. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'Error' || error.name === 'TypeError' ? (error.stack ?? error.message) : error.message
}
