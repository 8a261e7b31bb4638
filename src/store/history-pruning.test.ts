import { expect, test } from 'vitest'
import { HistoryBudgetError, VersionPrunedError } from './errors.ts'
import { historyDirectory } from './history.ts'
import { HistoryDatabase, type HistoryEntry } from './history-database.ts'
import { type HistoryNode, type InnerNode, type NodeRef, nodeKey, versionKey } from './history-format.ts'
import { HistoryPruner } from './history-pruner.ts'
import { commitAndLook, look, type Seen, withHistory, written } from './history-testkit.ts'
import { commitTo, names, TestFolder, waitFor } from './storage-testkit.ts'

const folder = new TestFolder()
const keeping = (keepRecent: number, interval = 10) => ({
  history: { keepRecent, interval },
  historyVersions: 10,
})

/** The keys of all nodes that the kept versions lead to. */
function reachable(db: HistoryDatabase, versions: Iterable<number>): Set<string> {
  const found = new Set<string>()
  const visit = (slot: number, ref: NodeRef): void => {
    const key = nodeKey(slot, ref).toString('hex')
    if (ref.version === 0 || found.has(key)) return
    found.add(key)
    const node = db.node(slot, ref) as HistoryNode
    if (node.height === 0) return
    visit(slot, (node as InnerNode).left)
    visit(slot, (node as InnerNode).right)
  }
  for (const version of versions) {
    for (const [slot, root] of (db.version(version)?.roots ?? []).entries()) visit(slot, root)
  }
  return found
}

