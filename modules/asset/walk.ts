import type { LineageNode } from '#gen/wadi/asset/v1/types.ts'
import { type AppError, openPageKey, type PageRequest, type ReadContext, sealPageKey } from '#kernel'
import { fromByteString, toByteString } from '#lib/bytes.ts'
import { MAX_U64 } from '#lib/int.ts'
import { versionAt } from './due.ts'
import { err } from './errors.ts'
import { Heap } from './heap.ts'
import { state } from './state.ts'

/*
 * Walks through the lineage graph in pages. Along every link seq only falls (to parents) or only rises (to children),
 * so going by seq meets each version after all through which it can be reached: it appears once, with its least
 * distance, and a page needs to know only the versions behind it that still have neighbours ahead.
 */

export type Direction = 'ancestors' | 'descendants'

/** A version whose neighbours are part of the walk. */
interface Source {
  readonly seq: bigint
  readonly distance: number
}

/** A source and the nearest of its neighbours that the walk has not passed. */
interface Edge {
  readonly to: bigint
  readonly source: Source
  readonly rest: Iterator<bigint>
}

interface Cursor {
  /** The last seq that was passed; the walk goes on beyond it. */
  readonly passed: bigint
  /** The sources that reach beyond it; undefined if they were too many to write down. */
  readonly sources: readonly Source[] | undefined
}

export interface LineagePage {
  readonly rows: LineageNode[]
  readonly nextKey: Uint8Array
}

/** Rows of a page when nothing is said. */
const DEFAULT_LIMIT = 100
/** Sources a page key may hold: 12 bytes each, so that a key still fits a URL. Beyond, the walk is done again. */
const MOST_SOURCES = 256
const SOURCE_BYTES = 12

/** One page of all ancestors or descendants of the version with running number `start`. */
export function walkLineage(
  ctx: ReadContext,
  direction: Direction,
  start: bigint,
  options: {
    readonly maxDistance: number
    readonly page: PageRequest | undefined
    readonly mostRows: number
  },
): LineagePage {
  const { limit, key } = readPage(options.page, options.mostRows)
  const list = `${direction} of ${start} within ${options.maxDistance}`
  const cursor = key.length === 0 ? { passed: start, sources: undefined } : decodeCursor(list, key)
  const walk = new Walk(ctx, direction, options.maxDistance)
  if (cursor.sources === undefined) {
    walk.add({ seq: start, distance: 0 }, start)
    if (cursor.passed !== start) walk.skipTo(cursor.passed)
  } else for (const source of cursor.sources) walk.add(source, cursor.passed)

  const rows: LineageNode[] = []
  let passed = cursor.passed
  while (rows.length < limit) {
    const next = walk.next()
    if (next === undefined) return { rows, nextKey: new Uint8Array() }
    passed = next.seq
    const { assetId, version, seq, status } = versionAt(ctx, next.seq)
    rows.push({ assetId, version, seq, status, distance: next.distance })
  }
  return { rows, nextKey: walk.isDone ? new Uint8Array() : encodeCursor(list, passed, walk.sources()) }
}

class Walk {
  readonly #ctx: ReadContext
  readonly #direction: Direction
  readonly #maxDistance: number
  readonly #edges: Heap<Edge>

  constructor(ctx: ReadContext, direction: Direction, maxDistance: number) {
    this.#ctx = ctx
    this.#direction = direction
    this.#maxDistance = maxDistance
    this.#edges = new Heap<Edge>((a, b) => this.#isBefore(a.to, b.to))
  }

  get isDone(): boolean {
    return this.#edges.first === undefined
  }

