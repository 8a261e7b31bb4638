import { type BlockMeta, decodeMeta } from '../app/state.ts'
import type { Chain } from '../kernel/chain.ts'
import { Context } from '../kernel/context.ts'
import { GasMeter } from '../kernel/gas.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { VersionPrunedError } from '../store/errors.ts'
import type { HeightRange } from '../store/history-database.ts'
import type { HistoryReader } from '../store/history-reader.ts'
import type { StoredVersion, StoreReader } from '../store/reader.ts'
import { GRPC, type Refusal, refuse } from './errors.ts'

/**
 * Gas that one query may use unless told otherwise. Reading a 300-byte value costs some 2,000, walking past one some
 * 1,000; all of it takes a fraction of a second, for which every other query waits.
 */
export const QUERY_GAS = 50_000_000

/** A committed version being read, held until the reading is over. */
export interface OpenVersion extends BlockMeta {
  readonly height: number
  readonly store: StoredVersion
}

/** Finds, holds and opens committed versions; refuses heights that are not there in the SDK's words. */
export class Versions {
  readonly #chain: Chain
  readonly #reader: StoreReader
  readonly #queryGas: number
  readonly #history: HistoryReader | undefined

  /** `history` has versions that are no longer in memory. */
  constructor(chain: Chain, reader: StoreReader, queryGas: number = QUERY_GAS, history?: HistoryReader) {
    this.#chain = chain
    this.#reader = reader
    this.#queryGas = queryGas
    this.#history = history
  }

  /** Height of the newest version; 0 before the first block. */
  get newest(): number {
    return this.#reader.version
  }

  get oldest(): number {
    return this.kept()[0]?.first ?? 0
  }

  /** The heights that can be asked for, oldest first, with what is missing between them left out. */
  kept(): HeightRange[] {
    const ranges = this.#history?.ranges(this.#reader.historyNext) ?? []
    const memory = { first: this.#reader.oldestVersion, last: this.newest }
    const last = ranges.at(-1)
    if (last === undefined || last.last < memory.first - 1) return [...ranges, memory]
    return [...ranges.slice(0, -1), { first: Math.min(last.first, memory.first), last: memory.last }]
  }

  /** The height that a request means: 0 is the newest. */
  resolve(height: number): number {
    const newest = this.newest
    if (newest === 0) {
      throw sdk.invalidHeight(`${this.#chain.name} is not ready; please wait for first block`)
    }
    if (height === 0) return newest
    if (!(height >= 0)) {
      throw sdk.invalidRequest('cannot query with height < 0; please provide a valid height')
    }
    if (height > newest) {
      throw sdk.invalidHeight('cannot query with height in the future; please provide a valid height')
    }
    return height
  }

  /** Runs `work` on one version, which is held meanwhile. What it returns must not refer to the version any more. */
  read<T>(height: number, work: (version: OpenVersion) => T): T {
    const wanted = this.resolve(height)
    const pinned = this.#reader.pin(wanted)
    const store = typeof pinned === 'string' ? this.#history?.version(wanted) : pinned
    if (store === undefined) throw this.#pruned(wanted)
    try {
      const value = work({ height: wanted, store, ...decodeMeta(store.meta) })
      store.check()
      return value
    } catch (error) {
      throw error instanceof VersionPrunedError ? this.#pruned(wanted) : error
    } finally {
      store.release()
    }
  }

  /** What a query handler gets. */
  context({ store, height, time, chainId }: OpenVersion): Context {
    const meter = new GasMeter(this.#queryGas)
    return new Context({ store, slots: this.#chain.slots, height: BigInt(height), time, chainId, meter })
  }

  #pruned(height: number): Refusal {
    const kept = this.kept().map(({ first, last }) => `${first} to ${last}`)
    const reason = `height ${height} is not available: pruned; this node keeps ${kept.join(' and ')}`
    return refuse(GRPC.outOfRange, sdk.notFound(`failed to load state at height ${height}: ${reason}`))
  }
}