async function withDatabase<T>(work: (db: HistoryDatabase) => Promise<T>): Promise<T> {
  const db = await HistoryDatabase.open(historyDirectory(folder.directory), names)
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('old heights go at every interval, with all that only they needed and nothing else', async () => {
  const seen = new Map<number, Seen>()
  const storage = await folder.open(keeping(30))
  commitAndLook(storage, 120, seen)
  await written(storage)
  // At most an interval more than asked for.
  const firstKept = () => withHistory(folder.directory, (history) => history.ranges(121)[0]?.first ?? 0)
  let first = 0
  await waitForAsync(async () => {
    first = await firstKept()
    return first > 70
  })
  expect(first).toBeLessThanOrEqual(91)
  await folder.close(storage)
  await withDatabase(async (db) => {
    const [oldest = 0] = await db.oldest(1)
    expect(db.ranges(120)).toEqual([{ first: oldest, last: 120 }])
    expect(new Set(await db.nodeKeys())).toEqual(reachable(db, range(oldest, 120)))
  })
  await withHistory(folder.directory, (history) => {
    for (let version = 91; version <= 120; version++)
      expect(look(history.version(version) ?? expect.fail())).toEqual(seen.get(version))
    expect(history.version(60)).toBe(undefined)
  })
})

test('removing goes on where a kill stopped it, and leaves nothing behind', async () => {
  const storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitTo(storage, 60)
  await written(storage)
  await folder.close(storage)
  await withDatabase(async (db) => {
    // Every write in turn is the last one before the kill.
    for (let writes = 0; (await db.oldest(1))[0] !== 51; writes = (writes + 1) % 3) {
      let left = writes
      const dying = new HistoryPruner(
        new Proxy(db, {
          get(target, name) {
            if (name === 'write' && left-- === 0) throw new Error('killed')
            const value = Reflect.get(target, name, target) as unknown
            return typeof value === 'function' ? value.bind(target) : value
          },
        }),
        expect.fail,
        5,
      )
      await dying.prune(51, 1_000).catch((error) => expect(error.message).toBe('killed'))
    }
    expect(db.ranges(60)).toEqual([{ first: 51, last: 60 }])
    expect(new Set(await db.nodeKeys())).toEqual(reachable(db, range(51, 60)))
  })
})

test('a height that is pruned while a query reads it says so, and never answers with half of it', async () => {
  const storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitTo(storage, 120)
  await written(storage)
  await withHistory(folder.directory, async (history) => {
    const old = history.version(30) ?? expect.fail()
    const cursor = old.iterate(1, '', undefined, false)
    expect(cursor.next()).toBe(true)
    await withDatabase(async (db) => {
      await new HistoryPruner(db, expect.fail).prune(100, 1_000)
    })
    const read = () => {
      while (cursor.next());
    }
    expect(read).toThrow(VersionPrunedError)
    expect(() => old.get(1, 'k')).toThrow('height 30 is pruned')
    expect(history.version(30)).toBe(undefined)
    expect(history.ranges()).toEqual([{ first: 100, last: 120 }])
  })
})

/** Prunes an archive of 60 heights, of which something is damaged, to the last ten; what was reported. */
async function pruneDamaged(damage: (db: HistoryDatabase) => HistoryEntry[]): Promise<string[]> {
  const seen = new Map<number, Seen>()
  const storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitAndLook(storage, 60, seen)
  await written(storage)
  await folder.close(storage)
  const reports: string[] = []
  await withDatabase(async (db) => {
    await db.write(damage(db), true)
    const pruner = new HistoryPruner(db, (message) => reports.push(message))
    expect((await pruner.prune(51, 1_000)).versions).toBe(50)
    expect(await db.oldest(100)).toEqual(range(51, 60))
    // What is kept is complete; what a damaged record led to may be left over.
    const left = new Set(await db.nodeKeys())
    for (const key of reachable(db, range(51, 60))) expect(left).toContain(key)
  })
  await withHistory(folder.directory, (history) => {
    for (const version of range(51, 60))
      expect(look(history.version(version) ?? expect.fail())).toEqual(seen.get(version))
  })
  return reports
}

const RUBBISH = Buffer.from('rubbish')

test('a version whose record is damaged is reported and removed, and the others go on', async () => {
  const reports = await pruneDamaged(() => [
    { key: versionKey(1), value: RUBBISH },
    ...[20, 21, 22].map((version) => ({ key: versionKey(version), value: RUBBISH })),
  ])
  expect(reports).toEqual(
    [1, 20, 21, 22].map((version) =>
      expect.stringMatching(
        `^history: height ${version} is removed, but what only it needed may stay on the disk, because it is ` +
          `damaged at height ${version}: its record does not give its app hash: restore`,
      ),
    ),
  )
})

test('a version behind which none is intact goes without its nodes', async () => {
  const storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitTo(storage, 10)
  await written(storage)
  await folder.close(storage)
  const reports: string[] = []
  await withDatabase(async (db) => {
    await db.write(
      [2, 3, 4].map((version) => ({ key: versionKey(version), value: RUBBISH })),
      true,
    )
    const pruner = new HistoryPruner(db, (message) => reports.push(message))
    // Looks at versions 1 to 3 only, of which the first two go.
    expect((await pruner.prune(9, 2)).versions).toBe(2)
    expect(await db.oldest(1)).toEqual([3])
  })
  expect(reports.map((report) => /height \d+/.exec(report)?.[0])).toEqual(['height 1', 'height 2'])
})

test.each([
  ['damaged', RUBBISH],
  ['missing', undefined],
])('a node that is %s stops neither its version nor the ones around it', async (_, value) => {
  // The root of version 20 is read when 19 goes, to find what both have, and when 20 goes itself.
  const reports = await pruneDamaged((db) => [
    { key: nodeKey(1, db.version(20)?.roots[1] ?? expect.fail()), value },
  ])
  const heights = value === undefined ? [19] : [19, 20]
  expect(reports.map((report) => /height (\d+)/.exec(report)?.[1])).toEqual(heights.map(String))
})

test('a node prunes over a damaged record, and commits on', async () => {
  let storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitTo(storage, 40)
  await written(storage)
  await folder.close(storage)
  await withDatabase((db) => db.write([{ key: versionKey(20), value: RUBBISH }], true))
  storage = await folder.open(keeping(12, 1))
  commitTo(storage, 60)
  await written(storage)
  await waitForAsync(() =>
    withHistory(folder.directory, (history) => (history.ranges()[0]?.first ?? 0) >= 48),
  )
  commitTo(storage, 61)
  await written(storage)
  const about = folder.reports.filter((report) => report.startsWith('history: height 20 is removed'))
  expect(about.length).toBe(1)
  expect(folder.reports.filter((report) => report.includes('halts'))).toEqual([])
})

test('one query reads a bounded part of the history', async () => {
  const storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitTo(storage, 100)
  await written(storage)
  await withHistory(folder.directory, (history) => {
    const bounded = history.version(100, 50) ?? expect.fail()
    const cursor = bounded.iterate(1, '', undefined, false)
    const read = () => {
      while (cursor.next());
    }
    expect(read).toThrow(HistoryBudgetError)
    expect(read).toThrow('takes more than 50 records of the history')
  })
})

test('the last version is never removed', async () => {
  const storage = await folder.open(keeping(Number.POSITIVE_INFINITY))
  commitTo(storage, 20)
  await waitFor(() => storage.store.history.historyNext === 21)
  await folder.close(storage)
  await withDatabase(async (db) => {
    expect((await new HistoryPruner(db, expect.fail).prune(1_000, 1_000)).versions).toBe(19)
    expect(db.ranges(20)).toEqual([{ first: 20, last: 20 }])
  })
})

async function waitForAsync(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400 && !(await holds()); i++) await new Promise((resolve) => setTimeout(resolve, 25))
}
