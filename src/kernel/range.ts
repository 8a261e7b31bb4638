import type { KeyCodec } from './codec.ts'
import { kvIterate, type ReadContext } from './context.ts'
import type { ByteString, KvIterator } from './kv.ts'
import { openPageKey, sealPageKey } from './page-key.ts'

/** Which keys to walk, and in which direction. Without anything: all of them, upwards. */
export interface Range<K, P = never> {
  /** Only keys that begin with these leading parts. */
  readonly prefix?: P
  /** First key, included. */
  readonly from?: K
  /** Last key, left out. */
  readonly to?: K
  readonly reverse?: boolean
}

/** Entries that can be walked, resumed from a page key, and read: what {@link paginate} pages over. */
export interface Source<R> {
  /** From the entry on that `key` names, included; undefined if it is not a page key of this list. */
  walk(ctx: ReadContext, reverse: boolean, key?: ByteString): KvIterator | undefined
  /** The page key that resumes at an entry. */
  keyOf(cursor: KvIterator): ByteString
  read(ctx: ReadContext, cursor: KvIterator): R
}

/** The lowest byte string above every one that begins with `prefix`; undefined if there is none. */
export function prefixEnd(prefix: ByteString): ByteString | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const unit = prefix.charCodeAt(i)
    if (unit < 0xff) return prefix.slice(0, i) + String.fromCharCode(unit + 1)
  }
  return undefined
}

/** The bounds of a range below a collection's own prefix. */
function boundsOf<K, P>(own: ByteString, codec: KeyCodec<K, P>, range: Range<K, P>) {
  const base = range.prefix === undefined ? own : own + codec.encodePrefix(range.prefix)
  const start = range.from === undefined ? base : own + codec.encode(range.from)
  const end = range.to === undefined ? prefixEnd(base) : own + codec.encode(range.to)
  return { start, end }
}

/** Walks raw entries of a range; safe while entries are removed or added. */
export function walk<K, P>(
  ctx: ReadContext,
  slot: number,
  own: ByteString,
  codec: KeyCodec<K, P>,
  range: Range<K, P>,
): KvIterator {
  const { start, end } = boundsOf(own, codec, range)
  return kvIterate(ctx, slot, start, end, range.reverse ?? false)
}

/** The entries below one leading part of a collection's keys. */
export class List {
  readonly #base: ByteString
  /** What page keys are sealed with: the same part of two modules, or two parts of one, are different lists. */
  readonly #name: ByteString

  constructor(module: string, base: ByteString) {
    this.#base = base
    this.#name = `${module}/${base}`
  }

  /** Walks it, from a page key on where one is given; undefined if that is none of this list. */
  walk(
    ctx: ReadContext,
    slot: number,
    reverse: boolean,
    key: ByteString | undefined,
  ): KvIterator | undefined {
    const end = prefixEnd(this.#base)
    if (key === undefined) return kvIterate(ctx, slot, this.#base, end, reverse)
    const place = openPageKey(this.#name, key)
    if (place === undefined) return undefined
    const from = this.#base + place
    return reverse
      ? kvIterate(ctx, slot, this.#base, `${from}\0`, true)
      : kvIterate(ctx, slot, from, end, false)
  }

  keyOf(cursor: KvIterator): ByteString {
    return sealPageKey(this.#name, cursor.key.slice(this.#base.length))
  }
}
