import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { httpRules, messageOf, messages, serviceOf, signerFields } from '#lib/reflect.ts'
import { overview } from '../src/cli/main.ts'
import { CATALOG } from '../src/cli/node/telemetry/catalog.ts'
import { registeredErrors } from '../src/kernel/errors.ts'
import type { Module } from '../src/kernel/module.ts'
import { describeState } from '../src/kernel/schema.ts'

const root = join(import.meta.dirname, '..')

type Row = readonly string[]

/** Headings of a table and its rows; a table without rows is written as “None.” */
export interface Table {
  readonly head: Row
  readonly rows: readonly Row[]
}

/**
 * Rewrites the tables between `<!-- table:X -->` and `<!-- /table -->` in modules/<name>/README.md from the code: State
 * from the schema, Messages, Queries and Events from the protos and their comments, Errors from the registry. In
 * README.md the table Commands, from the overview of the command line; and the table of metrics, from their catalog.
 *
 * `--check` changes nothing and names what is stale. Resolves to the exit code: 0, 1 for findings, 2 for bad arguments.
 */
export async function readme(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--check')) {
    console.error(`readme: unknown arguments "${args.join(' ')}"; use: readme [--check]`)
    return 2
  }
  const findings: string[] = []
  for (const folder of moduleFolders()) findings.push(...(await refresh(folder, args.includes('--check'))))
  findings.push(...refreshPage('README.md', { Commands: commandsTable() }, args.includes('--check')))
  findings.push(...refreshPage(TELEMETRY_PAGE, { Metrics: metricsTable() }, args.includes('--check')))
  for (const finding of findings) console.error(finding)
  return findings.length === 0 ? 0 : 1
}

function moduleFolders(): string[] {
  return readdirSync(join(root, 'modules'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(join(root, 'modules', name)).includes('module.ts'))
    .toSorted((a, b) => (a < b ? -1 : 1))
}

/** The commands of the overview. */
function commandsTable(): Table {
  return {
    head: ['Command', 'What it does'],
    rows: Object.entries(overview).map(([name, text]) => [`\`wadi ${name}\``, text]),
  }
}

const TELEMETRY_PAGE = 'src/cli/node/telemetry/README.md'

/** The metrics of the application. */
function metricsTable(): Table {
  return {
    head: ['Metric', 'Type', 'Labels', 'What it says'],
    rows: Object.entries(CATALOG).map(([name, [type, labels, help]]) => [`\`${name}\``, type, labels, help]),
  }
}

async function refresh(folder: string, checkOnly: boolean): Promise<string[]> {
  return refreshPage(`modules/${folder}/README.md`, await tablesOf(folder), checkOnly)
}

function refreshPage(path: string, tables: Readonly<Record<string, Table>>, checkOnly: boolean): string[] {
  let page: string
  try {
    page = readFileSync(join(root, path), 'utf8')
  } catch {
    return [`${path} is missing: say what the module is for, and leave room for its tables (CONTRIBUTING.md)`]
  }
  const { text, missing } = rewrite(page, tables)
  if (missing.length > 0)
    return missing.map((name) => `${path} has no <!-- table:${name} --> … <!-- /table -->`)
  if (text === page) return []
  if (checkOnly) return [`${path} is stale: run npm run readme`]
  writeFileSync(join(root, path), text)
  console.log(`wrote ${path}`)
  return []
}

/** Puts each table between its markers; `missing` are those that have no markers. */
export function rewrite(
  page: string,
  tables: Readonly<Record<string, Table>>,
): { text: string; missing: string[] } {
  const missing: string[] = []
  let text = page
  for (const [name, table] of Object.entries(tables)) {
    const between = new RegExp(`(<!-- table:${name} -->\\n)[\\s\\S]*?(<!-- /table -->)`)
    if (!between.test(text)) missing.push(name)
    text = text.replace(between, (_, open: string, close: string) => `${open}\n${render(table)}\n\n${close}`)
  }
  return { text, missing }
}

function render({ head, rows }: Table): string {
  if (rows.length === 0) return 'None.'
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  // Padded as the formatter pads, so that what one writes the other leaves alone.
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)))
  const line = (row: Row) => `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`
  const [first = [], ...rest] = cells.map(line)
  return [first, line(widths.map((width) => '-'.repeat(width))), ...rest].join('\n')
}

