import { Argument, type Command } from 'commander'
import { giveHint } from '../completion/hints.ts'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addHomeOption, addOutputOption, settingOptions } from '../options.ts'
import type { OutputFormat } from '../output.ts'
import { settingNames } from '../settings-file.ts'

export interface ConfigOptions {
  readonly home: string
  readonly output: OutputFormat
}

/** What a command of `wadi config` is, beside its name. */
interface ConfigCommand {
  readonly usage: string
  readonly text: string
  readonly examples: readonly string[]
}

const FILE = '[client|app|cometbft]'

const commands = {
  list: {
    usage: FILE,
    text: 'show all settings, and where each comes from',
    examples: ['wadi config list', 'wadi config list app --home .wadi/node'],
  },
  get: {
    usage: `${FILE} <key>`,
    text: 'print one setting',
    examples: ['wadi config get node', 'wadi config get app minimum-gas-prices --home .wadi/node'],
  },
  set: {
    usage: `${FILE} <key> <value>`,
    text: 'change one setting in its file; what cannot be is refused',
    examples: [
      'wadi config set node http://127.0.0.1:26658',
      'wadi config set app minimum-gas-prices 0.025awadi --home .wadi/node',
      'wadi config set cometbft consensus.timeout_commit 2s --home .wadi/node',
    ],
  },
  unset: {
    usage: `${FILE} <key>`,
    text: 'take one setting out of its file',
    examples: ['wadi config unset node'],
  },
  path: { usage: FILE, text: 'print where the file is', examples: ['wadi config path'] },
  validate: {
    usage: FILE,
    text: 'say whether the files can be used, and what is wrong with them',
    examples: ['wadi config validate --home .wadi/node'],
  },
} as const satisfies Readonly<Record<string, ConfigCommand>>

export type ConfigCommandName = keyof typeof commands

/** `wadi config`: settings of this program, and the configuration of a node's home. */
export function addConfigCommand(program: Command, context: RunContext): void {
  const config = program
    .command('config')
    .description(
      'read and change settings. Without a file named, those of this program (client): what flags are when nobody ' +
        'writes them. A flag goes before its variable, the variable before the file, that before what is built in. ' +
        'The files of a node are app (app.toml) and cometbft (config.toml), of --home.',
    )
  for (const [name, { usage, text, examples }] of Object.entries(commands)) {
    const command = config.command(name).description(text).usage(`[options] ${usage}`)
    const words = new Argument('[words...]', 'client, app or cometbft, then the key and its value')
    giveHint(words, { kind: 'choices', values: ['client', 'app', 'cometbft', ...settingNames()] })
    command.addArgument(words)
    addHomeOption(command)
    if (name === 'list' || name === 'get') for (const option of settingOptions()) command.addOption(option)
    else addOutputOption(command)
    command.action(async (given: string[]) => {
      const { configRuns } = await import('./run.ts')
      await configRuns[name as ConfigCommandName](context, given, command)
    })
    addExample(command, ...examples)
  }
}
