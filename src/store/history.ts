import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { HistoryError } from './errors.ts'
import { HistoryDatabase } from './history-database.ts'
import type { HistoryNews, HistoryOrder, HistoryTask } from './history-worker.ts'
import type { MultiStore } from './multistore.ts'
import { HISTORY_BACKLOG } from './version-window.ts'

/** As the Cosmos SDK has it. */
const DEFAULT_INTERVAL = 10

/** Which versions beyond those in memory are kept on the disk. */
export interface HistoryOptions {
  /** The latest so many; `Infinity` for all. */
  readonly keepRecent: number
  /** Versions between two removals of old ones (default {@link DEFAULT_INTERVAL}). */
  readonly interval?: number
}

const WAIT_MS = 5
/** What is not written within this is written after the next start. */
const CLOSE_MS = 5_000

/** Of a history: the first version that it is to take besides. */
export interface HistoryBegin extends HistoryOptions {
  readonly from: number
}

/** Where the history of a data folder lives. */
export function historyDirectory(directory: string): string {
  return join(directory, 'history')
}

/** The version that a history needs next: 0 if it never had one, and is to begin anywhere. */
export async function historyNext(directory: string, names: readonly string[]): Promise<number> {
  const db = await HistoryDatabase.open(directory, names)
  try {
    const last = await db.last()
    return last > 0 ? last + 1 : db.begin
  } finally {
    await db.close()
  }
}

/**
 * The history of a store, written by a thread of its own from the versions that are in memory. The thread that commits
 * does nothing for it; it asks whether it failed, and lets versions wait that are not written yet, within bounds.
 */
export class History {
  readonly directory: string
  private readonly worker: Worker
  private readonly store: MultiStore
  private readonly share: HistoryTask['share']
  private readonly report: (message: string) => void
  private readonly ended: Promise<unknown>
  private carriedOut: (() => void)[] = []
  private problem: HistoryError | undefined
  private closing = false

  constructor(
    directory: string,
    store: MultiStore,
    options: HistoryBegin,
    report: (message: string) => void,
  ) {
    this.directory = directory
    this.store = store
    this.report = report
    this.share = store.reader()
    const { keepRecent, interval = DEFAULT_INTERVAL, from } = options
    const task: HistoryTask = { share: this.share, directory, keepRecent, interval, from }
    store.history.advanceHistory(from, false)
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.worker = new Worker(new URL(`history-worker.${extension}`, import.meta.url), { workerData: task })
    this.ended = once(this.worker, 'exit').catch(() => {})
    this.worker.on('message', (news: HistoryNews) => {
      if (news.kind === 'done') this.carriedOut.shift()?.()
      else if (news.kind === 'report') this.report(news.message)
      else this.fail(news.message)
    })
    this.worker.on('error', (error) => this.fail(error.stack ?? error.message))
    void this.ended.then(() => {
      if (!this.closing) this.fail('its thread ended')
    })
  }

  /** Why nothing is written any more: the next version must not be committed. */
  get failure(): HistoryError | undefined {
    return this.problem
  }

  /** The store has its last version back; the history has to fit to it. */
  async recovered(): Promise<void> {
    await this.order({ kind: 'recovered', version: this.store.version, appHash: this.store.appHash })
  }

  /** Resolves when so much is written that more versions may come. */
  async room(): Promise<void> {
    const { history } = this.store
    while (this.store.version - history.historyNext >= HISTORY_BACKLOG.versions / 2) {
      if (this.problem !== undefined) throw this.problem
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
  }

  /** Ends the thread when it has everything, or in the middle of it where that takes long. */
  async close(): Promise<void> {
    this.closing = true
    this.worker.postMessage({ kind: 'close' } satisfies HistoryOrder)
    const timer = setTimeout(() => void this.worker.terminate(), CLOSE_MS)
    await this.ended
    clearTimeout(timer)
    this.store.dropReader(this.share)
  }

  private async order(order: HistoryOrder): Promise<void> {
    const done = new Promise<void>((resolve) => this.carriedOut.push(resolve))
    this.worker.postMessage(order)
    await Promise.race([done, this.ended])
    if (this.problem !== undefined) throw this.problem
  }

  private fail(message: string): void {
    if (this.problem !== undefined) return
    this.problem = new HistoryError(this.directory, message)
    if (!this.closing) this.report(`${this.problem.message}: the node halts`)
  }
}
