import { parentPort, workerData } from 'node:worker_threads'
import { ControlBlock } from './control.ts'
import { HistoryDamagedError, HistoryError, VersionPrunedError } from './errors.ts'
import { HistoryCheck } from './history-check.ts'
import { type HeightRange, HistoryDatabase } from './history-database.ts'
import { HistoryPruner } from './history-pruner.ts'
import { HistoryWriter } from './history-writer.ts'
import type { StoreShare } from './multistore.ts'
import { StoreReader } from './reader.ts'

/** The thread that writes the history of one store; see history.ts. */
export interface HistoryTask {
  readonly share: StoreShare
  readonly directory: string
  /** Versions that are kept, the latest included; `Infinity` for all. */
  readonly keepRecent: number
  /** Versions between two removals of old ones. */
  readonly interval: number
  /** The first version to take. */
  readonly from: number
}

/** To the thread: what recovery reached, or that it shall end. */
export type HistoryOrder =
  | { readonly kind: 'recovered'; readonly version: number; readonly appHash: Uint8Array }
  | { readonly kind: 'close' }

/** From the thread: that an order is carried out, something to tell, or why it ended. */
export type HistoryNews =
  | { readonly kind: 'done' }
  | { readonly kind: 'report'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

/** How long the thread sleeps when it has everything. */
const IDLE_MS = 20
/** How long one version may be held: a whole state of tens of millions of keys is written in that time. */
const PIN_LIMIT_MS = 60 * 60 * 1000
/** What was written is made durable after so many versions or milliseconds: seldom, blocks sync to the same disk. */
const SYNC_VERSIONS = 100
const SYNC_MS = 2_000
/** Holes that are told by name. */
const HOLES_TOLD = 10
/** Versions that are removed before new ones are looked at again. */
const REMOVED_AT_ONCE = 20

class HistoryThread {
  private readonly db: HistoryDatabase
  private readonly task: HistoryTask
  private readonly reader: StoreReader
  private readonly control: ControlBlock
  private readonly pruner: HistoryPruner
  private readonly orders: HistoryOrder[] = []
  private writer: HistoryWriter
  private next = 0
  private unsynced = 0
  private syncedAt = performance.now()
  private compared = false
  private check: HistoryCheck | undefined
  private pruning = false
  private prunedAt = 0
  private ending = false

  constructor(db: HistoryDatabase, task: HistoryTask, last: number) {
    this.db = db
    this.task = task
    this.reader = new StoreReader(task.share)
    this.control = ControlBlock.attach(task.share.control)
    this.pruner = new HistoryPruner(db, (message) => post({ kind: 'report', message }))
    this.writer = new HistoryWriter(db, this.reader.memory, db.version(last))
  }

  /** Orders are carried out between two versions, one after the other. */
  take(order: HistoryOrder): void {
    this.orders.push(order)
  }

  private async carryOut(order: HistoryOrder): Promise<void> {
    if (order.kind === 'recovered') {
      await this.recovered(order.version, order.appHash)
      this.check = new HistoryCheck(this.db)
    } else this.ending = true
    post({ kind: 'done' })
  }

  /** Takes versions from `from` on. */
  private async begin(from: number): Promise<void> {
    const last = this.lastVersion
    if (last === 0) await this.db.setBegin(from)
    this.next = from
    this.control.advanceHistory(from, last === 0 || from === last + 1)
  }

  /** What is kept has to be the past of what was recovered; what is above that will come again. */
  private async recovered(version: number, appHash: Uint8Array): Promise<void> {
    const last = this.lastVersion
    if (last <= version) return this.compareLast()
    const same = this.db.version(version)
    if (same === undefined) {
      throw new HistoryError(
        this.db.directory,
        `it reaches height ${last}, but the chain's log ends at height ${version}, which is not in it: restore ` +
          'both folders of the same time, or remove this one, and history begins anew',
      )
    }
    if (!Buffer.from(same.appHash, 'latin1').equals(appHash)) throw this.foreign(version)
    await this.db.removeAbove(version)
    post({
      kind: 'report',
      message:
        `history reached height ${last} and the log ends at ${version}: what is above is removed, ` +
        'and written again when its blocks come again',
    })
    this.writer = new HistoryWriter(this.db, this.reader.memory, same)
    await this.begin(version + 1)
  }

  async run(): Promise<void> {
    await this.begin(this.task.from)
    while (!this.ending || this.reader.version >= this.next) {
      const order = this.orders.shift()
      if (order !== undefined) await this.carryOut(order)
      else if (this.reader.version >= this.next) await this.writeNext()
      else if (this.isSyncDue()) await this.sync()
      else if (this.check !== undefined) await this.checkSome(this.check)
      else if (!this.pruning) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
      if (this.pruning || this.next - this.prunedAt >= this.task.interval) await this.pruneSome()
    }
    if (this.unsynced > 0) await this.sync()
    await this.db.close()
  }

  private get lastVersion(): number {
    return this.writer.lastVersion?.version ?? 0
  }

  private async writeNext(): Promise<void> {
    const version = this.next
    const pinned = this.reader.pin(version, PIN_LIMIT_MS)
    if (typeof pinned === 'string') throw this.behind(version)
    try {
      this.compareLast()
      await this.writer.write(pinned)
      this.unsynced++
      this.next = version + 1
      this.control.advanceHistory(this.next, false)
      if (this.isSyncDue()) await this.sync()
    } catch (error) {
      throw error instanceof VersionPrunedError ? this.behind(version) : error
    } finally {
      pinned.release()
    }
  }

  /** Where the last version of the history is still in memory, both have to be the same. */
  private compareLast(): void {
    if (this.compared) return
    this.compared = true
    const last = this.writer.lastVersion
    const pinned = last === undefined ? 'pruned' : this.reader.pin(last.version)
    if (last === undefined || typeof pinned === 'string') return
    const { appHash } = pinned.record
    pinned.release()
    if (appHash !== last.appHash) throw this.foreign(last.version)
  }

  private isSyncDue(): boolean {
    if (this.unsynced === 0) return false
    return this.unsynced >= SYNC_VERSIONS || performance.now() - this.syncedAt > SYNC_MS
  }

  private async sync(): Promise<void> {
    // What is written with sync makes all before it durable.
    const version = this.writer.lastVersion
    if (version !== undefined) await this.db.sync(version)
    this.unsynced = 0
    this.syncedAt = performance.now()
    this.control.advanceHistory(this.next, true)
  }

  private async pruneSome(): Promise<void> {
    this.prunedAt = this.next
    if (this.task.keepRecent === Number.POSITIVE_INFINITY) return
    const { versions } = await this.pruner.prune(this.next - this.task.keepRecent, REMOVED_AT_ONCE)
    this.pruning = versions === REMOVED_AT_ONCE
  }

  /** Beside the blocks, because an archive has millions of heights. */
  private async checkSome(check: HistoryCheck): Promise<void> {
    if (!(await check.step())) return
    this.check = undefined
    if (check.holes.length === 0) return
    post({ kind: 'report', message: holesFound(check.holes) })
    // What is written next follows the last version, which may have been corrected.
    this.writer = new HistoryWriter(this.db, this.reader.memory, this.db.version(this.lastVersion))
  }

  private foreign(version: number): HistoryError {
    return new HistoryError(
      this.db.directory,
      `its state at height ${version} is not that of this chain: put the history of this chain there, or remove ` +
        'the folder, and history begins anew',
    )
  }

  private behind(version: number): HistoryError {
    return new HistoryError(
      this.db.directory,
      `it fell behind: height ${version} is no longer in memory, which has ${this.reader.oldestVersion} to ` +
        `${this.reader.version}. Start the node again: the missing heights are taken from the log. If it falls ` +
        'behind again, the disk is too slow to keep this much: lower pruning-keep-recent, or set pruning = "default"',
    )
  }
}

function holesFound(holes: readonly HeightRange[]): string {
  const told = holes
    .slice(0, HOLES_TOLD)
    .map(({ first, last }) => (first === last ? first : `${first} to ${last}`))
  const more = holes.length > HOLES_TOLD ? ` and ${holes.length - HOLES_TOLD} more ranges` : ''
  return (
    `history lost the heights ${told.join(', ')}${more}: there is no answer from them any more, the rest is ` +
    'complete. To have them again restore its folder from a backup (a rollback that was killed leaves such a hole; ' +
    'a disk that lost or changed something, too)'
  )
}

async function serve(task: HistoryTask): Promise<void> {
  const db = await HistoryDatabase.open(task.directory, task.share.names)
  const last = await db.last()
  const thread = new HistoryThread(db, task, last)
  parentPort?.on('message', (order: HistoryOrder) => thread.take(order))
  await thread.run()
}

function post(news: HistoryNews): void {
  parentPort?.postMessage(news)
}

try {
  await serve(workerData as HistoryTask)
} catch (error) {
  const isExpected = error instanceof HistoryError || error instanceof HistoryDamagedError
  post({ kind: 'failed', message: isExpected ? error.reason : ((error as Error).stack ?? String(error)) })
}
parentPort?.close()
