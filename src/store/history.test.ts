import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { historyDirectory } from './history.ts'
import { HistoryReader } from './history-reader.ts'
import { ARCHIVE, commitAndLook, look, type Seen, withHistory, written } from './history-testkit.ts'
import { listSnapshots } from './snapshot-format.ts'
import { openStorage } from './storage.ts'
import { commitTo, TestFolder, waitFor } from './storage-testkit.ts'

const folder = new TestFolder()
const snapshotsOf = () => listSnapshots(`${folder.directory}/snapshots`).map(({ version }) => version)

test('every height stays as it was when it was the newest, its proofs too, after it left memory', async () => {
  const seen = new Map<number, Seen>()
  const storage = await folder.open(ARCHIVE)
  commitAndLook(storage, 59, seen)
  await written(storage)
  // Old versions leave memory with a commit, if the history has them.
  commitAndLook(storage, 60, seen)
  await written(storage)
  expect(storage.store.oldestVersion).toBe(51)
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([{ first: 1, last: 60 }])
    for (const [version, then] of seen) {
      const old = history.version(version)
      expect(old === undefined ? undefined : look(old)).toEqual(then)
    }
    expect([0, -1, 61, 2 ** 33, 1.5].map((version) => history.version(version))).toEqual(
      Array(5).fill(undefined),
    )
  })
})

test('a genesis that was laid as a foundation is in the history like any height', async () => {
  const storage = await folder.open(ARCHIVE)
  const ground = storage.foundation()
  for (let i = 0; i < 500; i++) ground.set(1, `key ${i}`, Buffer.from(`laid ${i}`))
  commitTo(storage, 30)
  await written(storage)
  await withHistory(folder.directory, (history) => {
    expect(`${Buffer.from(history.version(1)?.get(1, 'key 17') ?? [])}`).toBe('laid 17')
    expect(history.version(1)?.keys).toBe(502) // and the two keys that version 1 sets
    expect(history.version(1)?.has(1, 'key 500')).toBe(false)
  })
})

test('heights that were committed while no history was kept are taken from the log', async () => {
  const seen = new Map<number, Seen>()
  let storage = await folder.open(ARCHIVE)
  commitAndLook(storage, 20, seen)
  await folder.close(storage)
  storage = await folder.open({ historyVersions: 10 })
  commitAndLook(storage, 50, seen)
  await folder.close(storage)

  storage = await folder.open(ARCHIVE)
  await written(storage)
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([{ first: 1, last: 50 }])
    for (const [version, then] of seen) expect(look(history.version(version) ?? expect.fail())).toEqual(then)
  })
  expect(folder.reports).toEqual([])
})

test('what the log no longer has is a gap, told at the start and in the ranges', async () => {
  const seen = new Map<number, Seen>()
  let storage = await folder.open(ARCHIVE)
  commitAndLook(storage, 10, seen)
  await folder.close(storage)
  // Without a history nobody holds the log back: two snapshots, and the log after the older.
  storage = await folder.open({ historyVersions: 10 })
  for (const version of [30, 40]) {
    commitTo(storage, version)
    await storage.snapshot()
  }
  await folder.close(storage)

  storage = await folder.open(ARCHIVE)
  expect(folder.reports).toEqual([
    'heights 11 to 29 will be missing in the history: the log does not reach back to them',
  ])
  commitAndLook(storage, 50, seen)
  await written(storage)
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([
      { first: 1, last: 10 },
      { first: 30, last: 50 },
    ])
    for (const [version, then] of seen) expect(look(history.version(version) ?? expect.fail())).toEqual(then)
    expect(history.version(20)).toBe(undefined)
  })
})

test('a history that begins later takes the whole state at that height, and goes on from there', async () => {
  let storage = await folder.open({ snapshotInterval: 1e9 })
  commitTo(storage, 50)
  await storage.snapshot()
  commitTo(storage, 55)
  await folder.close(storage)
  const seen = new Map<number, Seen>()
  storage = await folder.open(ARCHIVE)
  commitAndLook(storage, 70, seen)
  await written(storage)
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([{ first: 50, last: 70 }])
    for (const [version, then] of seen) expect(look(history.version(version) ?? expect.fail())).toEqual(then)
  })
})

test('snapshots and log stay as long as the history may need them', async () => {
  const storage = await folder.open(ARCHIVE)
  for (const version of [15, 30, 45, 60]) {
    commitTo(storage, version)
    await written(storage)
    await storage.snapshot()
  }
  // What is durable is said with every hundredth version, and when there is nothing more to write.
  await waitFor(() => storage.store.history.historySafe === 61)
  commitTo(storage, 61)
  await storage.snapshot()
  expect(snapshotsOf()).toEqual([61, 60])
})

test('killed at any moment, an archive has every height after the next start', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/store-committer.ts', import.meta.url))
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [script, folder.directory, 'history'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, 30 + round * 90))
    child.kill('SIGKILL')
    await once(child, 'close')

    const storage = await openStorage(folder.directory, ['a'], ARCHIVE)
    await written(storage)
    const history = await HistoryReader.open(historyDirectory(folder.directory), ['a'])
    expect(history.ranges()).toEqual([{ first: 1, last: storage.version }])
    for (let version = 1; version <= storage.version; version++) {
      const held = history.version(version)?.get(0, 'k')
      expect(Buffer.from(held ?? []).toString()).toBe(String(version))
    }
    await history.close()
    await storage.close()
  }
})

test('a history that is removed begins anew', async () => {
  let storage = await folder.open(ARCHIVE)
  commitTo(storage, 30)
  await written(storage)
  await folder.close(storage)
  rmSync(historyDirectory(folder.directory), { recursive: true })
  storage = await folder.open(ARCHIVE)
  await written(storage)
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([{ first: 1, last: 30 }]) // the log has them all
  })
})
