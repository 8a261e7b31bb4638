import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { openStorage, type Storage, type StorageOptions } from './storage.ts'

export const names = ['auth', 'bank']

/** A data folder of its own for every test, emptied after it. */
export class TestFolder {
  directory = ''
  reports: string[] = []
  #opened: Storage[] = []

  constructor() {
    beforeEach(() => {
      this.directory = mkdtempSync(join(tmpdir(), 'wadi-storage-'))
      this.reports = []
      this.#opened = []
    })
    afterEach(async () => {
      for (const storage of this.#opened) await storage.close()
      rmSync(this.directory, { recursive: true, force: true })
    })
  }

  get logFile(): string {
    return join(this.directory, 'log', '000000000001.log')
  }

  async open(options: StorageOptions = {}, where = this.directory): Promise<Storage> {
    const report = (message: string) => this.reports.push(message)
    const storage = await openStorage(where, names, { report, ...options })
    this.#opened.push(storage)
    return storage
  }

  async close(storage: Storage): Promise<void> {
    this.#opened.splice(this.#opened.indexOf(storage), 1)
    await storage.close()
  }
}

/** Version `v` writes `k` and one key of its own; every third removes the one of two versions before. */
export function change(version: number) {
  const own = `key ${String(version).padStart(6, '0')}`
  const keys = ['k', own]
  const values: (Uint8Array | undefined)[] = [Buffer.from(`${version}`), Buffer.from(`value of ${version}`)]
  if (version % 3 === 0) {
    keys.push(`key ${String(version - 2).padStart(6, '0')}`)
    values.push(undefined)
  }
  const order = keys.map((_, i) => i).sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1))
  return [undefined, { keys: order.map((i) => keys[i] as string), values: order.map((i) => values[i]) }]
}

/** Commits up to `version`; returns the app hashes. */
export function commitTo(storage: Storage, version: number): string[] {
  const hashes: string[] = []
  while (storage.version < version) {
    storage.prepare(storage.version + 1, change(storage.version + 1))
    storage.commit()
    hashes.push(appHash(storage))
  }
  return hashes
}

export const appHash = (storage: Storage) => Buffer.from(storage.store.appHash).toString('hex')
export const held = (storage: Storage) => Number(Buffer.from(storage.store.get(1, 'k') ?? []).toString())

export async function waitFor(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 25))
  expect(holds()).toBe(true)
}
