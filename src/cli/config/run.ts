import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import type { JsonObject, JsonValue } from '#lib/proto-json.ts'
import { paint } from '../colour.ts'
import type { RunContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readText, writeWhole } from '../files.ts'
import { homePaths } from '../node/home.ts'
import { runningOn } from '../node/run-record.ts'
import { settingOptions } from '../options.ts'
import { print } from '../output.ts'
import { originOf, settingsFile } from '../settings.ts'
import { parsedToml, readSettings, settingNames, settingValue } from '../settings-file.ts'
import { didYouMean, nearest } from '../suggest.ts'
import type { ConfigCommandName, ConfigOptions } from './command.ts'
import {
  DEFAULT_NODE_HOME,
  flat,
  type NodeFile,
  type NodeFileName,
  nodeFile,
  nodeValue,
  nodeValues,
} from './node-files.ts'
import { setInToml, TomlEditError, type TomlValue, tomlAt, unsetInToml } from './toml-edit.ts'

/** What the words of a command line name. */
interface Target {
  readonly file: 'client' | NodeFileName
  readonly rest: readonly string[]
}

/** The spellings of other chains are understood too. */
const FILES: Readonly<Record<string, Target['file']>> = {
  client: 'client',
  'client.toml': 'client',
  app: 'app',
  'app.toml': 'app',
  cometbft: 'cometbft',
  config: 'cometbft',
  'config.toml': 'cometbft',
}

/** `what` are the words that have to follow the file. */
function targetOf(words: readonly string[], what: readonly string[]): Target {
  const [first = '', ...rest] = words
  const file = FILES[first]
  const target = file === undefined ? { file: 'client' as const, rest: words } : { file, rest }
  if (target.rest.length === what.length) return target
  const expected = ['[client|app|cometbft]', ...what].join(' ')
  if (what.length === 0) {
    throw new UsageError(`${JSON.stringify(target.rest[0])} is none of the files client, app, cometbft`)
  }
  throw new UsageError(`write ${expected}: ${target.rest.length} of ${what.length} are there`)
}

const homeOf = (command: Command): string => resolve(command.opts<ConfigOptions>().home)

/** A node's home is another folder than that of this program, unless one is named. */
function nodeHome(command: Command): string {
  return command.getOptionValueSource('home') === 'cli' ? homeOf(command) : DEFAULT_NODE_HOME
}

const pathOf = (file: Target['file'], command: Command): string =>
  file === 'client' ? settingsFile(homeOf(command)) : nodeFile(nodeHome(command), file).path

interface Row {
  readonly key: string
  readonly value: JsonValue
  readonly origin: string
}

function clientRows(command: Command): Row[] {
  const values = command.opts<Record<string, string | number | undefined>>()
  const home = { key: 'home', value: homeOf(command), origin: originOf(command, 'home') }
  const rows = settingOptions().map((option) => {
    const attribute = option.attributeName()
    const value = values[attribute]
    const text = value === undefined ? null : String(value)
    return { key: option.name(), value: text, origin: originOf(command, attribute) }
  })
  return [home, ...rows]
}

function nodeRows(file: NodeFile): Row[] {
  return flat(nodeValues(file)).map(([key, value]) => ({ key, value: value as JsonValue, origin: file.path }))
}

function rowsOf(file: Target['file'], command: Command): Row[] {
  return file === 'client' ? clientRows(command) : nodeRows(nodeFile(nodeHome(command), file))
}

async function list(context: RunContext, words: readonly string[], command: Command): Promise<void> {
  const { file } = targetOf(words, [])
  const rows = rowsOf(file, command)
  const { output } = command.opts<ConfigOptions>()
  if (output === 'json')
    return print(
      context,
      'json',
      rows.map((row) => ({ ...row })),
    )
  const shown = rows.map(({ key, value, origin }) => [key, textOf(value) || '(none)', origin] as const)
  const [keys, values] = [0, 1].map((i) => Math.max(...shown.map((row) => (row[i] ?? '').length)))
  for (const [key, value, origin] of shown) {
    const name = paint(context.stdout, 'cyan', key.padEnd(keys ?? 0))
    context.stdout.write(`${name}  ${value.padEnd(values ?? 0)}  ${paint(context.stdout, 'dim', origin)}\n`)
  }
}

const textOf = (value: JsonValue): string =>
  value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)

async function get(context: RunContext, words: readonly string[], command: Command): Promise<void> {
  const { file, rest } = targetOf(words, ['<key>'])
  const [key = ''] = rest
  const rows = rowsOf(file, command)
  const row = rows.find((each) => each.key === key)
  const { output } = command.opts<ConfigOptions>()
  if (row === undefined) {
    const names = rows.map((each) => each.key)
    const known =
      file === 'client' ? `settings are ${names.join(', ')}` : `"wadi config list ${file}" shows those it has`
    throw new CommandError(
      `${pathOf(file, command)}: there is no ${key}.${didYouMean(key, names)}`,
      [known],
      EXIT.notFound,
    )
  }
  if (output === 'json') return print(context, 'json', { ...row })
  context.stdout.write(`${textOf(row.value)}\n`)
}

async function set(context: RunContext, words: readonly string[], command: Command): Promise<void> {
  const { file, rest } = targetOf(words, ['<key>', '<value>'])
  const [key = '', text = ''] = rest
  if (file === 'client') return setSetting(context, key, text, command)
  const target = nodeFile(nodeHome(command), file)
  await changeNode(context, target, key, nodeValue(target, key, text), command)
}

