import { type Command, Help, type HelpConfiguration } from 'commander'
import { coloured } from './colour.ts'

/** Columns for the names of options and commands; a longer name has its text on the lines below it. */
const TERM_WIDTH = 26
const DEFAULT_WIDTH = 80
const INDENT = '  '

/** Help that keeps to the width of the terminal, 80 columns where there is none, however long a name is. */
export const narrowHelp: HelpConfiguration = {
  commandUsage(command) {
    const margin = ' '.repeat('Usage: '.length)
    const width = (this.helpWidth ?? DEFAULT_WIDTH) - margin.length
    return plain.boxWrap(plain.commandUsage(command), width).replaceAll('\n', `\n${margin}`)
  },

  padWidth: (command, helper) => Math.min(plain.padWidth(command, helper), TERM_WIDTH),

  formatItem(term, termWidth, description, helper) {
    if (helper.displayWidth(term) <= termWidth || description === '')
      return plain.formatItem.call(helper, term, termWidth, description, helper)
    const margin = INDENT + ' '.repeat(termWidth) + INDENT
    const width = helper.helpWidth ?? DEFAULT_WIDTH
    const text = helper.boxWrap(description, Math.max(width - margin.length, TERM_WIDTH))
    return [...choiceLines(term, width), ...text.split('\n').map((line) => margin + line)].join('\n')
  },

  // Where there are no colours, commander takes them out again.
  styleTitle: (text) => coloured('bold', text),
  styleOptionTerm: (text) => coloured('cyan', text),
  styleSubcommandTerm: (text) => coloured('cyan', text),
  styleArgumentTerm: (text) => coloured('cyan', text),
}

const plain = new Help()

/** A name, broken behind the bars between its choices where it is wider than the help. */
function choiceLines(term: string, width: number): string[] {
  const lines: string[] = []
  let line = INDENT
  for (const part of term.split(/(?<=\|)/)) {
    if (plain.displayWidth(line) + plain.displayWidth(part) > width && line.trim() !== '') {
      lines.push(line)
      line = INDENT.repeat(3)
    }
    line += part
  }
  return [...lines, line]
}

/** A text without the line breaks that its source has for its own width; empty lines stay. */
export const unfolded = (text: string): string => text.replaceAll(/(?<!\n)\n(?![\n\s*-])/g, ' ')

const examples = new WeakMap<Command, readonly string[]>()

/** Adds command lines to the end of a command's help, each beginning with `wadi`. */
export function addExample(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines)
  return command.addHelpText('after', () => {
    const title = coloured('bold', lines.length === 1 ? 'Example:' : 'Examples:')
    return ['', title, ...lines.map((line) => foldedCommand(line))].join('\n')
  })
}

/** The examples of a command. */
export const examplesOf = (command: Command): readonly string[] => examples.get(command) ?? []

/** A command line over as many lines as it takes, so that it can be copied as it stands. */
function foldedCommand(text: string): string {
  const lines: string[] = []
  let line = INDENT
  for (const word of text.split(' ')) {
    if (line.length + word.length > DEFAULT_WIDTH - ' \\'.length && line.trim() !== '') {
      lines.push(`${line.trimEnd()} \\`)
      line = INDENT.repeat(3)
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()].join('\n')
}
