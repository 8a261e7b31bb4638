import { compareDecimals, inOrder, type Order, readDecimal } from '#lib/decimal-text.ts'
import { RpcRefusal } from './errors.ts'
import { MAX_QUERY_LENGTH } from './limits.ts'
import { END, QueryError, Scanner, type Token, type TokenKind } from './query-scan.ts'

export type Comparison = Order | 'CONTAINS' | 'EXISTS'

/** `tag comparison argument`; EXISTS has none. */
export interface Condition {
  readonly tag: string
  readonly op: Comparison
  readonly arg?: { readonly kind: 'string' | 'number' | 'time' | 'date'; readonly text: string }
}

/** Conditions all of which have to hold. */
export type Query = readonly Condition[]

const COMPARISONS: readonly TokenKind[] = ['<=', '>=', '<', '>', '=', 'CONTAINS', 'EXISTS']
const ARGUMENTS: Readonly<Record<Exclude<Comparison, 'EXISTS'>, readonly TokenKind[]>> = {
  '<': ['number', 'time', 'date'],
  '<=': ['number', 'time', 'date'],
  '>': ['number', 'time', 'date'],
  '>=': ['number', 'time', 'date'],
  '=': ['number', 'time', 'date', 'string'],
  CONTAINS: ['string'],
}

/** Reads a query; throws `RpcRefusal` in CometBFT's words, and {@link QueryError} for what is no query. */
export function parseQuery(text: string): Query {
  if (Buffer.byteLength(text) > MAX_QUERY_LENGTH) throw new RpcRefusal('maximum query length exceeded')
  const scanner = new Scanner(text)
  const query = [readCondition(scanner)]
  for (let token = next(scanner); token !== undefined; token = next(scanner)) {
    // 6 is the number of the word AND in CometBFT's scanner, which forgets to name it here.
    if (token.kind !== 'AND') throw new QueryError(token.at, `got ${token.name}, want 6`)
    query.push(readCondition(scanner))
  }
  return query
}

/** What follows a condition: CometBFT's parser asks only whether the query ends there, and a text without end does. */
function next(
  scanner: Scanner,
): { readonly kind: string; readonly name: string; readonly at: number } | undefined {
  try {
    const token = scanner.next()
    return token === undefined ? undefined : { ...token, name: NAMES[token.kind] }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return error.problem === END ? undefined : { kind: 'invalid', name: 'invalid token', at: error.at }
  }
}

function readCondition(scanner: Scanner): Condition {
  const { text: tag } = require(scanner, ['tag'])
  const op = require(scanner, COMPARISONS).kind as Comparison
  if (op === 'EXISTS') return { tag, op }
  const { kind, text } = require(scanner, ARGUMENTS[op])
  return { tag, op, arg: { kind: kind as 'string' | 'number' | 'time' | 'date', text } }
}

function require(scanner: Scanner, wanted: readonly TokenKind[]): Token {
  const token = scanner.next()
  if (token === undefined) throw new QueryError(scanner.offset, END)
  if (wanted.includes(token.kind)) return token
  const names = wanted.map((kind) => NAMES[kind])
  const last = names.pop()
  const list = names.length === 0 ? last : `${names.join(', ')} or ${last}`
  throw new QueryError(token.at, `got ${NAMES[token.kind]}, wanted ${list}`)
}

const NAMES: Readonly<Record<TokenKind, string>> = {
  tag: 'tag',
  string: 'string',
  number: 'number',
  time: 'timestamp',
  date: 'datestamp',
  AND: 'AND operator',
  CONTAINS: 'CONTAINS operator',
  EXISTS: 'EXISTS operator',
  '=': '= operator',
  '<': '< operator',
  '<=': '<= operator',
  '>': '> operator',
  '>=': '>= operator',
}

/** A query as CometBFT writes it; two that are written alike are one subscription. */
export function queryText(query: Query): string {
  return query
    .map(({ tag, op, arg }) => (arg === undefined ? `${tag} ${op}` : `${tag} ${op} ${argText(arg)}`))
    .join(' AND ')
}

function argText({ kind, text }: NonNullable<Condition['arg']>): string {
  if (kind === 'string') return `'${text}'`
  return kind === 'number' ? text : `${kind.toUpperCase()} ${text}`
}

/** What an event says: its attributes' values by `type.key`. */
export type EventValues = ReadonlyMap<string, readonly string[]>

/** Whether all conditions hold for an event. */
export function matches(query: Query, events: EventValues): boolean {
  return query.every((condition) => {
    const values = events.get(condition.tag)
    if (values !== undefined) return values.some((value) => holds(condition, value))
    // A tag that is a type of event and no attribute stands for the event itself.
    const prefix = `${condition.tag}.`
    const named = [...events.keys()].some(
      (key) => key.startsWith(prefix) && !key.slice(prefix.length).includes('.'),
    )
    return named && holds(condition, '')
  })
}

function holds({ op, arg }: Condition, value: string): boolean {
  if (op === 'EXISTS' || arg === undefined) return true
  if (op === 'CONTAINS') return value.includes(arg.text)
  if (arg.kind === 'string') return value === arg.text
  const order = arg.kind === 'number' ? numberOrder(value, arg.text) : timeOrder(value, arg)
  return order !== undefined && inOrder(op, order)
}

/** A value may carry a unit, as `8atom` does: the digits in front of it count. */
function numberOrder(value: string, argument: string): number | undefined {
  const number = readDecimal(/^\d+(?:\.\d+)?/.exec(value)?.[0] ?? '')
  const wanted = readDecimal(argument)
  return number === undefined || wanted === undefined ? undefined : compareDecimals(number, wanted)
}

function timeOrder(value: string, { kind, text }: NonNullable<Condition['arg']>): number | undefined {
  const pattern =
    kind === 'date' ? /^\d{4}-\d\d-\d\d$/ : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
  const ms = pattern.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms - Date.parse(text)
}