/** The file of settings with one key changed; other keys that are wrong do not stand in the way. */
async function setSetting(context: RunContext, key: string, text: string, command: Command): Promise<void> {
  refuseHome(key)
  const file = settingsFile(homeOf(command))
  settingValue(file, key, text)
  const before = existsSync(file) ? readText(file) : `${TITLE}\n`
  change(file, key, () => setInToml(before, [key], text))
  await done(context, file, { key, value: text }, command)
}

const TITLE = `# Settings of wadi: values of flags that nobody wants to write each time.
# "wadi help environment" says what goes before what; "wadi config list" shows what holds.
`

function refuseHome(key: string): void {
  if (key !== 'home') return
  throw new UsageError(
    'home cannot stand in the settings file, which is in it\n  - name it in your shell: export WADI_HOME=FOLDER',
  )
}

async function changeNode(
  context: RunContext,
  file: NodeFile,
  key: string,
  value: TomlValue | undefined,
  command: Command,
): Promise<void> {
  const before = readText(file.path)
  const path = key.split('.')
  change(file.path, key, () => {
    const after = value === undefined ? unsetInToml(before, path) : setInToml(before, path, value)
    file.check(parsedToml(file.path, after))
    return after
  })
  if (runningOn(homePaths(nodeHome(command)).runRecord) !== undefined)
    context.stderr.write('The node runs: it takes this when it is started again.\n')
  await done(context, file.path, { key, value: (value ?? null) as JsonValue }, command)
}

function change(file: string, key: string, make: () => string): void {
  try {
    const text = make()
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeWhole(file, text)
  } catch (error) {
    if (!(error instanceof TomlEditError)) throw error
    throw new CommandError(`${file}: ${key} cannot be changed: ${error.message}`, ['change it by hand'])
  }
}

async function done(context: RunContext, file: string, what: JsonObject, command: Command): Promise<void> {
  const { output } = command.opts<ConfigOptions>()
  if (output === 'json') return print(context, 'json', { file, ...what })
  context.stderr.write(`${file}: ${what['key']} is ${textOf(what['value'] ?? null) || '(none)'}\n`)
}

async function unset(context: RunContext, words: readonly string[], command: Command): Promise<void> {
  const { file, rest } = targetOf(words, ['<key>'])
  const [key = ''] = rest
  if (file !== 'client') {
    const target = nodeFile(nodeHome(command), file)
    if (tomlAt(nodeValues(target), key.split('.')) === undefined)
      throw noSuch(target.path, key, flat(nodeValues(target)))
    return changeNode(context, target, key, undefined, command)
  }
  refuseHome(key)
  const path = settingsFile(homeOf(command))
  const before = existsSync(path) ? readText(path) : ''
  const values = parsedToml(path, before)
  if (values[key] === undefined) throw noSuch(path, key, Object.entries(values))
  change(path, key, () => unsetInToml(before, [key]))
  await done(context, path, { key, value: null }, command)
}

function noSuch(file: string, key: string, entries: readonly (readonly [string, unknown])[]): CommandError {
  const near = nearest(
    key,
    entries.map(([name]) => name),
  )
  return new CommandError(
    `${file} does not set ${key}`,
    near === undefined ? [] : [`it sets ${near}`],
    EXIT.notFound,
  )
}

async function path(context: RunContext, words: readonly string[], command: Command): Promise<void> {
  const file = pathOf(targetOf(words, []).file, command)
  await print(context, command.opts<ConfigOptions>().output, file)
}

async function validate(context: RunContext, words: readonly string[], command: Command): Promise<void> {
  const named = words.length === 0 ? undefined : targetOf(words, []).file
  const home = nodeHome(command)
  // Unless a home is asked for, a node's files are looked at where there are some.
  const isNode = existsSync(homePaths(home).appToml)
  const hasClient = !isNode || home === DEFAULT_NODE_HOME || existsSync(settingsFile(homeOf(command)))
  const all: Target['file'][] = [
    ...(hasClient ? (['client'] as const) : []),
    ...(isNode ? (['app', 'cometbft'] as const) : []),
  ]
  const files = named === undefined ? all : [named]
  const findings = files.map((name) => finding(name, command))
  const { output } = command.opts<ConfigOptions>()
  if (output === 'json') await print(context, 'json', findings)
  else {
    for (const { file, ok, detail } of findings) {
      const mark = ok ? paint(context.stdout, 'green', 'ok ') : paint(context.stdout, 'red', 'BAD')
      context.stdout.write(`${mark} ${ok ? `${file}: ` : ''}${detail}\n`)
    }
  }
  if (findings.some(({ ok }) => !ok)) context.exit(EXIT.failed)
}

function finding(name: Target['file'], command: Command) {
  const file = pathOf(name, command)
  try {
    if (name !== 'client') {
      const target = nodeFile(nodeHome(command), name)
      target.check(nodeValues(target))
      return { file, ok: true, detail: 'a node can start from it' }
    }
    if (!existsSync(file))
      return { file, ok: true, detail: `does not exist; settings are ${settingNames().join(', ')}` }
    const values = readSettings(file)
    return { file, ok: true, detail: `sets ${[...values.keys()].join(', ') || 'nothing'}` }
  } catch (error) {
    return { file, ok: false, detail: (error as Error).message }
  }
}

type Run = (context: RunContext, words: readonly string[], command: Command) => Promise<void>

/** The commands of `wadi config` by name. */
export const configRuns: Readonly<Record<ConfigCommandName, Run>> = { list, get, set, unset, path, validate }
