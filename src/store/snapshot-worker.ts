import { parentPort, workerData } from 'node:worker_threads'
import type { StoreShare } from './multistore.ts'
import { StoreReader } from './reader.ts'
import { writeSnapshot } from './snapshot-writer.ts'

/** The thread that writes one snapshot and ends; see snapshot.ts. A failure is thrown, and reaches the parent so. */
const { share, version, path, limitMs } = workerData as SnapshotTask

export interface SnapshotTask {
  readonly share: StoreShare
  readonly version: number
  readonly path: string
  /** How long the version may be held. */
  readonly limitMs: number
}

const reader = new StoreReader(share)
const pinned = reader.pin(version, limitMs)
if (pinned === 'pruned' || pinned === 'future') throw new Error(`version ${version} is ${pinned}`)
try {
  parentPort?.postMessage(writeSnapshot(reader, pinned, path))
} finally {
  pinned.release()
}
