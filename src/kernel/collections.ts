import { equalBytes } from '#lib/bytes.ts'
import {
  frozen,
  type KeyCodec,
  keyAsValue,
  type ProtoType,
  u64,
  type ValueCodec,
  valueCodec,
} from './codec.ts'
import { kvDelete, kvGet, kvHas, kvSet, type ReadContext, slotOf, type WriteContext } from './context.ts'
import { assert } from './errors.ts'
import { keyMaker } from './key-maker.ts'
import type { ByteString, KvIterator } from './kv.ts'
import { List, type Range, type Source, walk } from './range.ts'

/** What the README tables, export and tools know of a collection. */
export interface CollectionInfo {
  readonly prefix: number
  readonly kind: 'item' | 'sequence' | 'set' | 'map' | 'table' | 'index' | 'deadlines'
  readonly key: string
  readonly value: string
}

/** A collection is a constant; it works with whichever context it is given. `schema` tells it its store. */
export abstract class Collection {
  readonly info: CollectionInfo
  protected readonly own: ByteString
  #schemaId = -1
  #name = ''

  /** @param part tells apart what shares one prefix: put after it in every key */
  constructor(info: CollectionInfo, part: ByteString = '') {
    assert(
      Number.isInteger(info.prefix) && info.prefix >= 0 && info.prefix < 256,
      `prefix ${info.prefix} is not a byte`,
    )
    this.info = info
    this.own = String.fromCharCode(info.prefix) + part
  }

  /** Every prefix the collection occupies. */
  parts(): readonly CollectionInfo[] {
    return [this.info]
  }

