import { Command, Option } from 'commander'
import { describe, expect, test } from 'vitest'
import { addAssetCommand } from './asset/command.ts'
import { addHomeCommands } from './commands/home.ts'
import { addLocalnetCommand } from './commands/localnet.ts'
import { addNodeCommands } from './commands/node.ts'
import type { RunContext } from './context.ts'
import { moduleNames } from './derived.ts'
import { addGenesisCommand } from './genesis/command.ts'
import { narrowHelp, unfolded } from './help.ts'
import { addKeysCommand } from './keys/command.ts'
import { addQueryCommand } from './query/command.ts'
import { addTxCommand } from './tx/command.ts'

const context = {} as RunContext
const open = (width?: number) =>
  new Command('wadi')
    .configureHelp(narrowHelp)
    .configureOutput(width === undefined ? {} : { getOutHelpWidth: () => width })

function everyCommand(width?: number): Command[] {
  const program = open(width)
  addNodeCommands(program, context)
  addLocalnetCommand(program, context)
  addHomeCommands(program, context)
  addGenesisCommand(program, context)
  addKeysCommand(program, context)
  addAssetCommand(program, context)
  addTxCommand(program, context, ['tx', ...moduleNames('tx')])
  addQueryCommand(program, context, ['query', ...moduleNames('query')])
  const below = (command: Command): Command[] => [command, ...command.commands.flatMap(below)]
  return below(program)
}

describe('the help', () => {
  test.each([80, 100])('of every command fits %i columns, but for words that are wider', (width) => {
    const commands = everyCommand(width)
    expect(commands.length).toBeGreaterThan(100)
    for (const command of commands) {
      const wide = command
        .helpInformation()
        .split('\n')
        .filter((line) => line.length > width && line.trim().includes(' '))
      expect(wide, command.name()).toEqual([])
    }
  })

  test('puts the text of a long name below it, and breaks its choices behind a bar', () => {
    const command = open(80)
      .addOption(new Option('--short <text>', 'stands beside its name'))
      .addOption(new Option('--a-flag-with-a-long-name <text>', 'stands below its name'))
      .addOption(new Option(`--kind <${'ALTERNATIVE|'.repeat(8)}LAST>`, 'is one of them'))
    // Names get 26 columns between margins of two, so texts begin in column 31; five choices reach column 70.
    const five = 'ALTERNATIVE|'.repeat(5)
    expect(command.helpInformation()).toContain(`
  --short <text>              stands beside its name
  --a-flag-with-a-long-name <text>
                              stands below its name
  --kind <${five}
      ALTERNATIVE|ALTERNATIVE|ALTERNATIVE|LAST>
                              is one of them
`)
  })

  test('has no line breaks of the source of its texts, but its paragraphs and lists', () => {
    expect(unfolded('one\ntwo\n\nthree\n- four\n  five')).toBe('one two\n\nthree\n- four\n  five')
  })
})
