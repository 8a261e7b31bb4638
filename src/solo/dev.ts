import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AbciApp } from '../abci/types.ts'
import type { ChainStore } from './chain-store.ts'
import { RpcRefusal } from './errors.ts'
import { MAX_DEV_BLOCKS, MAX_DEV_SECONDS, MAX_DEV_SNAPSHOTS, MEMPOOL_BYTES } from './limits.ts'
import { CLOCK_OFFSET, type SoloNode } from './node.ts'

export interface DevCoin {
  readonly denom: string
  readonly amount: string
}

/** What a block does to the state before its transactions; kept with the block, so that it can be done again. */
export interface DevAction {
  readonly set_balance: { readonly address: string; readonly coins: readonly DevCoin[] }
}

/** What the owner of the application does for the `dev_*` methods. */
export interface DevBackend {
  /** Performs an action on a copy of the committed state; throws what it would throw. */
  tryOut(action: DevAction): void
  /** Writes the committed state into a folder. */
  saveState(folder: string): Promise<void>
  /** Ends the application, puts a saved state in the place of its own, and opens it again. */
  restoreState(folder: string): Promise<AbciApp>
}

interface Snapshot {
  readonly height: number
  readonly folder: string
  readonly offsetMs: number
  readonly waiting: readonly Uint8Array[]
}

const REVERT = 'revert'
/** Written before a revert begins, so that one which is interrupted is finished at the next start. */
interface RevertRecord {
  readonly folder: string
  readonly height: number
  readonly offsetMs: number
}

/** The `dev_*` methods: time, blocks, balances and snapshots at the developer's command. */
export class DevTools {
  readonly #node: SoloNode
  readonly #backend: DevBackend
  readonly #folder: string
  readonly #snapshots = new Map<number, Snapshot>()
  #nextId = 1

  /** @param folder for the files of snapshots, which end with the process */
  constructor(node: SoloNode, backend: DevBackend, folder: string) {
    this.#node = node
    this.#backend = backend
    this.#folder = folder
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** Remembers the chain as it is: state, blocks, indexes, clock, and what waits for a block. */
  async snapshot(): Promise<{ id: string; height: string }> {
    if (this.#snapshots.size >= MAX_DEV_SNAPSHOTS)
      throw new RpcRefusal(
        `${MAX_DEV_SNAPSHOTS} snapshots are kept already; dev_revert to one to drop it and later ones`,
      )
    return this.#node.exclusively(async () => {
      const { mempool } = this.#node.producer
      const kept = [...this.#snapshots.values()].flatMap(({ waiting }) => waiting)
      if (kept.reduce((sum, { length }) => sum + length, mempool.bytes) > MEMPOOL_BYTES)
        throw new RpcRefusal(
          `the transactions that wait in all snapshots pass ${MEMPOOL_BYTES} bytes together`,
        )
      const id = this.#nextId++
      const folder = join(this.#folder, `${id}`)
      const { height } = this.#node.store
      await this.#backend.saveState(folder).catch((error: Error) => {
        rmSync(folder, { recursive: true, force: true })
        throw new RpcRefusal(`the snapshot cannot be written: ${error.message}`)
      })
      const waiting = mempool.oldest(mempool.size)
      this.#snapshots.set(id, { height, folder, waiting, offsetMs: this.#node.offsetMs })
      return { id: `${id}`, height: `${height}` }
    })
  }

  /** Brings the chain back to a snapshot; it and all later ones are gone then. */
  async revert(id: bigint): Promise<{ height: string }> {
    return this.#node.exclusively(async () => {
      const snapshot = this.#snapshots.get(Number(id))
      if (snapshot === undefined)
        throw new RpcRefusal(
          `there is no snapshot ${id}: it was reverted to, or to an earlier one, or never taken`,
        )
      const { folder, height, offsetMs, waiting } = snapshot
      const { store } = this.#node
      store.set({ [REVERT]: JSON.stringify({ folder, height, offsetMs } satisfies RevertRecord) })
      const app = await this.#backend.restoreState(folder)
      store.rollback(height)
      this.#node.offsetMs = offsetMs
      this.#node.reopen(app, waiting)
      store.set({ [REVERT]: undefined })
      for (const [each, { folder: old }] of this.#snapshots) {
        if (each < Number(id)) continue
        this.#snapshots.delete(each)
        rmSync(old, { recursive: true, force: true })
      }
      return { height: `${height}` }
    })
  }

  /** Moves the clock of the blocks to come; returns by how much it has been moved altogether. */
  increaseTime(seconds: bigint): { offset_seconds: string } {
    const offset = BigInt(this.#node.offsetMs) / 1000n + seconds
    if (seconds < 1n || offset > BigInt(MAX_DEV_SECONDS))
      throw new RpcRefusal(
        `seconds ${seconds}: the clock goes forward only, at most ${MAX_DEV_SECONDS} seconds altogether`,
      )
    this.#node.offsetMs += Number(seconds) * 1000
    return { offset_seconds: `${offset}` }
  }

  /** Makes so many blocks now; the first takes what waits. */
  async mine(count: bigint): Promise<{ height: string }> {
    if (count < 1n || count > BigInt(MAX_DEV_BLOCKS))
      throw new RpcRefusal(`blocks ${count}: from 1 to ${MAX_DEV_BLOCKS} are made at a time`)
    for (let made = 0n; made < count; made++) {
      while (this.#node.busy !== undefined) await this.#node.busy
      this.#mine('')
      // Others are served between two blocks.
      await nextTurn()
    }
    return { height: `${this.#node.store.height}` }
  }

  /** Gives an account exactly these coins of the denominations named, in a block that is made at once. */
  setBalance(address: string, coins: readonly DevCoin[]): { height: string } {
    const action: DevAction = { set_balance: { address, coins } }
    try {
      this.#backend.tryOut(action)
    } catch (error) {
      throw new RpcRefusal((error as Error).message)
    }
    return { height: `${this.#mine(JSON.stringify([action]))}` }
  }

  #mine(actions: string): number {
    const block = this.#node.miner.mine(actions)
    if (block === undefined) throw new RpcRefusal('the node has failed and makes no blocks; its log says why')
    return block.height
  }
}

/** Finishes an interrupted revert, before the application is opened; `restore` puts the saved state in place. */
export function finishRevert(store: ChainStore, restore: (folder: string) => void): void {
  const text = store.setting(REVERT)
  if (text === undefined) return
  const { folder, height, offsetMs } = JSON.parse(text) as RevertRecord
  if (existsSync(folder)) {
    restore(folder)
    store.rollback(height)
    store.set({ [CLOCK_OFFSET]: `${offsetMs}` })
  }
  store.set({ [REVERT]: undefined })
}

/** Reads `actions` of a block. */
export function readActions(text: string): readonly DevAction[] {
  return text === '' ? [] : (JSON.parse(text) as DevAction[])
}
