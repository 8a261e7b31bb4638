import type { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import type { ByteString } from '#lib/bytes.ts'
import { toByteString } from '#lib/bytes.ts'
import type { AbciApp, CheckTxResponse } from '../abci/types.ts'
import type { IndexPredicate } from './app-events.ts'
import { publishBlock } from './block-events.ts'
import { timeOfMs } from './block-time.ts'
import type { BlockRecord, ChainStore, StoredTx } from './chain-store.ts'
import { RpcRefusal, SoloError } from './errors.ts'
import { EventBus } from './event-bus.ts'
import type { Genesis } from './genesis.ts'
import type { MempoolLimits } from './mempool.ts'
import { Miner, type Mining } from './miner.ts'
import { Producer } from './producer.ts'
import type { Signer } from './signer.ts'

/** How a node names itself in `status`. */
export interface NodeInfo {
  /** 20 bytes in lower-case hexadecimal. */
  readonly id: string
  readonly moniker: string
  readonly version: string
}

export interface SoloNodeOptions {
  readonly genesis: Genesis
  readonly sign: Signer
  readonly store: ChainStore
  readonly app: AbciApp
  readonly indexed: IndexPredicate
  readonly info: NodeInfo
  readonly mining: Mining
  /** Says what the next block executes before its transactions. */
  readonly beforeBlock: (actions: string) => void
  readonly mempool?: Partial<MempoolLimits>
  /** Milliseconds since 1970; the system's clock when absent. */
  readonly clock?: () => number
}

/** The setting that keeps by how many milliseconds the clock was moved. */
export const CLOCK_OFFSET = 'clock-offset-ms'

/** The chain of one node: what its RPC asks and tells it. */
export class SoloNode {
  readonly options: SoloNodeOptions
  readonly bus = new EventBus()
  readonly miner: Miner
  /** Resolves with what the application threw: nothing can go on after that. */
  readonly failed: Promise<Error>
  /** Where the RPC listens, as `tcp://127.0.0.1:26657`; known once it does. */
  rpcAddress = ''
  #producer: Producer
  #app: AbciApp
  #offsetMs: number
  readonly #awaited = new Map<ByteString, ((tx: StoredTx) => void)[]>()
  #busy: Promise<void> | undefined
  #fail: (error: Error) => void = () => {}

  constructor(options: SoloNodeOptions) {
    this.options = options
    this.#app = options.app
    refuseOtherGenesis(options)
    this.#offsetMs = Number(options.store.setting(CLOCK_OFFSET) ?? 0)
    this.#producer = this.#newProducer()
    this.failed = new Promise((resolve) => {
      this.#fail = resolve
    })
    this.miner = new Miner({
      mining: options.mining,
      make: (actions) => this.#make(actions),
      waiting: () => this.#producer.mempool.size,
      failed: (error) => this.#fail(error),
    })
  }

  get app(): AbciApp {
    return this.#app
  }

  get producer(): Producer {
    return this.#producer
  }

  get store(): ChainStore {
    return this.options.store
  }

  get genesis(): Genesis {
    return this.options.genesis
  }

  /** Lowest height there is; 0 before the first block. */
  get base(): number {
    return this.store.height === 0 ? 0 : this.genesis.initialHeight
  }

  /** Brings the application to the stored height, makes the first block if there is none, and begins to mine. */
  start(): { readonly replayed: number } {
    const caughtUp = this.#producer.catchUp()
    if (this.store.height === 0) this.#make('')
    this.miner.start()
    return caughtUp
  }

  /** Something is under way that calls have to wait for; undefined when not. */
  get busy(): Promise<void> | undefined {
    return this.#busy
  }

  /** Checks a transaction and keeps it for a block; throws `RpcRefusal` where it is not even looked at. */
  addTx(tx: Uint8Array): CheckTxResponse {
    const response = this.#guard(() => this.#producer.mempool.add(tx))
    this.miner.txArrived()
    return response
  }

  checkTx(tx: Uint8Array): CheckTxResponse {
    return this.#guard(() => this.#app.checkTx(tx, false))
  }

  /** Resolves with the transaction once it is in a block; the second function takes the wish back. */
  untilCommitted(hash: Uint8Array): readonly [Promise<StoredTx>, () => void] {
    const key = toByteString(hash)
    let settle: (tx: StoredTx) => void = () => {}
    const committed = new Promise<StoredTx>((resolve) => {
      settle = resolve
    })
    this.#awaited.set(key, [...(this.#awaited.get(key) ?? []), settle])
    const forget = () => {
      const left = this.#awaited.get(key)?.filter((each) => each !== settle) ?? []
      if (left.length === 0) this.#awaited.delete(key)
      else this.#awaited.set(key, left)
    }
    return [committed, forget]
  }

  /** Time on the node's clock, which may have been moved. */
  now(): Timestamp {
    return timeOfMs((this.options.clock ?? Date.now)() + this.#offsetMs)
  }

  get offsetMs(): number {
    return this.#offsetMs
  }

  set offsetMs(ms: number) {
    this.#offsetMs = ms
    this.store.set({ [CLOCK_OFFSET]: `${ms}` })
  }

  /** Goes on with another application over the stored blocks; what waited is offered to it again. */
  reopen(app: AbciApp, waiting: readonly Uint8Array[]): void {
    this.#app = app
    this.#producer = this.#newProducer()
    this.#producer.catchUp()
    for (const tx of waiting) this.#guard(() => this.#producer.mempool.add(tx))
  }

  /** Runs `work` alone: calls wait, no block is made. What it throws ends the node, unless it is an `RpcRefusal`. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    while (this.#busy !== undefined) await this.#busy
    this.miner.pause()
    const result = work()
    this.#busy = result.then(
      () => {},
      () => {},
    )
    try {
      const value = await result
      this.#busy = undefined
      this.miner.start()
      return value
    } catch (error) {
      this.#busy = undefined
      if (error instanceof RpcRefusal) this.miner.start()
      else this.#fail(error as Error)
      throw error
    }
  }

  #newProducer(): Producer {
    const { genesis, sign, store, indexed, beforeBlock, mempool } = this.options
    const now = () => this.now()
    return new Producer({
      genesis,
      sign,
      store,
      app: this.#app,
      indexed,
      beforeBlock,
      now,
      ...(mempool === undefined ? {} : { mempool }),
    })
  }

  #make(actions: string): BlockRecord {
    const block = this.#producer.produce(actions)
    publishBlock(this.bus, block)
    block.txs.forEach(({ hash, tx, result }, index) => {
      const key = toByteString(hash)
      for (const settle of this.#awaited.get(key) ?? [])
        settle({ height: block.height, index, hash, tx, result })
      this.#awaited.delete(key)
    })
    return block
  }

  /** What the application throws where it may not ends the node. */
  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RpcRefusal)) {
        this.miner.pause()
        this.#fail(error as Error)
      }
      throw error
    }
  }
}

const GENESIS = 'genesis'

function refuseOtherGenesis({ store, genesis }: SoloNodeOptions): void {
  const ours = Buffer.from(genesis.hash).toString('hex')
  const stored = store.setting(GENESIS)
  if (stored === undefined) store.set({ [GENESIS]: ours })
  else if (stored !== ours)
    throw new SoloError('the stored blocks are of another genesis file', [
      'put the genesis file back with which the chain was started',
      'or start it over with --reset',
    ])
}
