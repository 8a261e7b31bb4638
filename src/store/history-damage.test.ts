import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Level } from 'level'
import { expect, test } from 'vitest'
import { HistoryDamagedError, HistoryError } from './errors.ts'
import { historyDirectory } from './history.ts'
import { HistoryDatabase } from './history-database.ts'
import { encodeLeaf, encodeVersion, nodeKey, versionKey } from './history-format.ts'
import { HistoryReader } from './history-reader.ts'
import { ARCHIVE, commitAndLook, look, type Seen, withHistory, written } from './history-testkit.ts'
import { openStorage } from './storage.ts'
import { commitTo, names, TestFolder } from './storage-testkit.ts'

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

/** Changes the database behind the back of this program. */
async function tamper(work: (level: Level<Buffer, Buffer>) => Promise<void>): Promise<void> {
  const level = new Level<Buffer, Buffer>(join(where(), 'db'), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  })
  await work(level)
  await level.close()
}

async function rootOf(version: number): Promise<Buffer> {
  const db = await HistoryDatabase.open(where(), names)
  const root = db.version(version)?.roots[1] ?? expect.fail()
  await db.close()
  return nodeKey(1, root)
}

test.each([
  ['one changed byte', (value: Buffer) => value.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte))],
  ['no byte at all', () => Buffer.alloc(0)],
  ['half of it', (value: Buffer) => value.subarray(0, value.length >> 1)],
  ['another record', () => Buffer.from(encodeLeaf({ height: 0, key: 'k', value: Buffer.from('20') }))],
])('a record with %s is named as damaged, and no answer is made of it', async (_, spoil) => {
  await archive(30)
  const key = await rootOf(20)
  await tamper(async (level) => level.put(key, Buffer.from(spoil((await level.get(key)) ?? expect.fail()))))
  await withHistory(folder.directory, (history) => {
    const read = () => history.version(20)?.get(1, 'k')
    expect(read).toThrow(HistoryDamagedError)
    expect(read).toThrow(
      `history in ${where()}: it is damaged at height 20: a record of bank is not what was written: restore the ` +
        'folder from a backup, or remove it while the node is stopped, and history begins anew',
    )
    expect(`${Buffer.from(history.version(19)?.get(1, 'k') ?? [])}`).toBe('19')
  })
})

test('a record that is gone is named as missing', async () => {
  await archive(30)
  const key = await rootOf(20)
  await tamper((level) => level.del(key))
  await withHistory(folder.directory, (history) => {
    expect(() => history.version(20)?.get(1, 'k')).toThrow(
      'damaged at height 20: a node of bank that height 20 made',
    )
  })
})

test('a version whose roots do not give its app hash is refused', async () => {
  await archive(30)
  await withDatabase(async (db) => {
    const twenty = db.version(20) ?? expect.fail()
    const roots = db.version(19)?.roots ?? []
    await db.write([{ key: versionKey(20), value: encodeVersion({ ...twenty, roots }) }], true)
    expect(() => db.version(20)).toThrow('damaged at height 20: its record does not give its app hash')
  })
})

async function withDatabase(work: (db: HistoryDatabase) => Promise<void>): Promise<void> {
  const db = await HistoryDatabase.open(where(), names)
  await work(db).finally(() => db.close())
}

test('a database that does not open stops the start with folder and fix, and the state is untouched', async () => {
  await archive(20)
  for (const file of readdirSync(join(where(), 'db'))) {
    if (/^MANIFEST|^CURRENT/.test(file)) writeFileSync(join(where(), 'db', file), 'garbage')
  }
  const failure = await folder.open(ARCHIVE).catch((error) => error)
  expect(failure).toBeInstanceOf(HistoryError)
  expect(failure.message).toContain(`history in ${where()}: it cannot be opened (`)
  expect(failure.message).toContain('or remove it, and history begins anew')
  const storage = await folder.open()
  expect(storage.version).toBe(20)
})

test('a folder of another format, or with other stores, is refused by name', async () => {
  await archive(3)
  const file = join(where(), 'FORMAT')
  writeFileSync(file, 'wadi-history 2\nauth,bank\n')
  await expect(folder.open(ARCHIVE)).rejects.toThrow('it has format 2, this program reads format 1')
  writeFileSync(file, 'wadi-history 1\nauth,coins\n')
  await expect(folder.open(ARCHIVE)).rejects.toThrow(
    'it holds the stores auth,coins; this program has auth,bank',
  )
  writeFileSync(file, 'something else')
  await expect(folder.open(ARCHIVE)).rejects.toThrow(
    'its FORMAT file says "something else", not wadi-history',
  )
})

test('a history that is newer than the log goes back to it, and comes again with the blocks', async () => {
  await archive(20)
  const backup = `${folder.directory}-backup`
  cpSync(join(folder.directory, 'log'), backup, { recursive: true })
  try {
    const seen = await archive(40)
    rmSync(join(folder.directory, 'log'), { recursive: true })
    cpSync(backup, join(folder.directory, 'log'), { recursive: true })
    const storage = await folder.open(ARCHIVE)
    expect(storage.version).toBe(20)
    expect(folder.reports).toEqual([
      'history reached height 40 and the log ends at 20: what is above is removed, and written again when its ' +
        'blocks come again',
    ])
    commitTo(storage, 40)
    await written(storage)
    await withHistory(folder.directory, (history) => {
      expect(history.ranges()).toEqual([{ first: 1, last: 40 }])
      for (const [version, then] of seen)
        expect(look(history.version(version) ?? expect.fail())).toEqual(then)
    })
  } finally {
    rmSync(backup, { recursive: true })
  }
})

test('a history without the last height of the log is refused rather than thrown away', async () => {
  await archive(30)
  rmSync(join(folder.directory, 'log'), { recursive: true })
  await expect(folder.open(ARCHIVE)).rejects.toThrow(
    "it reaches height 30, but the chain's log ends at height 0, which is not in it",
  )
})

test.each([[30], [40], [25]])(
  'the history of another chain, of %i heights, is refused where this one has 30',
  async (heights) => {
    const other = `${folder.directory}-other`
    const theirs = await openStorage(other, names, ARCHIVE)
    for (let version = 1; version <= heights; version++) {
      theirs.prepare(version, [undefined, { keys: ['k'], values: [Buffer.from(`other ${version}`)] }])
      theirs.commit()
    }
    await written(theirs)
    await theirs.close()
    await archive(30)
    rmSync(where(), { recursive: true })
    cpSync(historyDirectory(other), where(), { recursive: true })
    rmSync(other, { recursive: true })

    const failure = await folder.open(ARCHIVE).catch((error) => error)
    expect(failure).toBeInstanceOf(HistoryError)
    expect(failure.message).toContain('is not that of this chain')
  },
)

test('a disk that is full stops the node before it commits what the history cannot follow', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/store-committer.ts', import.meta.url))
  // No file may grow beyond 2 MiB: the log of the history comes there before that of the chain, which is cut often.
  const command = `ulimit -f 2048; exec "${process.execPath}" "${script}" "${folder.directory}" history`
  const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8', timeout: 60_000 })
  expect(status).toBe(1)
  expect(stderr).toContain(`history in ${where()}: it cannot be written (`)
  expect(stderr).toContain(
    'and start again; nothing is lost, the heights that are missing are taken from the log',
  )

  const storage = await openStorage(folder.directory, ['a'], ARCHIVE)
  await written(storage)
  const history = await HistoryReader.open(where(), ['a'])
  expect(history.ranges()).toEqual([{ first: 1, last: storage.version }])
  await history.close()
  await storage.close()
})
