import { Histogram, histogramCells } from '#lib/metrics.ts'
import { servicesOf } from './routes.ts'

/** From an answer out of the cache to one that had to ask CometBFT and wait. */
const BOUNDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5, 20]
const CELLS = histogramCells(BOUNDS) + 1

/** Paths of `abci_query` that are no methods, and whatever else was asked. */
const OTHERS = ['store', 'app', 'p2p', 'unknown'] as const

/** What another thread needs to read along. */
export interface SharedCounts {
  readonly names: readonly string[]
  readonly cells: SharedArrayBuffer
}

export interface ClassCounts {
  readonly name: string
  readonly seconds: Histogram
  /** How many of them were answered with an error. */
  readonly failures: number
}

/**
 * How long queries take, by class: the service of a method, or the first part of another path. The worker counts in
 * shared memory, so that the figures can be read while it is busy, or stuck.
 */
export class QueryCounts {
  readonly shared: SharedCounts
  readonly #histograms: readonly Histogram[]
  readonly #failures: readonly Float64Array<SharedArrayBuffer>[]
  readonly #places: ReadonlyMap<string, number>
  readonly #methods: ReadonlyMap<string, number>

  /** @param methods paths of methods, whose services are among the names */
  constructor(shared: SharedCounts, methods: Iterable<string> = []) {
    const { names, cells } = shared
    this.shared = shared
    this.#places = new Map(names.map((name, at) => [name, at]))
    this.#methods = new Map(Array.from(methods, (path) => [path, this.#placeOf(path)]))
    const part = (at: number, from: number, length: number) =>
      new Float64Array(cells, (at * CELLS + from) * 8, length)
    this.#histograms = names.map((_, at) => new Histogram(BOUNDS, part(at, 0, CELLS - 1)))
    this.#failures = names.map((_, at) => part(at, CELLS - 1, 1))
  }

  /** Counts for these methods, by their paths. */
  static of(methods: readonly string[]): QueryCounts {
    const names = [...servicesOf(methods), ...OTHERS]
    const cells = new SharedArrayBuffer(names.length * CELLS * 8)
    return new QueryCounts({ names, cells }, methods)
  }

  /** Answers a query of this path, and counts it when the answer is there. */
  measure<T>(path: string, answer: () => T | Promise<T>): T | Promise<T> {
    const since = performance.now()
    const place = this.#methods.get(path) ?? this.#placeOf(path)
    try {
      const given = answer()
      if (given instanceof Promise) return this.#later(place, since, given)
      this.#count(place, since, true)
      return given
    } catch (error) {
      this.#count(place, since, false)
      throw error
    }
  }

  async #later<T>(place: number, since: number, answer: Promise<T>): Promise<T> {
    let good = false
    try {
      const given = await answer
      good = true
      return given
    } finally {
      this.#count(place, since, good)
    }
  }

  #count(place: number, since: number, good: boolean): void {
    this.#histograms[place]?.observe((performance.now() - since) / 1000)
    const failures = this.#failures[place]
    if (!good && failures !== undefined) failures[0] = (failures[0] as number) + 1
  }

  #placeOf(path: string): number {
    const first = path.split('/').find((part) => part !== '') ?? ''
    return this.#places.get(first) ?? (this.#places.get('unknown') as number)
  }

  /** The classes that were asked for. */
  classes(): readonly ClassCounts[] {
    return this.shared.names.flatMap((name, at) => {
      const seconds = this.#histograms[at] as Histogram
      if (seconds.cumulative().at(-1) === 0) return []
      return [{ name, seconds, failures: this.#failures[at]?.[0] ?? 0 }]
    })
  }
}
