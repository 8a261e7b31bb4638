import type { ByteString } from '../kernel/kv.ts'
import { historyDirectory } from './history.ts'
import { HistoryReader } from './history-reader.ts'
import { type StoredVersion, StoreReader } from './reader.ts'
import type { Storage, StorageOptions } from './storage.ts'
import { commitTo, names, waitFor } from './storage-testkit.ts'

export const ARCHIVE: StorageOptions = {
  history: { keepRecent: Number.POSITIVE_INFINITY },
  historyVersions: 10,
}

/** What there is to know of a version: its entries both ways, and proofs of keys that it has and has not. */
export interface Seen {
  readonly appHash: string
  readonly entries: readonly string[]
  readonly backwards: readonly string[]
  readonly proofs: readonly string[]
}

const PROVEN = ['k', 'key 000001', 'key 000004', 'key 000400', 'a', 'zzz']

export function look(version: StoredVersion): Seen {
  const walk = (reverse: boolean) => {
    const cursor = version.iterate(1, '', undefined, reverse)
    const found: string[] = []
    while (cursor.next()) found.push(`${cursor.key}=${Buffer.from(cursor.value)}`)
    return found
  }
  const proof = (slot: number, key: ByteString) =>
    version.proof(slot, key).map(({ data }) => Buffer.from(data).toString('hex'))
  return {
    appHash: Buffer.from(version.appHash).toString('hex'),
    entries: walk(false),
    backwards: walk(true),
    proofs: PROVEN.flatMap((key) => [...proof(1, key), ...proof(0, key)]),
  }
}

/** Commits up to `last`, and notes every version when it is the newest. */
export function commitAndLook(storage: Storage, last: number, seen: Map<number, Seen>): void {
  const share = storage.store.reader()
  const reader = new StoreReader(share)
  while (storage.version < last) {
    commitTo(storage, storage.version + 1)
    const pinned = reader.pin(storage.version)
    if (typeof pinned === 'string') throw new Error(`version ${storage.version} is ${pinned}`)
    seen.set(storage.version, look(pinned))
    pinned.release()
  }
  storage.store.dropReader(share)
}

/** Waits until the history has all that was committed. */
export const written = (storage: Storage): Promise<void> =>
  waitFor(() => storage.store.history.historyNext > storage.version)

/** Reads the history of a folder while its node may run. */
export async function withHistory<T>(
  directory: string,
  work: (history: HistoryReader) => T | Promise<T>,
): Promise<T> {
  const history = await HistoryReader.open(historyDirectory(directory), names)
  try {
    return await work(history)
  } finally {
    await history.close()
  }
}
