import { clip, ValueError } from '#lib/bytes.ts'
import { compareDecimals, type Decimal, inOrder, type Order, readDecimal } from '#lib/decimal-text.ts'
import type { TxResult } from './tx-result.ts'

/** A query in CometBFT's language for events, or a function. An empty text takes all. */
export type TxQuery = string | ((tx: TxResult) => boolean)

/** A query that cannot be read. */
export class TxQueryError extends ValueError {
  override readonly name = 'TxQueryError'
}

type Condition = (tx: TxResult) => boolean

/** CometBFT's own bound on the length of a query (`rpc/core`). */
const MAX_LENGTH = 512

const CONDITION =
  /^\s*([^\s'=<>]+)\s*(?:(=|<=|>=|<|>)\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?))|(CONTAINS)\s+'([^']*)'|(EXISTS))\s*/
const AND = /^AND\s+/

/**
 * Reads `transfer.sender='wadi1…' AND tx.height>5`: conditions `type.attribute OP value` that all have to hold, each by
 * any event of the transaction; OP is one of =, <, <=, >, >= (the last four with a number), CONTAINS and EXISTS.
 * `tx.height`, `tx.hash` and `tm.event` mean what they do in CometBFT. Throws {@link TxQueryError}.
 */
export function txMatcher(query: TxQuery): Condition {
  if (typeof query === 'function') return query
  if (query.length > MAX_LENGTH)
    throw new TxQueryError(`a query of ${query.length} characters: ${MAX_LENGTH} are the most`)
  const conditions: Condition[] = []
  let rest = query.trim()
  while (rest !== '') {
    const match = CONDITION.exec(rest)
    if (match === null) throw refused(query, rest)
    conditions.push(condition(match))
    rest = rest.slice(match[0].length)
    if (rest === '') break
    const and = AND.exec(rest)
    if (and === null || and[0].length === rest.length) throw refused(query, rest)
    rest = rest.slice(and[0].length)
  }
  return (tx) => conditions.every((holds) => holds(tx))
}

const refused = (query: string, rest: string): TxQueryError =>
  new TxQueryError(
    `${clip(query)} is no query from ${clip(rest)} on: write conditions such as transfer.sender='wadi1…' or ` +
      'tx.height>5 with AND between them',
  )

function condition([
  ,
  key = '',
  operator,
  text,
  number,
  contains,
  part = '',
  exists,
]: RegExpExecArray): Condition {
  if (exists !== undefined) return (tx) => valuesOf(tx, key).length > 0
  if (contains !== undefined) return (tx) => valuesOf(tx, key).some((value) => value.includes(part))
  if (number === undefined) {
    if (operator !== '=') throw new TxQueryError(`${key} ${operator} '${text}': only numbers have an order`)
    return (tx) => valuesOf(tx, key).some((value) => sameText(value, text ?? '', key))
  }
  const limit = readDecimal(number)
  if (limit === undefined) throw new TxQueryError(`${key}: ${clip(number)} has more digits than are compared`)
  return (tx) =>
    valuesOf(tx, key).some((value) => {
      const found = numberIn(value)
      return found !== undefined && inOrder(operator as Order, compareDecimals(found, limit))
    })
}

/** All values that a transaction has for a key. */
function valuesOf(tx: TxResult, key: string): readonly string[] {
  if (key === 'tx.height') return [`${tx.height}`]
  if (key === 'tx.hash') return [tx.hash]
  if (key === 'tm.event') return ['Tx']
  return tx.events.raw.flatMap(({ type, attributes }) =>
    attributes.filter((attribute) => `${type}.${attribute.key}` === key).map(({ value }) => value),
  )
}

/** A hash may be written in either case. */
const sameText = (value: string, wanted: string, key: string): boolean =>
  key === 'tx.hash' ? value === wanted.toUpperCase() : value === wanted

/** The number that a value begins with, which may have a unit, as `5awadi`; typed events have theirs in quotes. */
const numberIn = (value: string): Decimal | undefined =>
  readDecimal(/^"?(-?\d+(?:\.\d+)?)/.exec(value)?.[1] ?? '')
