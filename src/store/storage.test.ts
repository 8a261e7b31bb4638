import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { LogDamagedError, LogWriteError, StorageOpenError } from './errors.ts'
import { diskFiles, type LogFiles } from './log-files.ts'
import { openStorage } from './storage.ts'
import { appHash, change, commitTo, held, TestFolder } from './storage-testkit.ts'

const folder = new TestFolder()

test('a reopened folder continues where it was, with the same app hash', async () => {
  let storage = await folder.open()
  const hashes = commitTo(storage, 20)
  storage.prepare(21, change(21)) // never committed
  await folder.close(storage)

  storage = await folder.open()
  expect([storage.version, appHash(storage), held(storage)]).toEqual([20, hashes[19], 20])
  expect(storage.store.oldestVersion).toBe(1)
  expect(folder.reports).toEqual([])
  storage.prepare(21, change(21))
  storage.discard()
  commitTo(storage, 22)
  expect(held(storage)).toBe(22)
})

test('a foundation comes back from the log as part of the first version', async () => {
  const large = Buffer.alloc(2_000, 7) // values above 1 KiB go to the log another way
  let storage = await folder.open()
  const ground = storage.foundation()
  for (const key of ['c', 'k', 'a']) ground.set(0, key, Buffer.from(`laid ${key}`))
  ground.set(1, 'k', large)
  ground.set(1, 'gone', large)
  storage.prepare(1, [undefined, { keys: ['gone', 'new'], values: [undefined, Buffer.from('block')] }])
  storage.commit()
  const hash = appHash(storage)
  await folder.close(storage)

  storage = await folder.open()
  expect([storage.version, appHash(storage)]).toEqual([1, hash])
  expect(['a', 'c', 'k'].map((key) => `${Buffer.from(storage.get(0, key) ?? [])}`)).toEqual([
    'laid a',
    'laid c',
    'laid k',
  ])
  expect(storage.get(1, 'k')).toEqual(new Uint8Array(large))
  expect([storage.has(1, 'gone'), `${Buffer.from(storage.get(1, 'new') ?? [])}`]).toEqual([false, 'block'])
})

test('a last record torn at any byte is cut and said, and its block can be committed again', async () => {
  const storage = await folder.open()
  commitTo(storage, 4)
  const before = statSync(folder.logFile).size
  const [fifth] = commitTo(storage, 5)
  await folder.close(storage)
  const after = statSync(folder.logFile).size
  const whole = readFileSync(folder.logFile)

  for (let length = before; length < after; length += 5) {
    folder.reports = []
    writeFileSync(folder.logFile, whole.subarray(0, length))
    const torn = await folder.open()
    expect(torn.version).toBe(4)
    expect(folder.reports.length).toBe(length === before ? 0 : 1)
    if (length > before) expect(folder.reports[0]).toContain(`torn at byte ${before} of ${length} and is cut`)
    expect(commitTo(torn, 5)).toEqual([fifth])
    await folder.close(torn)
    expect(readFileSync(folder.logFile)).toEqual(whole)
  }
})

test.each([
  ['zeros', (tail: Buffer) => tail.fill(0)],
  ['garbage', (tail: Buffer) => tail.map((_, i) => (i * 89) % 251)],
  ['a wrong last byte', (tail: Buffer) => tail.fill((tail.at(-1) as number) ^ 1, tail.length - 1)],
])('a tail of %s is cut as well', async (_, spoil) => {
  const storage = await folder.open()
  commitTo(storage, 4)
  const before = statSync(folder.logFile).size
  commitTo(storage, 5)
  await folder.close(storage)
  const bytes = readFileSync(folder.logFile)
  writeFileSync(
    folder.logFile,
    Buffer.concat([bytes.subarray(0, before), spoil(Buffer.from(bytes.subarray(before)))]),
  )

  expect((await folder.open()).version).toBe(4)
  expect(folder.reports.join()).toContain(`torn at byte ${before}`)
})

test('damage before the last record refuses to start and says where and what to do', async () => {
  const storage = await folder.open()
  commitTo(storage, 2)
  const start = statSync(folder.logFile).size
  commitTo(storage, 3)
  const end = statSync(folder.logFile).size
  commitTo(storage, 6)
  await folder.close(storage)
  const whole = readFileSync(folder.logFile)

  for (let at = start; at < end; at += 3) {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] as number) ^ 0x40
    writeFileSync(folder.logFile, bytes)
    const failure = await folder.open().catch((each) => each)
    expect(failure).toBeInstanceOf(LogDamagedError)
    expect([failure.file, failure.offset]).toEqual([folder.logFile, start])
    expect(failure.message).toContain('restore the data folder from a backup or a snapshot')
    expect(readFileSync(folder.logFile)).toEqual(bytes) // left as it was
  }
})

