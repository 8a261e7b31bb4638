import { Command, Option } from 'commander'
import { describe, expect, test, vi } from 'vitest'
import { splitLine } from './completion/words.ts'
import { EXIT } from './exit-codes.ts'
import { examplesOf, narrowHelp, unfolded } from './help.ts'
import { overview, programFor } from './main.ts'
import { everyCommand, fullName, quiet, run } from './testkit.ts'

const open = (width: number) =>
  new Command('wadi').configureHelp(narrowHelp).configureOutput({ getOutHelpWidth: () => width })

const commands = await everyCommand()
/** Those that do something by themselves. */
const leaves = commands.filter((command) => command.commands.length === 0)

describe('the help', () => {
  test.each([80, 100])('of every command fits %i columns, but for words that are wider', (width) => {
    expect(commands.length).toBeGreaterThan(100)
    for (const command of commands) {
      const wide = command
        .configureOutput({ getOutHelpWidth: () => width })
        .helpInformation()
        .split('\n')
        .filter((line) => line.length > width && line.trim().includes(' '))
      expect(wide, fullName(command)).toEqual([])
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

  test('of every command describes it and shows an example', async () => {
    for (const command of commands) expect(command.description(), fullName(command)).not.toBe('')
    for (const command of leaves) expect(examplesOf(command).length, fullName(command)).toBeGreaterThan(0)
    const { out } = await run('tx', 'sign', '--help')
    expect(out).toContain(
      '\nExample:\n  wadi tx sign unsigned.json --from alice --output-document signed.json\n',
    )
  })

  test('shows examples that are understood, each by its own command', async () => {
    const examples = commands.flatMap((command) => examplesOf(command).map((line) => ({ line, command })))
    for (const { line, command } of examples) {
      // Of a shell's line, what wadi gets.
      const words = splitLine(line.replace(/^source <\((.*)\)$/, '$1').replace(/ [<>] \S+$/, '')).slice(1)
      const program = await programFor(quiet, words)
      const called = vi.fn()
      const target = words.reduce<Command>(
        (at, word) => at.commands.find((each) => each.name() === word || each.aliases().includes(word)) ?? at,
        program,
      )
      target.action(called)
      await program.parseAsync(words, { from: 'user' })
      expect(called, line).toHaveBeenCalledOnce()
      expect(fullName(target).startsWith(fullName(command)), line).toBe(true)
    }
  })

  test('groups the commands, and names the topics', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(EXIT.ok)
    const at = ['Run a node:', '  dev', 'Use a chain:', '  tx', 'Look after this program:', '  config'].map(
      (text) => out.indexOf(`\n${text}`),
    )
    expect(at).toEqual([...at].sort((a, b) => a - b))
    expect(at.every((place) => place > 0)).toBe(true)
    for (const name of Object.keys(overview)) expect(out).toContain(`\n  ${name} `)
    expect(out).toContain('wadi help exit-codes')
  })

  test('of a topic is printed, and a command that is a topic as well is not hidden by it', async () => {
    const codes = await run('help', 'exit-codes')
    for (const code of Object.values(EXIT)) expect(codes.out).toMatch(new RegExp(`^ +${code}  \\w`, 'm'))
    expect((await run('help', 'environment')).out).toContain('WADI_RPC')
    expect((await run('help', 'output')).out).toContain('-o json')
    expect((await run('help', 'config', 'set')).out).toContain('Usage: wadi config set')
  })

  test('names every variable that an option reads', async () => {
    const { out } = await run('help', 'environment')
    const variables = new Set(commands.flatMap(({ options }) => options.map(({ envVar }) => envVar)))
    variables.delete(undefined)
    expect(variables.size).toBeGreaterThan(5)
    for (const variable of variables) expect(out).toContain(`  ${variable} `)
  })
})

describe('a word that is mistyped', () => {
  test.each([
    [['qurey'], '(Did you mean query?)'],
    [['tx', 'bnak'], '(Did you mean bank?)'],
    [['tx', 'bank', 'sned'], '(Did you mean send?)'],
    [['keys', 'list', '--outptu', 'json'], '(Did you mean --output?)'],
    [['config', 'set', 'noed', 'x'], 'Did you mean node?'],
  ])('%j is answered with what was meant', async (argv, meant) => {
    const { code, err, out } = await run(...argv)
    expect(err).toContain(meant)
    expect(code).not.toBe(EXIT.ok)
    expect(out).toBe('')
  })
})
