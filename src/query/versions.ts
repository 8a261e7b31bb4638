import { type BlockMeta, decodeMeta } from '../app/state.ts'
import type { Chain } from '../kernel/chain.ts'
import { Context } from '../kernel/context.ts'
import { GasMeter } from '../kernel/gas.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { VersionPrunedError } from '../store/errors.ts'
import type { PinnedVersion, StoreReader } from '../store/reader.ts'
import { GRPC, type Refusal, refuse } from './errors.ts'

/**
 * Gas that one query may use unless told otherwise. Reading a 300-byte value costs some 2,000, walking past one some
 * 1,000; all of it takes a fraction of a second, for which every other query waits.
 */
export const QUERY_GAS = 50_000_000

/** A committed version being read, held until the reading is over. */
export interface OpenVersion extends BlockMeta {
  readonly height: number
  readonly store: PinnedVersion
}

/** Finds, holds and opens committed versions; refuses heights that are not there in the SDK's words. */
export class Versions {
  readonly #chain: Chain
  readonly #reader: StoreReader
  readonly #queryGas: number

  constructor(chain: Chain, reader: StoreReader, queryGas: number = QUERY_GAS) {
    this.#chain = chain
    this.#reader = reader
    this.#queryGas = queryGas
  }

  /** Height of the newest version; 0 before the first block. */
  get newest(): number {
    return this.#reader.version
  }

  get oldest(): number {
    return this.#reader.oldestVersion
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
    const store = this.#reader.pin(wanted)
    if (typeof store === 'string') throw this.#pruned(wanted)
    try {
      const value = work({ height: wanted, store, ...decodeMeta(store.record.meta) })
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
    const { oldest, newest } = this
    const reason = `height ${height} is not available: pruned; this node keeps ${oldest} to ${newest}`
    return refuse(GRPC.outOfRange, sdk.notFound(`failed to load state at height ${height}: ${reason}`))
  }
}