test('a full disk halts before the version is committed, and a restart goes on from the one before', async () => {
  for (const room of [0, 1, 30, 80]) {
    const where = join(folder.directory, String(room))
    let left = Number.POSITIVE_INFINITY
    const files: LogFiles = {
      ...diskFiles,
      write: (file, bytes, from, length, position) => {
        if (left === 0)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
        const written = diskFiles.write(file, bytes, from, Math.min(length, left), position)
        left -= written
        return written
      },
    }
    const full = await folder.open({ files }, where)
    commitTo(full, 3)
    left = room
    full.prepare(4, change(4))
    const failure = (() => {
      try {
        return full.commit()
      } catch (each) {
        return each
      }
    })() as LogWriteError
    expect(failure).toBeInstanceOf(LogWriteError)
    expect([failure.code, full.version, held(full)]).toEqual(['ENOSPC', 3, 3])
    expect(failure.message).toContain('nothing of this block was committed: free space on this disk')
    left = Number.POSITIVE_INFINITY
    expect(() => full.commit()).toThrow(failure) // the file's tail is unknown
    await folder.close(full)

    const restarted = await folder.open({}, where)
    expect([restarted.version, held(restarted)]).toEqual([3, 3])
    commitTo(restarted, 5)
    await folder.close(restarted)
    expect(held(await folder.open({}, where))).toBe(5)
  }
})

test('a disk that takes few bytes at a time, or fails to sync, loses nothing', async () => {
  let failSync = false
  const files: LogFiles = {
    ...diskFiles,
    write: (file, bytes, from, length, position) =>
      diskFiles.write(file, bytes, from, Math.min(length, 7), position),
    datasync: (file) => {
      if (failSync) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
      diskFiles.datasync(file)
    },
  }
  const storage = await folder.open({ files })
  commitTo(storage, 5)
  failSync = true
  storage.prepare(6, change(6))
  expect(() => storage.commit()).toThrow('EIO')
  expect(storage.version).toBe(5)
  await folder.close(storage)
  // The bytes of version 6 arrived after all: it was prepared and is whole, so it counts.
  expect((await folder.open()).version).toBe(6)
})

test('a record is one write, a large one a write per eight megabytes', async () => {
  const writes: number[] = []
  const files: LogFiles = {
    ...diskFiles,
    write: (file, bytes, from, length, position) => {
      writes.push(length)
      return diskFiles.write(file, bytes, from, length, position)
    },
  }
  const storage = await folder.open({ files, snapshotLogBytes: 1e9 })
  commitTo(storage, 3)
  expect(writes.length).toBe(1 + 3) // the preamble of the segment, three records

  writes.length = 0
  const keys = Array.from({ length: 20_000 }, (_, i) => `large ${String(i).padStart(6, '0')}`)
  storage.prepare(4, [{ keys, values: keys.map((_, i) => Buffer.alloc(1000, i)) }])
  storage.commit()
  // 20,000 × (8 + 12 + 1,000) bytes are 20.4 MB.
  expect(writes.length).toBe(3)
  const hash = appHash(storage)
  await folder.close(storage)
  const reopened = await folder.open()
  expect([appHash(reopened), reopened.store.get(0, 'large 019999')]).toEqual([
    hash,
    new Uint8Array(1000).fill(19_999),
  ])
})

test('a second process on the same folder is refused until the first is gone, be it killed', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/store-committer.ts', import.meta.url))
  const child = spawn(process.execPath, [script, folder.directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const failure = await openStorage(folder.directory, ['a']).catch((each) => each)
  expect(failure).toBeInstanceOf(StorageOpenError)
  expect(failure.message).toBe(
    `cannot open the data folder ${folder.directory}: another process uses it: stop that one, or choose another folder`,
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await openStorage(folder.directory, ['a'])).close()
})

test('killed at any moment, a process loses nothing that it committed', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/store-committer.ts', import.meta.url))
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [script, folder.directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    await once(child.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, 20 + round * 35))
    child.kill('SIGKILL')
    await once(child, 'close')

    const last = Number(said.trimEnd().split('\n').at(-1))
    const storage = await openStorage(folder.directory, ['a'])
    expect(storage.version).toBeGreaterThanOrEqual(last)
    expect(Buffer.from(storage.store.get(0, 'k') ?? []).toString()).toBe(String(storage.version))
    await storage.close()
  }
})

test('a folder of a newer format, or of something else, is refused by name', async () => {
  await folder.close(await folder.open())
  writeFileSync(join(folder.directory, 'FORMAT'), 'wadi-store 2\n')
  await expect(folder.open()).rejects.toThrow(
    `${folder.directory}: it has format 2, this program reads format 1: use the release`,
  )
  writeFileSync(join(folder.directory, 'FORMAT'), 'photos\n')
  await expect(folder.open()).rejects.toThrow('its FORMAT file says "photos", not wadi-store')
})

test('a folder of other stores is refused', async () => {
  const storage = await folder.open()
  commitTo(storage, 2)
  await folder.close(storage)
  await expect(openStorage(folder.directory, ['auth', 'gov'])).rejects.toThrow('holds the stores auth,bank')
})

/** Commits `count` versions and writes a snapshot of the last. */
