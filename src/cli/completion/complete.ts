import { type Argument, type Command, Help, type Option } from 'commander'
import type { RunContext } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { topics } from '../topics.ts'
import { type Hint, hintOf } from './hints.ts'
import { keyNames } from './key-names.ts'
import { splitLine } from './words.ts'

/** A candidate, and what it is. */
type Candidate = readonly [word: string, text: string]

interface Completions {
  readonly candidates: readonly Candidate[]
  readonly files?: 'files' | 'folders'
}

/** Makes the commands as far as these words need them. */
type OpenProgram = (context: RunContext, words: readonly string[]) => Promise<Command>

/**
 * The hidden `wadi __complete`: `--line LINE` is a command line up to the cursor, `--words -- WORD…` are its words
 * behind the program's name. The format of the answer stands in `scripts.ts`. Who presses Tab wants no error, so there
 * is none.
 */
export async function printCompletions(
  context: RunContext,
  args: readonly string[],
  open: OpenProgram,
): Promise<void> {
  const isLine = args[0] === '--line'
  const words = isLine ? splitLine(args[1] ?? '').slice(1) : args.slice(args.indexOf('--') + 1)
  try {
    const { candidates, files } = await completions(words, (given) =>
      open({ ...context, completing: { texts: !isLine } }, given),
    )
    const lines = candidates.map(([word, text]) => (isLine || text === '' ? word : `${word}\t${text}`))
    if (files !== undefined) lines.push(`:${files}`)
    context.stdout.write(lines.map((line) => `${line}\n`).join(''))
  } catch {
    context.exit(EXIT.failed)
  }
}

/** What may stand in the place of the last word. */
async function completions(
  words: readonly string[],
  open: (words: readonly string[]) => Promise<Command>,
): Promise<Completions> {
  const [current = '', before] = [words.at(-1), words.slice(0, -1)]
  const isHelp = before[0] === 'help'
  const program = await open(isHelp ? before.slice(1) : before)
  const place = placeOf(program, isHelp ? before.slice(1) : before)
  const named = isHelp && before.length === 1 ? topicCandidates() : []
  const { candidates, files } = await candidatesAt(place, current, isHelp)
  const all = [...candidates, ...named].filter(([word]) => word.startsWith(current))
  return files === undefined ? { candidates: all } : { candidates: all, files }
}

const topicCandidates = (): Candidate[] => Object.entries(topics).map(([name, { title }]) => [name, title])

/** Where in a command line the words so far lead. */
interface Place {
  readonly command: Command
  /** An option that waits for its value. */
  readonly pending: Option | undefined
  /** Arguments that stand there already. */
  readonly args: number
  /** Values of options so far, by attribute. */
  readonly values: ReadonlyMap<string, string>
}

function placeOf(program: Command, words: readonly string[]): Place {
  let command = program
  let pending: Option | undefined
  let args = 0
  const values = new Map<string, string>()
  for (const word of words) {
    if (pending !== undefined) {
      values.set(pending.attributeName(), word)
      pending = undefined
    } else if (word.startsWith('-')) {
      const [name = '', value] = word.split('=', 2)
      const option = optionOf(command, name)
      if (option === undefined) continue
      if (value === undefined && option.required) pending = option
      values.set(option.attributeName(), value ?? '')
    } else {
      const inner = args === 0 ? subcommand(command, word) : undefined
      if (inner === undefined) args++
      else command = inner
    }
  }
  return { command, pending, args, values }
}

const subcommand = (command: Command, word: string): Command | undefined =>
  command.commands.find((each) => each.name() === word || each.aliases().includes(word))

/** The options of a command, and of those that it is part of. */
function optionsOf(command: Command): Option[] {
  const above =
    command.parent === null ? [] : optionsOf(command.parent).filter(({ long }) => long !== '--version')
  return [...new Help().visibleOptions(command), ...above.filter(({ long }) => long !== '--help')]
}

const optionOf = (command: Command, name: string): Option | undefined =>
  [...command.options, ...optionsOf(command)].find(({ long, short }) => long === name || short === name)

async function candidatesAt(place: Place, current: string, isHelp: boolean): Promise<Completions> {
  const { command, pending, args, values } = place
  if (pending !== undefined) return hinted(pending, place)
  if (current.startsWith('-') && !isHelp) {
    const [name = '', value] = current.split('=', 2)
    const option = value === undefined ? undefined : optionOf(command, name)
    if (option === undefined) return { candidates: flags(command, values) }
    const { candidates, files } = await hinted(option, place)
    const whole = candidates.map(([word, text]): Candidate => [`${name}=${word}`, text])
    return files === undefined ? { candidates: whole } : { candidates: whole, files }
  }
  const inner = args === 0 ? new Help().visibleCommands(command) : []
  const names = inner.map((each): Candidate => [each.name(), firstLine(each.description())])
  if (command.parent === null && args === 0 && !isHelp)
    names.push(['help', 'say more of a command, or of a topic'])
  const argument = isHelp ? undefined : argumentAt(command, args)
  if (argument === undefined)
    return { candidates: names.length > 0 || isHelp ? names : flags(command, values) }
  const { candidates, files } = await hinted(argument, place)
  return files === undefined
    ? { candidates: [...names, ...candidates] }
    : { candidates: [...names, ...candidates], files }
}

function argumentAt({ registeredArguments }: Command, args: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[args] ?? (last?.variadic === true ? last : undefined)
}

/** The flags that are not there yet; those that may stand several times always. */
function flags(command: Command, values: ReadonlyMap<string, string>): Candidate[] {
  return optionsOf(command)
    .filter((option) => option.variadic || !values.has(option.attributeName()))
    .flatMap(({ long, description }): Candidate[] => (long == null ? [] : [[long, firstLine(description)]]))
}

async function hinted(target: Argument | Option, place: Place): Promise<Completions> {
  const hint: Hint = hintOf(target)
  switch (hint.kind) {
    case 'choices':
      return { candidates: hint.values.map((value): Candidate => [value, '']) }
    case 'keys':
      return {
        candidates: (await keyNames(place.command, place.values)).map((name): Candidate => [name, 'key']),
      }
    case 'nothing':
      return { candidates: [] }
    default:
      return { candidates: [], files: hint.kind }
  }
}

const MAX_TEXT = 80

/** A description as it fits beside a candidate. */
function firstLine(text: string): string {
  const line = text.split('\n')[0] ?? ''
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line
}
