import { type KeyCodec, type ProtoType, tuple, type ValueCodec, valueCodec } from './codec.ts'
import { Collection, type CollectionInfo, KeyMap, KeySet } from './collections.ts'
import type { ReadContext, WriteContext } from './context.ts'
import { assert } from './errors.ts'
import type { ByteString } from './kv.ts'
import type { Range, Source } from './range.ts'

/** An index as declared: which keys of it a row has. Made by {@link index} and {@link uniqueIndex}. */
export interface IndexDefinition<R, I, P = never> {
  readonly prefix: number
  readonly unique: boolean
  readonly codec: KeyCodec<I, P>
  /** The row's keys in this index; none leaves the row out. */
  readonly keysOf: (row: R) => readonly I[]
}

type Extracted<I> = I | readonly I[] | undefined
const asList = <I>(value: Extracted<I>, many: boolean): readonly I[] =>
  value === undefined ? [] : many ? (value as readonly I[]) : [value as I]

/** Rows by another key than their own; several rows may share it. `undefined` leaves a row out. */
export function index<R, I, P>(
  prefix: number,
  keyOf: (row: R) => I | undefined,
  codec: KeyCodec<I, P>,
): IndexDefinition<R, I, P> {
  return { prefix, unique: false, codec, keysOf: (row) => asList(keyOf(row), false) }
}

/** Rows by several keys each. */
export function multiIndex<R, I, P>(
  prefix: number,
  keysOf: (row: R) => readonly I[],
  codec: KeyCodec<I, P>,
): IndexDefinition<R, I, P> {
  return { prefix, unique: false, codec, keysOf: (row) => asList(keysOf(row), true) }
}

/** At most one row a key. Writing a second one is a bug: handlers check first and name the error. */
export function uniqueIndex<R, I, P>(
  prefix: number,
  keyOf: (row: R) => I | undefined,
  codec: KeyCodec<I, P>,
): IndexDefinition<R, I, P> {
  return { prefix, unique: true, codec, keysOf: (row) => asList(keyOf(row), false) }
}

// Index definitions of unlike keys stand in one record; the key type is recovered per name by IndexKey.
// biome-ignore lint/suspicious/noExplicitAny: variance of a heterogeneous record
type AnyIndex<R> = IndexDefinition<R, any, any>
type IndexKey<D> = D extends IndexDefinition<never, infer I, infer _P> ? I : never

interface Opened<R, K> {
  readonly definition: AnyIndex<R>
  readonly rows: KeySet<[unknown, K], [unknown]>
}

/** Rows that know their key, with indexes kept in step by `put` and `remove`. */
export class Table<R, K, X extends Readonly<Record<string, AnyIndex<R>>>, P = never> extends Collection {
  readonly #rows: KeyMap<K, R, P>
  readonly #keyOf: (row: R) => K
  readonly #indexes: ReadonlyMap<string, Opened<R, K>>

  constructor(prefix: number, value: ValueCodec<R>, keyOf: (row: R) => K, codec: KeyCodec<K, P>, indexes: X) {
    super({ prefix, kind: 'table', key: codec.name, value: value.name })
    this.#rows = new KeyMap(prefix, codec, value, 'table')
    this.#keyOf = keyOf
    const opened = new Map<string, Opened<R, K>>()
    for (const [name, definition] of Object.entries(indexes)) {
      const codecs = tuple(definition.codec, codec)
      opened.set(name, {
        definition,
        rows: new KeySet(definition.prefix, codecs as unknown as KeyCodec<[unknown, K], [unknown]>, 'index'),
      })
    }
    this.#indexes = opened
  }

