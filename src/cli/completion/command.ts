import { Argument, type Command } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { type Shell, scripts } from './scripts.ts'

/** `wadi completion`: what a shell reads to complete command lines. */
export function addCompletionCommand(program: Command, context: RunContext): void {
  const command = program
    .command('completion')
    .description(
      'print what a shell reads so that Tab completes commands, flags, their values, names of keys and files.\n\n' +
        'bash: put this into ~/.bashrc\n' +
        '  source <(wadi completion bash)\n' +
        'zsh: put this into ~/.zshrc, behind compinit\n' +
        '  source <(wadi completion zsh)\n' +
        'fish: do this once\n' +
        '  wadi completion fish > ~/.config/fish/completions/wadi.fish\n\n' +
        'The program has to be found as wadi: put its bin folder into your PATH.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .action((shell: Shell) => {
      context.stdout.write(scripts[shell])
    })
  addExample(command, 'source <(wadi completion bash)')
}