  /** Called once by {@link schema}. */
  bind(schemaId: number, name: string): void {
    assert(this.#schemaId < 0, `a collection of ${name} already belongs to ${this.#name}`)
    this.#schemaId = schemaId
    this.#name = name
  }

  protected slot(ctx: ReadContext): number {
    return slotOf(ctx, this.#schemaId, this.#name)
  }

  /** The entries whose keys begin with `part`. */
  protected list(part: ByteString): List {
    return new List(this.#name, this.own + part)
  }
}

/** One value. */
export class Item<T> extends Collection {
  readonly #codec: ValueCodec<T>
  // Parameters are read with every transaction and hardly ever change: the same bytes are decoded once.
  #read: { readonly data: Uint8Array; readonly value: T } | undefined

  constructor(prefix: number, codec: ValueCodec<T>) {
    super({ prefix, kind: 'item', key: '', value: codec.name })
    this.#codec = codec
  }

  /** The value, frozen: it may be given out again. */
  get(ctx: ReadContext): T | undefined {
    const data = kvGet(ctx, this.slot(ctx), this.own)
    if (data === undefined) return undefined
    if (this.#read === undefined || !equalBytes(this.#read.data, data))
      this.#read = { data, value: frozen(this.#codec.decode(data)) }
    return this.#read.value
  }

  /** The value that genesis or a migration has put there; its absence is a bug. */
  must(ctx: ReadContext): T {
    const value = this.get(ctx)
    assert(value !== undefined, `item ${this.info.prefix} (${this.info.value}) was never set`)
    return value
  }

  set(ctx: WriteContext, value: T): void {
    kvSet(ctx, this.slot(ctx), this.own, this.#codec.encode(value))
  }

  remove(ctx: WriteContext): void {
    kvDelete(ctx, this.slot(ctx), this.own)
  }
}

/** A counter that never gives the same number twice. */
export class Sequence extends Collection {
  readonly #item: Item<bigint>
  readonly #first: bigint

  constructor(prefix: number, first: bigint) {
    super({ prefix, kind: 'sequence', key: '', value: 'u64' })
    this.#item = new Item(prefix, keyAsValue(u64))
    this.#first = first
  }

  override bind(schemaId: number, name: string): void {
    super.bind(schemaId, name)
    this.#item.bind(schemaId, name)
  }

  /** The number that `next` will give. */
  peek(ctx: ReadContext): bigint {
    return this.#item.get(ctx) ?? this.#first
  }

  next(ctx: WriteContext): bigint {
    const value = this.peek(ctx)
    this.#item.set(ctx, value + 1n)
    return value
  }

  set(ctx: WriteContext, value: bigint): void {
    this.#item.set(ctx, value)
  }
}

/** Keys and nothing else. */
export class KeySet<K, P = never> extends Collection {
  readonly codec: KeyCodec<K, P>
  protected readonly keyOf: (key: K) => ByteString

  constructor(prefix: number, codec: KeyCodec<K, P>, kind: 'set' | 'index' = 'set', part: ByteString = '') {
    super({ prefix, kind, key: codec.name, value: '' }, part)
    this.codec = codec
    this.keyOf = keyMaker(this.own, codec)
  }

  has(ctx: ReadContext, key: K): boolean {
    return kvHas(ctx, this.slot(ctx), this.keyOf(key))
  }

  add(ctx: WriteContext, key: K): void {
    kvSet(ctx, this.slot(ctx), this.keyOf(key), EMPTY)
  }

  remove(ctx: WriteContext, key: K): void {
    kvDelete(ctx, this.slot(ctx), this.keyOf(key))
  }

  *keys(ctx: ReadContext, range: Range<K, P> = {}): Generator<K, void, undefined> {
    const cursor = this.walk(ctx, range)
    while (cursor.next()) yield this.keyAt(cursor)
  }

  walk(ctx: ReadContext, range: Range<K, P>): KvIterator {
    return walk(ctx, this.slot(ctx), this.own, this.codec, range)
  }

  keyAt(cursor: KvIterator): K {
    return this.codec.decode({ text: cursor.key, at: this.own.length })
  }

  /** The keys, or those with a leading part, for {@link paginate}; `read` makes a row of a key. */
  source<R>(range: Pick<Range<K, P>, 'prefix'>, read: (ctx: ReadContext, key: K) => R): Source<R> {
    const list = this.list(range.prefix === undefined ? '' : this.codec.encodePrefix(range.prefix))
    return {
      walk: (ctx, reverse, key) => list.walk(ctx, this.slot(ctx), reverse, key),
      keyOf: (cursor) => list.keyOf(cursor),
      read: (ctx, cursor) => read(ctx, this.keyAt(cursor)),
    }
  }
}

const EMPTY = new Uint8Array()

/** Keys and values. */
export class KeyMap<K, V, P = never> extends Collection {
  readonly codec: KeyCodec<K, P>
  protected readonly keyOf: (key: K) => ByteString
  readonly #value: ValueCodec<V>

  constructor(
    prefix: number,
    codec: KeyCodec<K, P>,
    value: ValueCodec<V>,
    kind: 'map' | 'table' = 'map',
    part: ByteString = '',
  ) {
    super({ prefix, kind, key: codec.name, value: value.name }, part)
    this.codec = codec
    this.keyOf = keyMaker(this.own, codec)
    this.#value = value
  }

  get(ctx: ReadContext, key: K): V | undefined {
    const data = kvGet(ctx, this.slot(ctx), this.keyOf(key))
    return data === undefined ? undefined : this.#value.decode(data)
  }

  has(ctx: ReadContext, key: K): boolean {
    return kvHas(ctx, this.slot(ctx), this.keyOf(key))
  }

  set(ctx: WriteContext, key: K, value: V): void {
    kvSet(ctx, this.slot(ctx), this.keyOf(key), this.#value.encode(value))
  }

  /** Sets what is not there yet; false, and nothing else, if it is. */
  add(ctx: WriteContext, key: K, value: V): boolean {
    const slot = this.slot(ctx)
    const place = this.own + this.codec.encode(key)
    if (kvHas(ctx, slot, place)) return false
    kvSet(ctx, slot, place, this.#value.encode(value))
    return true
  }

  remove(ctx: WriteContext, key: K): void {
    kvDelete(ctx, this.slot(ctx), this.keyOf(key))
  }

  *entries(ctx: ReadContext, range: Range<K, P> = {}): Generator<[K, V], void, undefined> {
    const cursor = this.walk(ctx, range)
    while (cursor.next()) yield [this.keyAt(cursor), this.valueAt(cursor)]
  }

  walk(ctx: ReadContext, range: Range<K, P>): KvIterator {
    return walk(ctx, this.slot(ctx), this.own, this.codec, range)
  }

  keyAt(cursor: KvIterator): K {
    return this.codec.decode({ text: cursor.key, at: this.own.length })
  }

  valueAt(cursor: KvIterator): V {
    return this.#value.decode(cursor.value)
  }

  /** The entries, or those with a leading part, for {@link paginate}; `read` makes a row of an entry. */
  source<R>(range: Pick<Range<K, P>, 'prefix'>, read: (key: K, value: V) => R): Source<R> {
    const list = this.list(range.prefix === undefined ? '' : this.codec.encodePrefix(range.prefix))
    return {
      walk: (ctx, reverse, key) => list.walk(ctx, this.slot(ctx), reverse, key),
      keyOf: (cursor) => list.keyOf(cursor),
      read: (_ctx, cursor) => read(this.keyAt(cursor), this.valueAt(cursor)),
    }
  }
}

/** One value. */
export const item = <T>(prefix: number, type: ProtoType<T> | ValueCodec<T>): Item<T> =>
  new Item(prefix, valueCodec(type))

/** A counter; `first` is the first number it gives. */
export const sequence = (prefix: number, first = 1n): Sequence => new Sequence(prefix, first)

/** Keys and nothing else. */
export const set = <K, P>(prefix: number, key: KeyCodec<K, P>): KeySet<K, P> => new KeySet(prefix, key)

/** Keys and values. */
export const map = <K, P, V>(
  prefix: number,
  key: KeyCodec<K, P>,
  value: ProtoType<V> | ValueCodec<V>,
): KeyMap<K, V, P> => new KeyMap(prefix, key, valueCodec(value))
