import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { HistoryDamagedError } from './errors.ts'
import { historyDirectory } from './history.ts'
import { HistoryCheck } from './history-check.ts'
import { HistoryDatabase } from './history-database.ts'
import { encodeVersion, versionKey } from './history-format.ts'
import { HistoryPruner } from './history-pruner.ts'
import { ARCHIVE, commitAndLook, look, type Seen, withHistory, written } from './history-testkit.ts'
import { names, TestFolder, waitFor } from './storage-testkit.ts'

const folder = new TestFolder()
const where = () => historyDirectory(folder.directory)

/** An archive of so many heights, closed. */
async function archive(last: number): Promise<Map<number, Seen>> {
  const seen = new Map<number, Seen>()
  const storage = await folder.open(ARCHIVE)
  commitAndLook(storage, last, seen)
  await written(storage)
  await folder.close(storage)
  return seen
}

async function withDatabase(work: (db: HistoryDatabase) => Promise<void>): Promise<void> {
  const db = await HistoryDatabase.open(where(), names)
  await work(db).finally(() => db.close())
}

/** Puts something else in place of the records of versions, or nothing. */
async function replace(versions: readonly number[], value: Buffer | undefined): Promise<void> {
  const entries = versions.map((version) => ({ key: versionKey(version), value }))
  await withDatabase((db) => db.write(entries, true))
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('a hole in the history is told once at the start, and is a gap from then on', async () => {
  const seen = await archive(60)
  await replace([...range(21, 45), 50], undefined)
  let storage = await folder.open(ARCHIVE)
  await waitFor(() => folder.reports.length > 0)
  expect(folder.reports).toEqual([
    expect.stringMatching(
      /^history lost the heights 21 to 45, 50: there is no answer from them any more, the rest is complete/,
    ),
  ])
  commitAndLook(storage, 62, seen)
  await written(storage)
  await folder.close(storage)
  const kept = [
    { first: 1, last: 20 },
    { first: 46, last: 49 },
    { first: 51, last: 62 },
  ]
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual(kept)
    for (const { first, last } of kept)
      for (let version = first; version <= last; version++)
        expect(look(history.version(version) ?? expect.fail())).toEqual(seen.get(version))
  })
  folder.reports = []
  storage = await folder.open(ARCHIVE)
  await folder.close(storage)
  await withDatabase(async (db) => {
    const again = new HistoryCheck(db, 7) // slices that end inside of runs
    while (!(await again.step()));
    expect(again.holes).toEqual([])
    // Going back to a height whose record still names the run before the hole brings nothing back.
    await db.removeAbove(55)
    const shorter = new HistoryCheck(db)
    expect(await shorter.step()).toBe(true)
    expect(shorter.holes).toEqual([{ first: 50, last: 50 }])
    expect(db.ranges(55)).toEqual([...kept.slice(0, 2), { first: 51, last: 55 }].reverse())
  })
  expect(folder.reports).toEqual([])
})

test('a damaged version is a gap too, and hides no other, before a start and after it', async () => {
  const seen = await archive(40)
  await replace([1, 2, 20], Buffer.from('rubbish'))
  // At an end it is seen at once; the one inside is told by its own answer, and found at the start.
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([{ first: 3, last: 40 }])
    expect(() => history.version(20)).toThrow(HistoryDamagedError)
  })
  const storage = await folder.open(ARCHIVE)
  await waitFor(() => folder.reports.length > 0)
  expect(folder.reports).toEqual([
    expect.stringContaining('history lost the heights 1 to 2, 20: there is no answer'),
  ])
  commitAndLook(storage, 42, seen)
  await written(storage)
  await folder.close(storage)
  await replace([42], Buffer.from('rubbish'))
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([
      { first: 3, last: 19 },
      { first: 21, last: 41 },
    ])
    expect(look(history.version(41) ?? expect.fail())).toEqual(seen.get(41))
  })
})

test('gaps that are known, and heights that were pruned, are no holes', async () => {
  await archive(30)
  await withDatabase(async (db) => {
    await new HistoryPruner(db, expect.fail).prune(11, 1_000)
    const thirty = db.version(30) ?? expect.fail()
    const after = { ...thirty, run: 40, before: 30 }
    const entries = [40, 41].map((version) => ({ key: versionKey(version), value: encodeVersion(after) }))
    await db.write(entries, true)
    const check = new HistoryCheck(db)
    expect(await check.step()).toBe(true)
    expect(check.holes).toEqual([])
  })
})

test('a removal of the newest heights that is killed leaves no hole', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/history-remover.ts', import.meta.url))
  const { signal, stderr } = spawnSync(process.execPath, [script, where()], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect([signal, stderr]).toEqual(['SIGKILL', ''])
  const db = await HistoryDatabase.open(where(), ['a'])
  const left = await db.oldest(1_000_000)
  await db.close()
  expect(left.length).toBeGreaterThanOrEqual(100)
  expect(left.length).toBeLessThan(100_000)
  expect(left.at(-1)).toBe(left.length) // 1, 2, 3, … without a hole
})

test('what a killed removal left is filled from the log at the next start', async () => {
  const seen = await archive(60)
  await replace(range(46, 60), undefined)
  const storage = await folder.open(ARCHIVE)
  commitAndLook(storage, 62, seen)
  await written(storage)
  await folder.close(storage)
  expect(folder.reports).toEqual([])
  await withHistory(folder.directory, (history) => {
    expect(history.ranges()).toEqual([{ first: 1, last: 62 }])
    for (const [version, then] of seen) expect(look(history.version(version) ?? expect.fail())).toEqual(then)
  })
})
