import { Help, type HelpConfiguration } from 'commander'

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
}

const plain = new Help()

/** A name, broken behind the bars between its choices where it is wider than the help. */
function choiceLines(term: string, width: number): string[] {
  const lines: string[] = []
  let line = INDENT
  for (const part of term.split(/(?<=\|)/)) {
    if (line.length + part.length > width && line.trim() !== '') {
      lines.push(line)
      line = INDENT.repeat(3)
    }
    line += part
  }
  return [...lines, line]
}

/** A text without the line breaks that its source has for its own width; empty lines stay. */
export const unfolded = (text: string): string => text.replaceAll(/(?<!\n)\n(?![\n\s*-])/g, ' ')
