import type { BlockRecord } from './chain-store.ts'

/** When blocks are made. */
export type Mining =
  /** As soon as a transaction waits; without one, every `idleMs`. */
  | { readonly kind: 'instant'; readonly idleMs: number }
  /** Every so many milliseconds, with what came meanwhile. */
  | { readonly kind: 'timed'; readonly ms: number }
  /** When somebody asks for one. */
  | { readonly kind: 'manual' }

export interface MinerOptions {
  readonly mining: Mining
  /** Makes a block; what it throws ends the node. */
  readonly make: (actions: string) => BlockRecord
  readonly waiting: () => number
  /** Told once, of the error that ended mining. */
  readonly failed: (error: Error) => void
}

/** Decides when the next block is due. */
export class Miner {
  readonly #options: MinerOptions
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Immediate | undefined
  #paused = true
  #failed = false

  constructor(options: MinerOptions) {
    this.#options = options
  }

  /** Begins, or goes on after {@link pause}. */
  start(): void {
    if (this.#failed) return
    this.#paused = false
    this.#schedule()
    this.txArrived()
  }

  /** Makes no block until {@link start}. */
  pause(): void {
    this.#paused = true
    clearTimeout(this.#timer)
    clearImmediate(this.#soon)
    this.#timer = undefined
    this.#soon = undefined
  }

  /** A transaction waits. Whatever else arrived with it is taken into the same block. */
  txArrived(): void {
    const { mining, waiting } = this.#options
    if (mining.kind !== 'instant' || this.#paused || this.#soon !== undefined || waiting() === 0) return
    this.#soon = setImmediate(() => {
      this.#soon = undefined
      this.mine()
    })
  }

  /** Makes a block now, whatever the mode; undefined where the node has failed. */
  mine(actions = ''): BlockRecord | undefined {
    if (this.#failed) return undefined
    try {
      const block = this.#options.make(actions)
      this.#schedule()
      // What did not fit is due at once, too.
      this.txArrived()
      return block
    } catch (error) {
      this.#failed = true
      this.pause()
      this.#options.failed(error instanceof Error ? error : new Error(String(error)))
      return undefined
    }
  }

  /** A block made early moves the next one: the time between two is what counts. */
  #schedule(): void {
    const { mining } = this.#options
    clearTimeout(this.#timer)
    if (this.#paused || mining.kind === 'manual') return
    this.#timer = setTimeout(() => this.mine(), mining.kind === 'timed' ? mining.ms : mining.idleMs)
  }
}
