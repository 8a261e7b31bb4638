import type { KeyCodec } from './codec.ts'
import { kvIterate, type ReadContext } from './context.ts'
import type { ByteString, KvIterator } from './kv.ts'

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

/** Entries that can be walked, resumed from a raw key, and read: what {@link paginate} pages over. */
export interface Source<R> {
  walk(ctx: ReadContext, reverse: boolean, resume?: ByteString): KvIterator | undefined
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

/** As {@link walk}, from the raw key `resume` on, included; undefined if that key lies outside the range. */
export function resume<K, P>(
  ctx: ReadContext,
  slot: number,
  own: ByteString,
  codec: KeyCodec<K, P>,
  range: Range<K, P> & { readonly reverse: boolean },
  from: ByteString | undefined,
): KvIterator | undefined {
  const { start, end } = boundsOf(own, codec, range)
  const { reverse } = range
  if (from === undefined) return kvIterate(ctx, slot, start, end, reverse)
  if (from < start || (end !== undefined && from >= end)) return undefined
  return reverse ? kvIterate(ctx, slot, start, `${from}\0`, true) : kvIterate(ctx, slot, from, end, false)
}
