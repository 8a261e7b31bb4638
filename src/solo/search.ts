import { compareDecimals, type Decimal, readDecimal } from '#lib/decimal-text.ts'
import type { ChainStore, StoredTx } from './chain-store.ts'
import { RpcRefusal } from './errors.ts'
import { goHexError } from './go-errors.ts'
import { MAX_SEARCH_ENTRIES } from './limits.ts'
import type { Condition, Query } from './query.ts'

/** Where a transaction stands, or with index -1 a block. */
export interface Place {
  readonly height: number
  readonly index: number
}

/** What kind of thing is searched: its events have a height of this name, which is no attribute of theirs. */
type Kind = 'tx' | 'block'

const HEIGHT_TAG: Readonly<Record<Kind, string>> = { tx: 'tx.height', block: 'block.height' }

/**
 * Transactions that a query matches, in no particular order. As in CometBFT's indexer all conditions, heights aside,
 * have to hold for one and the same event, and equality compares texts.
 */
export function searchTxs(store: ChainStore, query: Query): Place[] {
  const hash = query.find(({ tag }) => tag === 'tx.hash')
  if (hash === undefined) return search(store, query, 'tx')
  const problem = goHexError(hash.arg?.text ?? '')
  if (problem !== undefined)
    throw new RpcRefusal(`error during searching for a hash in the query: ${problem}`)
  if ((hash.arg?.text ?? '') === '')
    throw new RpcRefusal('error while retrieving the result: transaction hash cannot be empty')
  const found: StoredTx | undefined = store.txByHash(Buffer.from(hash.arg?.text ?? '', 'hex'))
  return found === undefined ? [] : [{ height: found.height, index: found.index }]
}

/** Heights of the blocks whose own events a query matches, in no particular order. */
export function searchBlocks(store: ChainStore, query: Query): number[] {
  return search(store, query, 'block').map(({ height }) => height)
}

function search(store: ChainStore, query: Query, kind: Kind): Place[] {
  const { heights, conditions } = splitHeights(query, kind)
  if (heights === undefined) return []
  const scan = new Scan(store, kind, heights)
  let found: Map<string, Place> | undefined
  for (const condition of conditions) {
    const matched = scan.matching(condition)
    found = found === undefined ? matched : intersection(found, matched)
    if (found.size === 0) return []
  }
  const places = new Map<string, Place>()
  for (const place of (found ?? scan.everything()).values())
    places.set(`${place.height}/${place.index}`, place)
  return [...places.values()]
}

function intersection(a: Map<string, Place>, b: ReadonlyMap<string, Place>): Map<string, Place> {
  for (const key of a.keys()) if (!b.has(key)) a.delete(key)
  return a
}

interface Range {
  readonly tag: string
  low?: { readonly value: Decimal; readonly inclusive: boolean }
  high?: { readonly value: Decimal; readonly inclusive: boolean }
}

/** Which heights are wanted; the bounds are what the database is asked for. */
interface Heights {
  readonly low: number
  readonly high: number
  readonly includes: (height: number) => boolean
}

function heightsIn(range: Range): Heights {
  const floor = ({ digits, places }: Decimal) => Number(digits / 10n ** BigInt(places))
  return {
    low: range.low === undefined ? 0 : floor(range.low.value),
    high: range.high === undefined ? Number.MAX_SAFE_INTEGER : floor(range.high.value) + 1,
    includes: (height) => inRange(range, { digits: BigInt(height), places: 0 }),
  }
}

