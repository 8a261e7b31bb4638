import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { MultiStore } from './multistore.ts'
import { listSnapshots, type SnapshotFile, snapshotFile } from './snapshot-format.ts'
import type { SnapshotTask } from './snapshot-worker.ts'
import type { SnapshotResult } from './snapshot-writer.ts'

/** Snapshots that are kept; the log reaches back to the oldest of them. */
const KEPT = 2
const PIN_LIMIT_MS = 30 * 60 * 1000

/** Writes snapshots of committed versions in a thread of their own, one at a time, while the chain goes on. */
export class Snapshotter {
  private readonly directory: string
  private readonly store: MultiStore
  private worker: Worker | undefined

  constructor(directory: string, store: MultiStore) {
    this.directory = directory
    this.store = store
  }

  get isRunning(): boolean {
    return this.worker !== undefined
  }

  /** Writes the version, which must be committed; rejects if that fails or {@link stop} comes first. */
  async write(version: number): Promise<SnapshotResult> {
    const share = this.store.reader()
    const path = snapshotFile(this.directory, version)
    const task: SnapshotTask = { share, version, path, limitMs: PIN_LIMIT_MS }
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`snapshot-worker.${extension}`, import.meta.url), { workerData: task })
    this.worker = worker
    try {
      return await new Promise<SnapshotResult>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
        worker.once('exit', () => reject(new Error(`the snapshot of version ${version} was stopped`)))
      })
    } finally {
      this.worker = undefined
      await worker.terminate()
      this.store.dropReader(share)
    }
  }

  /** Stops a running snapshot; its file does not appear. */
  async stop(): Promise<void> {
    await this.worker?.terminate()
  }

  /**
   * Removes all but the newest two, and one from which version `needed` can be had; returns the oldest that stays, if
   * the log before it is of no use any more.
   */
  prune(needed: number): SnapshotFile | undefined {
    const snapshots = listSnapshots(this.directory)
    const enough = snapshots.findIndex(({ version }) => version <= needed)
    if (enough < 0) return undefined
    const kept = Math.max(KEPT, enough + 1)
    for (const { file } of snapshots.slice(kept)) rmSync(file)
    return snapshots[kept - 1]
  }
}

/** Takes a snapshot out of use, and leaves it for whoever wants to look. */
export function setAside(snapshot: SnapshotFile): void {
  renameSync(snapshot.file, `${snapshot.file}.damaged`)
}

/** Removes what an interrupted writer left. */
export function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) if (name.endsWith('.tmp')) rmSync(join(directory, name))
}
