import type { AbciApp } from '../../abci/types.ts'
import { decodeMeta } from '../../app/state.ts'
import type { Chain } from '../../kernel/chain.ts'
import { Context, type WriteContext } from '../../kernel/context.ts'
import { QueryThread } from '../../query/thread.ts'
import { type DevAction, type DevBackend, readActions } from '../../solo/dev.ts'
import { Overlay } from '../../store/overlay.ts'
import { Snapshotter } from '../../store/snapshot.ts'
import type { DevStateTools, NodeContext } from '../context.ts'
import { type OpenedApp, openApp, type QueryDoors } from './app-server.ts'
import type { SoloOptions } from './solo.ts'
import { makeStateFolder, replaceState } from './solo-state.ts'

/** The application of a solo node: can be brought back to an earlier state, and does what `dev_*` methods ask of it. */
export class SoloApp implements DevBackend {
  readonly #context: NodeContext
  readonly #options: SoloOptions
  readonly #tools: DevStateTools
  readonly #chain: Chain
  #next: readonly DevAction[] = []
  /** A thread for the queries of the application that is opened next: its code loads before it is needed. */
  #spare: QueryThread | undefined
  #opened: OpenedApp | undefined

  constructor(context: NodeContext, options: SoloOptions) {
    this.#context = context
    this.#options = options
    this.#spare = context.queryThread
    this.#tools = context.devTools
    this.#chain = withFirst(context.chain, (ctx) => {
      for (const action of this.#next) this.#perform(ctx, action)
      this.#next = []
    })
  }

  async open(): Promise<AbciApp> {
    const { home, log, rpc, rest, grpc } = this.#options
    this.#opened = await openApp({
      home,
      log,
      rest,
      grpc,
      portable: true,
      chain: this.#chain,
      software: this.#context.version,
      rpcUrl: `http://${rpc.host === '0.0.0.0' ? '127.0.0.1' : rpc.host}:${rpc.port}`,
      ...(this.#spare === undefined ? {} : { queryThread: this.#spare }),
    })
    this.#spare = undefined
    return this.#opened.app
  }

  /** Resolves when queries are answered. */
  get serving(): Promise<QueryDoors> {
    return this.#current.serving
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.pool.close()
    await opened?.storage.close()
  }

  /** Has the next block execute these actions before its transactions. */
  beforeBlock(actions: string): void {
    this.#next = readActions(actions)
  }

  tryOut(action: DevAction): void {
    const { storage } = this.#current
    const { slots, subscriptions } = this.#chain
    const store = new Overlay(storage)
    const { time, chainId } = decodeMeta(storage.meta)
    const height = BigInt(storage.version)
    this.#perform(new Context({ store, slots, subscriptions, height, time, chainId }), action)
  }

  async saveState(folder: string): Promise<void> {
    const { storage } = this.#current
    // Where somebody takes snapshots, a revert is to be expected.
    this.#spare ??= new QueryThread()
    makeStateFolder(folder)
    await new Snapshotter(folder, storage.store).write(storage.version)
  }

  async restoreState(folder: string): Promise<AbciApp> {
    await this.close()
    this.replaceState(folder)
    const app = await this.open()
    // Whoever asked for the revert may query at once.
    await this.serving
    return app
  }

  /** Puts a saved state in the place of what the closed application has. */
  replaceState(folder: string): void {
    replaceState(folder, this.#options.home.paths.appData)
  }

  #perform(ctx: WriteContext, { set_balance: { address, coins } }: DevAction): void {
    this.#tools.setBalance(ctx, address, coins)
  }

  get #current(): OpenedApp {
    if (this.#opened === undefined) throw new Error('the application is closed')
    return this.#opened
  }
}

/** The same chain with something that runs first in every block. */
function withFirst(chain: Chain, first: (ctx: WriteContext) => void): Chain {
  const [head, ...rest] = chain.modules
  if (head === undefined) return chain
  const module: typeof head = {
    ...head,
    beginBlock(ctx) {
      first(ctx)
      head.beginBlock?.(ctx)
    },
  }
  return { ...chain, modules: [module, ...rest] }
}