  #isBefore(a: bigint, b: bigint): boolean {
    return this.#direction === 'ancestors' ? a > b : a < b
  }

  /** Makes a version's neighbours beyond `passed` part of the walk. */
  add(source: Source, passed: bigint): void {
    if (this.#maxDistance !== 0 && source.distance >= this.#maxDistance) return
    this.#follow(source, neighbours(this.#ctx, this.#direction, source.seq, passed))
  }

  /** The next version and its least distance. */
  next(): Source | undefined {
    const seq = this.#edges.first?.to
    if (seq === undefined) return undefined
    let distance = Number.MAX_SAFE_INTEGER
    while (this.#edges.first?.to === seq) {
      const { source, rest } = this.#edges.pop() as Edge
      distance = Math.min(distance, source.distance + 1)
      this.#follow(source, rest)
    }
    const found = { seq, distance }
    this.add(found, seq)
    return found
  }

  /** Walks on without looking at what it passes. */
  skipTo(passed: bigint): void {
    for (
      let at = this.#edges.first;
      at !== undefined && !this.#isBefore(passed, at.to);
      at = this.#edges.first
    ) {
      this.next()
    }
  }

  /** The versions behind that still have neighbours ahead; undefined if they are too many. */
  sources(): readonly Source[] | undefined {
    return this.#edges.size > MOST_SOURCES ? undefined : this.#edges.items.map(({ source }) => source)
  }

  #follow(source: Source, rest: Iterator<bigint>): void {
    const { done, value } = rest.next()
    if (done !== true) this.#edges.push({ to: value, source, rest })
  }
}

/** The direct neighbours of a version beyond `passed`, nearest seq first. */
function* neighbours(
  ctx: ReadContext,
  direction: Direction,
  seq: bigint,
  passed: bigint,
): Generator<bigint, void, undefined> {
  if (direction === 'ancestors') {
    const range = { prefix: [seq] as [bigint], to: [seq, passed] as [bigint, bigint], reverse: true }
    for (const [[, parent]] of state.links.entries(ctx, range)) yield parent
    return
  }
  const range = { prefix: [seq] as [bigint], from: [seq, passed + 1n] as [bigint, bigint] }
  for (const [, child] of state.children.keys(ctx, range)) yield child
}

const invalid = (detail: string): AppError => err.invalidPage(detail)

function readPage(page: PageRequest | undefined, mostRows: number): { limit: number; key: Uint8Array } {
  if (page === undefined) return { limit: Math.min(DEFAULT_LIMIT, mostRows), key: new Uint8Array() }
  const { key, limit, offset, countTotal, reverse } = page
  if (offset !== 0n || countTotal || reverse) {
    throw invalid('a walk is paged by pagination.key and pagination.limit alone, leave the others out')
  }
  if (limit > BigInt(mostRows)) throw invalid(`pagination.limit ${limit}, at most ${mostRows}`)
  return { limit: limit === 0n ? Math.min(DEFAULT_LIMIT, mostRows) : Number(limit), key }
}

function encodeCursor(list: string, passed: bigint, sources: readonly Source[] | undefined): Uint8Array {
  const bytes = new Uint8Array(8 + (sources?.length ?? 0) * SOURCE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, passed)
  for (const [i, { seq, distance }] of (sources ?? []).entries()) {
    view.setBigUint64(8 + i * SOURCE_BYTES, seq)
    view.setUint32(16 + i * SOURCE_BYTES, distance)
  }
  return fromByteString(sealPageKey(list, toByteString(bytes)))
}

function decodeCursor(list: string, key: Uint8Array): Cursor {
  const place = openPageKey(list, toByteString(key))
  const count = place === undefined ? -1 : (place.length - 8) / SOURCE_BYTES
  if (place === undefined || !Number.isInteger(count) || count < 0 || count > MOST_SOURCES) {
    throw invalid(`pagination.key of ${key.length} bytes is not a key that a page of this walk ended with`)
  }
  const view = new DataView(fromByteString(place).buffer)
  const passed = view.getBigUint64(0)
  if (passed === MAX_U64) throw invalid('pagination.key names a seq that there never is')
  const sources = Array.from({ length: count }, (_, i) => ({
    seq: view.getBigUint64(8 + i * SOURCE_BYTES),
    distance: view.getUint32(16 + i * SOURCE_BYTES),
  }))
  return { passed, sources: count === 0 ? undefined : sources }
}