  override parts(): readonly CollectionInfo[] {
    return [this.info, ...[...this.#indexes.values()].map(({ rows }) => rows.info)]
  }

  override bind(schemaId: number, name: string): void {
    super.bind(schemaId, name)
    this.#rows.bind(schemaId, name)
    for (const { rows } of this.#indexes.values()) rows.bind(schemaId, name)
  }

  get(ctx: ReadContext, key: K): R | undefined {
    return this.#rows.get(ctx, key)
  }

  has(ctx: ReadContext, key: K): boolean {
    return this.#rows.has(ctx, key)
  }

  /** Writes a row and brings every index in step with it. */
  put(ctx: WriteContext, row: R): void {
    const key = this.#keyOf(row)
    if (this.#indexes.size > 0) this.#reindex(ctx, key, this.#rows.get(ctx, key), row)
    this.#rows.set(ctx, key, row)
  }

  /** Removes a row, if there is one, from the table and its indexes. */
  remove(ctx: WriteContext, key: K): void {
    const row = this.#rows.get(ctx, key)
    if (row === undefined) return
    this.#reindex(ctx, key, row, undefined)
    this.#rows.remove(ctx, key)
  }

  /** All rows in key order. */
  *all(ctx: ReadContext, range: Range<K, P> = {}): Generator<R, void, undefined> {
    for (const [, row] of this.#rows.entries(ctx, range)) yield row
  }

  /** The rows that have `value` in the named index, in key order. */
  *where<N extends keyof X & string>(
    ctx: ReadContext,
    name: N,
    value: IndexKey<X[N]>,
    reverse = false,
  ): Generator<R, void, undefined> {
    const opened = this.#open(name)
    for (const [, key] of opened.rows.keys(ctx, { prefix: [value], reverse })) yield this.#row(ctx, key)
  }

  /** The first row that has `value` in the named index: the only one, where the index is unique. */
  find<N extends keyof X & string>(ctx: ReadContext, name: N, value: IndexKey<X[N]>): R | undefined {
    for (const row of this.where(ctx, name, value)) return row
    return undefined
  }

  /** All rows, or those with a leading part of the key, for {@link paginate}. */
  source(range: Pick<Range<K, P>, 'prefix'> = {}): Source<R> {
    return this.#rows.source(range, (_key, row) => row)
  }

  /** The rows of one index key, for {@link paginate}. */
  sourceWhere<N extends keyof X & string>(name: N, value: IndexKey<X[N]>): Source<R> {
    return this.#open(name).rows.source({ prefix: [value] }, (ctx, [, key]) => this.#row(ctx, key))
  }

  /** Names a row or index entry that contradicts another; undefined when all are in step. Walks the whole table. */
  inconsistency(ctx: ReadContext): string | undefined {
    let expected = 0
    for (const row of this.all(ctx)) {
      for (const [name, { definition, rows }] of this.#indexes) {
        for (const value of distinct(definition, row).values()) {
          expected++
          if (!rows.has(ctx, [value, this.#keyOf(row)])) return `a row is missing in index ${name}`
        }
      }
    }
    let found = 0
    for (const { rows } of this.#indexes.values()) for (const _ of rows.keys(ctx)) found++
    return found === expected ? undefined : `${found} index entries where ${expected} are due`
  }

  #open(name: string): Opened<R, K> {
    const opened = this.#indexes.get(name)
    assert(opened !== undefined, `table ${this.info.prefix} has no index ${name}`)
    return opened
  }

  #row(ctx: ReadContext, key: K): R {
    const row = this.#rows.get(ctx, key)
    assert(row !== undefined, `an index of table ${this.info.prefix} names a row that is not there`)
    return row
  }

  #reindex(ctx: WriteContext, key: K, before: R | undefined, after: R | undefined): void {
    for (const { definition, rows } of this.#indexes.values()) {
      const old = distinct(definition, before)
      const now = distinct(definition, after)
      for (const [bytes, value] of old) if (!now.has(bytes)) rows.remove(ctx, [value, key])
      for (const [bytes, value] of now) {
        if (old.has(bytes)) continue
        if (definition.unique) this.#assertFree(ctx, rows, value)
        rows.add(ctx, [value, key])
      }
    }
  }

  #assertFree(ctx: ReadContext, rows: KeySet<[unknown, K], [unknown]>, value: unknown): void {
    const taken = rows.walk(ctx, { prefix: [value] }).next()
    assert(!taken, `unique index ${rows.info.prefix} of table ${this.info.prefix} has that key already`)
  }
}

/** The keys a row has in an index, by their bytes, each once. */
function distinct<R>({ codec, keysOf }: AnyIndex<R>, row: R | undefined): Map<ByteString, unknown> {
  return new Map((row === undefined ? [] : keysOf(row)).map((value) => [codec.encode(value), value]))
}

/** Declares a table: the row type, which key a row has, and its indexes. */
export function table<
  R,
  K,
  P = never,
  X extends Readonly<Record<string, AnyIndex<R>>> = Record<never, never>,
>(
  prefix: number,
  type: ProtoType<R> | ValueCodec<R>,
  options: { readonly key: readonly [(row: R) => K, KeyCodec<K, P>]; readonly indexes?: X },
): Table<R, K, X, P> {
  const [keyOf, codec] = options.key
  return new Table(prefix, valueCodec(type), keyOf, codec, (options.indexes ?? {}) as X)
}
