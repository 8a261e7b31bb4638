import { clip, ValueError } from '#lib/bytes.ts'
import { JsonScanner, type JsonSpan } from '#lib/json-stream.ts'
import { fromJson, type JsonValue, type Place, toJson, unpackedFromJson } from '#lib/proto-json.ts'
import { type DescField, messageOf, propertyOf } from '#lib/reflect.ts'
import { type Chain, runMigrations } from '../kernel/chain.ts'
import type { Context } from '../kernel/context.ts'
import { AppError, assert } from '../kernel/errors.ts'
import type { Genesis, GenesisDefinition, Module, OpenedRows } from '../kernel/module.ts'

/** A genesis document that cannot start a chain: `path` says where, the message what and how to mend it. */
export class GenesisError extends Error {
  override readonly name = 'GenesisError'
  readonly path: string

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`)
    this.path = path
  }
}

/** About how many entries the largest stores get from a document: a row of an account or a balance each. */
export function expectedEntries(appState: Uint8Array): number {
  return Math.trunc(appState.length / 256)
}

type Row = ((ctx: Context, row: unknown) => void) | OpenedRows

/**
 * Fills the store from `app_state`, module by module in the chain's order, whatever order the document has. Long
 * lists go to their module one row at a time: a document with a million accounts is never one object.
 */
export function initGenesis(ctx: Context, chain: Chain, appState: Uint8Array): void {
  const sections = sectionsOf(chain, appState)
  for (const module of chain.modules) {
    if (module.genesis === undefined) continue
    const section = sections.get(module.name)
    if (section === undefined) {
      throw new GenesisError(
        `app_state.${module.name}`,
        'is missing; `wadi genesis validate` shows the default',
      )
    }
    initModule(ctx, appState, section, module.genesis)
  }
  runMigrations(ctx, chain)
}

/** A module's part of the document: where it stands, and where each of its members does. */
interface Section {
  readonly span: JsonSpan
  readonly members: ReadonlyMap<string, JsonSpan>
}

/** Finds all parts in one pass over the document. */
function sectionsOf(chain: Chain, appState: Uint8Array): Map<string, Section> {
  const known = chain.modules.filter((module) => module.genesis !== undefined).map((module) => module.name)
  const sections = new Map<string, Section>()
  const whole = { start: 0, end: appState.length, path: 'app_state' }
  located('app_state', () => {
    const scanner = new JsonScanner(appState, { span: whole })
    scanner.members((key) => {
      if (!known.includes(key)) {
        throw new GenesisError(
          `app_state.${clip(key)}`,
          `no module has this name; there are ${known.join(', ')}`,
        )
      }
      const { path, offset: start } = scanner
      const members = new Map<string, JsonSpan>()
      scanner.members((member) => members.set(member, scanner.span()))
      sections.set(key, { span: { start, end: scanner.offset, path }, members })
    })
    scanner.end()
  })
  return sections
}

function initModule(ctx: Context, appState: Uint8Array, { span, members }: Section, genesis: Genesis): void {
  const definition = genesis.definition as GenesisDefinition<unknown>
  const { rows: takers = {}, finish } = definition.intake?.() ?? definition
  const rows = takers as Readonly<Record<string, Row>>
  const fields = new Map(messageOf(genesis.type.$type).fields.map((field) => [field.name, field]))
  const plain: Record<string, unknown> = {}
  const lists = new Map<string, { span: JsonSpan; field: DescField }>()
  located(span.path, () => {
    for (const [key, member] of members) {
      const scanner = new JsonScanner(appState, { span: member })
      const field = fields.get(key)
      if (field !== undefined && rows[propertyOf(field)] !== undefined && scanner.kind() === 'array') {
        lists.set(propertyOf(field), { span: member, field })
      } else plain[key] = scanner.value()
    }
  })
  located(span.path, () => definition.init(ctx, fromJson(genesis.type.$type, plain, span.path) as never))
  for (const [property, take] of Object.entries(rows)) {
    const list = lists.get(property)
    if (list !== undefined) initRows(ctx, appState, list.span, list.field, take)
  }
  located(span.path, () => finish?.(ctx))
}

function initRows(ctx: Context, appState: Uint8Array, span: JsonSpan, field: DescField, take: Row): void {
  const type = field.message
  if (type === undefined) throw new GenesisError(span.path, 'rows of this list are not messages')
  const scanner = new JsonScanner(appState, { span })
  const path = () => scanner.path
  const takeRow =
    typeof take === 'function'
      ? () => take(ctx, fromJson(type, scanner.value(), path))
      : () => take.opened(ctx, unpackedFromJson(scanner.value(), path))
  // The scanner stays at the row that stopped it.
  located(path, () => scanner.elements(takeRow))
}

/** Runs `work`; a value that does not fit is reported with the place in the document. */
export function located(path: Place, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (error instanceof GenesisError) throw error
    if (error instanceof ValueError && error.message.includes('app_state'))
      throw new GenesisError('genesis', error.message)
    if (error instanceof ValueError || error instanceof AppError)
      throw new GenesisError(typeof path === 'string' ? path : path(), error.message)
    throw error
  }
}

/** Every module's state as its genesis messages, in the chain's order. */
export function exportGenesis(
  ctx: Context,
  modules: readonly Module[],
): { name: string; type: string; state: object }[] {
  const sections: { name: string; type: string; state: object }[] = []
  for (const { name, genesis } of modules) {
    if (genesis === undefined) continue
    const definition = genesis.definition as GenesisDefinition<unknown>
    sections.push({ name, type: genesis.type.$type, state: definition.export(ctx) as object })
  }
  return sections
}

/**
 * The same as JSON text, `app_state` of a genesis document, in pieces: a list that a module hands out row by row is
 * written row by row.
 */
export function* genesisJson(ctx: Context, modules: readonly Module[]): Generator<string, void, undefined> {
  let separator = '{'
  for (const { name, type, state } of exportGenesis(ctx, modules)) {
    yield `${separator}${JSON.stringify(name)}:`
    yield* sectionJson(type, state as Readonly<Record<string, unknown>>)
    separator = ','
  }
  yield separator === '{' ? '{}' : '}'
}

function* sectionJson(
  type: string,
  state: Readonly<Record<string, unknown>>,
): Generator<string, void, undefined> {
  const { fields } = messageOf(type)
  const streamed = fields.filter((field) => isStream(state[propertyOf(field)]))
  const emptied = Object.fromEntries(streamed.map((field) => [propertyOf(field), []]))
  const plain = toJson(type, { ...state, ...emptied }) as Readonly<Record<string, JsonValue>>
  let separator = '{'
  for (const [key, value] of Object.entries(plain)) {
    yield `${separator}${JSON.stringify(key)}:`
    separator = ','
    const field = streamed.find(({ name }) => name === key)
    if (field === undefined) yield JSON.stringify(value)
    else yield* rowsJson(field, state[propertyOf(field)] as Iterable<object>)
  }
  yield separator === '{' ? '{}' : '}'
}

function* rowsJson({ message, name }: DescField, rows: Iterable<object>): Generator<string, void, undefined> {
  assert(message !== undefined, `rows of ${name} are not messages`)
  let separator = '['
  for (const row of rows) {
    yield `${separator}${JSON.stringify(toJson(message, row))}`
    separator = ','
  }
  yield separator === '[' ? '[]' : ']'
}

/** Whether a list is handed out row by row. */
const isStream = (value: unknown): value is Iterable<object> =>
  typeof value === 'object' &&
  value !== null &&
  Symbol.iterator in value &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array)