async function tablesOf(folder: string): Promise<Record<string, Table>> {
  const exports = (await import(join(root, 'modules', folder, 'module.ts'))) as Record<string, unknown>
  const module = Object.values(exports).find(isModule)
  if (module === undefined)
    throw new Error(`modules/${folder}/module.ts exports no module made by defineModule`)
  const services = [module.msgs, module.queries].flatMap((service) => service?.definition.fullName ?? [])
  return {
    State: stateTable(module),
    Messages: messagesTable(module.msgs?.definition.fullName),
    Queries: queriesTable(module.queries?.definition.fullName),
    Events: eventsTable([...new Set(services.map((name) => name.slice(0, name.lastIndexOf('.'))))]),
    Errors: errorsTable(codespaces(folder)),
  }
}

function isModule(value: unknown): value is Module {
  return typeof value === 'object' && value !== null && 'name' in value && 'version' in value
}

function stateTable({ state }: Module): Table {
  const rows = state === undefined ? [] : describeState(state)
  return {
    head: ['Prefix', 'Collection', 'Kind', 'Key', 'Value'],
    rows: rows.map(({ prefix, field, kind, key, value }) => [`${prefix}`, `\`${field}\``, kind, key, value]),
  }
}

/** The rpcs of a Msg service: who signs, and what the comment on the rpc says. */
export function messagesTable(service: string | undefined): Table {
  const methods = service === undefined ? [] : serviceOf(service).methods
  return {
    head: ['Message', 'Signer', 'What it does'],
    rows: methods.map(({ name, input, parent }) => [
      `\`${input.name}\``,
      signerFields(messageOf(input.typeName))
        .map((field) => `\`${field}\``)
        .join(', '),
      comment(`${parent.typeName}.${name}`),
    ]),
  }
}

/** The rpcs of a Query service: their REST routes, and what the comment on the rpc says. */
export function queriesTable(service: string | undefined): Table {
  const methods = service === undefined ? [] : serviceOf(service).methods
  return {
    head: ['Query', 'REST', 'What it returns'],
    rows: methods.map((method) => [
      `\`${method.name}\``,
      httpRules(method)
        .map(({ path }) => `\`${path}\``)
        .join(', '),
      comment(`${method.parent.typeName}.${method.name}`),
    ]),
  }
}

/** The typed events of a package: messages called `Event…`, and their fields. */
export function eventsTable(packages: readonly string[]): Table {
  const events = [...messages()].filter(
    ({ name, file, parent }) =>
      parent === undefined && /^Event[A-Z]/.test(name) && packages.includes(file.proto.package),
  )
  return {
    head: ['Event', 'When', 'Fields'],
    rows: events.map(({ typeName, fields }) => [
      `\`${typeName}\``,
      comment(typeName),
      fields.map(({ name }) => `\`${name}\``).join(', '),
    ]),
  }
}

function errorsTable(names: readonly string[]): Table {
  const factories = names.flatMap((name) => registeredErrors().get(name) ?? [])
  return {
    head: ['Codespace', 'Code', 'Meaning'],
    rows: factories
      .toSorted((a, b) =>
        a.codespace === b.codespace ? a.code - b.code : a.codespace < b.codespace ? -1 : 1,
      )
      .map(({ codespace, code, description }) => [codespace, `${code}`, description]),
  }
}

/** The codespaces that the files of a module declare. */
function codespaces(folder: string): string[] {
  const files = readdirSync(join(root, 'modules', folder)).filter((name) => /(?<!\.test)\.ts$/.test(name))
  const found = files.flatMap((name) => [
    ...readFileSync(join(root, 'modules', folder, name), 'utf8').matchAll(/\berrors\('([a-z0-9_-]+)'/g),
  ])
  return [...new Set(found.map(([, codespace = '']) => codespace))]
}

let comments: ReadonlyMap<string, string> | undefined

/** The comment on a message or rpc, by its full name, as one line. */
function comment(fullName: string): string {
  comments ??= readComments()
  const text = comments.get(fullName)
  if (text === undefined)
    throw new Error(`${fullName} has no comment in src/gen/image.binpb: run npm run proto`)
  return text
}

/** Locations name things by their path of field numbers: 4 is a file's messages, 6 its services, 2 their rpcs. */
function readComments(): Map<string, string> {
  const image = fromBinary(FileDescriptorSetSchema, readFileSync(join(root, 'src/gen/image.binpb')))
  const found = new Map<string, string>()
  for (const file of image.file) {
    for (const { path, leadingComments } of file.sourceCodeInfo?.location ?? []) {
      const [kind, index = -1, part, inner = -1] = path
      const service = kind === 6 ? file.service[index] : undefined
      const names =
        kind === 4 && path.length === 2
          ? [file.messageType[index]?.name]
          : service !== undefined && part === 2 && path.length === 4
            ? [service.name, service.method[inner]?.name]
            : undefined
      const text = leadingComments.trim().replace(/\s+/g, ' ')
      if (names !== undefined && text !== '') found.set([file.package, ...names].join('.'), text)
    }
  }
  return found
}