/** Conditions on the height bound all others; what is left are ranges, one an attribute, and single conditions. */
function splitHeights(
  query: Query,
  kind: Kind,
): { heights: Heights | undefined; conditions: (Range | Condition)[] } {
  const heightTag = HEIGHT_TAG[kind]
  const ranges = new Map<string, Range>()
  const single: Condition[] = []
  let equal: number | undefined
  let written: string | undefined
  for (const condition of query) {
    const { tag, op, arg } = condition
    if (op === '<' || op === '<=' || op === '>' || op === '>=') {
      const range: Range = ranges.get(tag) ?? { tag }
      const value = arg?.kind === 'number' ? readDecimal(arg.text) : undefined
      if (value !== undefined && op.startsWith('>')) range.low = { value, inclusive: op === '>=' }
      else if (value !== undefined) range.high = { value, inclusive: op === '<=' }
      ranges.set(tag, range)
    } else if (tag === heightTag && op === '=') {
      const number = readDecimal(arg?.text ?? '')
      if (number === undefined) continue
      equal ??= Number(number.digits / 10n ** BigInt(number.places))
      written ??= arg?.text
    } else single.push(condition)
  }
  const bounds = ranges.get(heightTag)
  ranges.delete(heightTag)
  const conditions = [...ranges.values(), ...single]
  if (bounds !== undefined) return { heights: heightsIn(bounds), conditions }
  // Nothing at all is asked for; or a height of a transaction alone, which is looked up as it is written.
  const nothing =
    conditions.length === 0 && (equal === undefined || (kind === 'tx' && written !== `${equal}`))
  const one = { low: equal ?? 0, high: equal ?? Number.MAX_SAFE_INTEGER, includes: () => true }
  return { heights: nothing ? undefined : one, conditions }
}

function inRange({ low, high }: Range, value: Decimal): boolean {
  if (low === undefined && high === undefined) return false
  const above = low === undefined ? 1 : compareDecimals(value, low.value)
  const below = high === undefined ? -1 : compareDecimals(value, high.value)
  if (above < 0 || (above === 0 && low?.inclusive === false)) return false
  return below < 0 || (below === 0 && high?.inclusive !== false)
}

/** Looks at entries of the index, at so many at most. */
class Scan {
  readonly #store: ChainStore
  readonly #kind: Kind
  readonly #heights: Heights
  #seen = 0

  constructor(store: ChainStore, kind: Kind, heights: Heights) {
    this.#store = store
    this.#kind = kind
    this.#heights = heights
  }

  /** Transactions or blocks of the heights asked for; their event has the number 0. */
  everything(): Map<string, Place> {
    return this.#collect(this.#allRows(), () => true)
  }

  matching(condition: Condition | Range): Map<string, Place> {
    const side = this.#kind === 'tx' ? 'idx >= 0' : 'idx < 0'
    const { tag } = condition
    const columns = `SELECT value, height, idx, seq FROM event WHERE ${side} AND height BETWEEN ? AND ? AND tag = ?`
    const { low, high } = this.#heights
    const rows =
      tag === HEIGHT_TAG[this.#kind]
        ? // Of blocks CometBFT knows ranges of heights only.
          this.#kind === 'tx'
          ? this.#allRows()
          : []
        : 'op' in condition && condition.op === '='
          ? this.#store.each(`${columns} AND value = ?`, low, high, tag, condition.arg?.text ?? '')
          : this.#store.each(columns, low, high, tag)
    return this.#collect(rows, (value) => satisfies(condition, value))
  }

  #allRows(): Iterable<Record<string, unknown>> {
    const rows =
      this.#kind === 'tx'
        ? 'SELECT height AS value, height, idx, 0 AS seq FROM tx'
        : 'SELECT height AS value, height, -1 AS idx, 0 AS seq FROM block'
    const { low, high } = this.#heights
    return this.#store.each(`${rows} WHERE height BETWEEN ? AND ?`, low, high)
  }

  #collect(rows: Iterable<Record<string, unknown>>, wanted: (value: string) => boolean): Map<string, Place> {
    const found = new Map<string, Place>()
    for (const row of rows) {
      if (++this.#seen > MAX_SEARCH_ENTRIES)
        throw new RpcRefusal(
          `the search would look at more than ${MAX_SEARCH_ENTRIES} entries; narrow it, ` +
            'for instance with tx.height, or = instead of CONTAINS',
        )
      const height = row['height'] as number
      const index = row['idx'] as number
      if (this.#heights.includes(height) && wanted(String(row['value'])))
        found.set(`${height}/${index}/${row['seq']}`, { height, index })
    }
    return found
  }
}

function satisfies(condition: Condition | Range, value: string): boolean {
  if (!('op' in condition)) {
    const number = readDecimal(value)
    return number !== undefined && inRange(condition, number)
  }
  if (condition.op === 'EXISTS') return true
  if (condition.op === 'CONTAINS') return value.includes(condition.arg?.text ?? '')
  return value === condition.arg?.text
}
