import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogDamagedError, LogWriteError, StorageOpenError } from './errors.ts'
import { diskFiles, type LogFiles } from './log-files.ts'
import { StoreReader } from './reader.ts'
import { openStorage, type Storage, type StorageOptions } from './storage.ts'

const names = ['auth', 'bank']
let directory: string
let opened: Storage[]
let reports: string[]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wadi-storage-'))
  opened = []
  reports = []
})

afterEach(async () => {
  for (const storage of opened) await storage.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(options: StorageOptions = {}, where = directory): Promise<Storage> {
  const storage = await openStorage(where, names, { report: (message) => reports.push(message), ...options })
  opened.push(storage)
  return storage
}

async function close(storage: Storage): Promise<void> {
  opened.splice(opened.indexOf(storage), 1)
  await storage.close()
}

/** Version `v` writes `k` and one key of its own; every third removes the one of two versions before. */
function change(version: number) {
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
function commitTo(storage: Storage, version: number): string[] {
  const hashes: string[] = []
  while (storage.version < version) {
    storage.prepare(storage.version + 1, change(storage.version + 1))
    storage.commit()
    hashes.push(appHash(storage))
  }
  return hashes
}

const appHash = (storage: Storage) => Buffer.from(storage.store.appHash).toString('hex')
const held = (storage: Storage) => Number(Buffer.from(storage.store.get(1, 'k') ?? []).toString())
const logFile = () => join(directory, 'log', '000000000001.log')

test('a reopened folder continues where it was, with the same app hash', async () => {
  let storage = await open()
  const hashes = commitTo(storage, 20)
  storage.prepare(21, change(21)) // never committed
  await close(storage)

  storage = await open()
  expect([storage.version, appHash(storage), held(storage)]).toEqual([20, hashes[19], 20])
  expect(storage.store.oldestVersion).toBe(1)
  expect(reports).toEqual([])
  storage.prepare(21, change(21))
  storage.discard()
  commitTo(storage, 22)
  expect(held(storage)).toBe(22)
})

test('a last record torn at any byte is cut and said, and its block can be committed again', async () => {
  const storage = await open()
  commitTo(storage, 4)
  const before = statSync(logFile()).size
  const [fifth] = commitTo(storage, 5)
  await close(storage)
  const after = statSync(logFile()).size
  const whole = readFileSync(logFile())

  for (let length = before; length < after; length += 5) {
    reports = []
    writeFileSync(logFile(), whole.subarray(0, length))
    const torn = await open()
    expect(torn.version).toBe(4)
    expect(reports.length).toBe(length === before ? 0 : 1)
    if (length > before) expect(reports[0]).toContain(`torn at byte ${before} of ${length} and is cut`)
    expect(commitTo(torn, 5)).toEqual([fifth])
    await close(torn)
    expect(readFileSync(logFile())).toEqual(whole)
  }
})

test.each([
  ['zeros', (tail: Buffer) => tail.fill(0)],
  ['garbage', (tail: Buffer) => tail.map((_, i) => (i * 89) % 251)],
  ['a wrong last byte', (tail: Buffer) => tail.fill((tail.at(-1) as number) ^ 1, tail.length - 1)],
])('a tail of %s is cut as well', async (_, spoil) => {
  const storage = await open()
  commitTo(storage, 4)
  const before = statSync(logFile()).size
  commitTo(storage, 5)
  await close(storage)
  const bytes = readFileSync(logFile())
  writeFileSync(
    logFile(),
    Buffer.concat([bytes.subarray(0, before), spoil(Buffer.from(bytes.subarray(before)))]),
  )

  expect((await open()).version).toBe(4)
  expect(reports.join()).toContain(`torn at byte ${before}`)
})

test('damage before the last record refuses to start and says where and what to do', async () => {
  const storage = await open()
  commitTo(storage, 2)
  const start = statSync(logFile()).size
  commitTo(storage, 3)
  const end = statSync(logFile()).size
  commitTo(storage, 6)
  await close(storage)
  const whole = readFileSync(logFile())

  for (let at = start; at < end; at += 3) {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] as number) ^ 0x40
    writeFileSync(logFile(), bytes)
    const failure = await open().catch((each) => each)
    expect(failure).toBeInstanceOf(LogDamagedError)
    expect([failure.file, failure.offset]).toEqual([logFile(), start])
    expect(failure.message).toContain('restore the data folder from a backup or a snapshot')
    expect(readFileSync(logFile())).toEqual(bytes) // left as it was
  }
})

test('a full disk halts before the version is committed, and a restart goes on from the one before', async () => {
  for (const room of [0, 1, 30, 80]) {
    const where = join(directory, String(room))
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
    const full = await open({ files }, where)
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
    await close(full)

    const restarted = await open({}, where)
    expect([restarted.version, held(restarted)]).toEqual([3, 3])
    commitTo(restarted, 5)
    await close(restarted)
    expect(held(await open({}, where))).toBe(5)
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
  const storage = await open({ files })
  commitTo(storage, 5)
  failSync = true
  storage.prepare(6, change(6))
  expect(() => storage.commit()).toThrow('EIO')
  expect(storage.version).toBe(5)
  await close(storage)
  // The bytes of version 6 arrived after all: it was prepared and is whole, so it counts.
  expect((await open()).version).toBe(6)
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
  const storage = await open({ files, snapshotLogBytes: 1e9 })
  commitTo(storage, 3)
  expect(writes.length).toBe(1 + 3) // the preamble of the segment, three records

  writes.length = 0
  const keys = Array.from({ length: 20_000 }, (_, i) => `large ${String(i).padStart(6, '0')}`)
  storage.prepare(4, [{ keys, values: keys.map((_, i) => Buffer.alloc(1000, i)) }])
  storage.commit()
  // 20,000 × (8 + 12 + 1,000) bytes are 20.4 MB.
  expect(writes.length).toBe(3)
  const hash = appHash(storage)
  await close(storage)
  const reopened = await open()
  expect([appHash(reopened), reopened.store.get(0, 'large 019999')]).toEqual([
    hash,
    new Uint8Array(1000).fill(19_999),
  ])
})

test('a second process on the same folder is refused until the first is gone, be it killed', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/store-committer.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const failure = await openStorage(directory, ['a']).catch((each) => each)
  expect(failure).toBeInstanceOf(StorageOpenError)
  expect(failure.message).toBe(
    `cannot open the data folder ${directory}: another process uses it: stop that one, or choose another folder`,
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await openStorage(directory, ['a'])).close()
})

test('killed at any moment, a process loses nothing that it committed', async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/store-committer.ts', import.meta.url))
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    await once(child.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, 20 + round * 35))
    child.kill('SIGKILL')
    await once(child, 'close')

    const last = Number(said.trimEnd().split('\n').at(-1))
    const storage = await openStorage(directory, ['a'])
    expect(storage.version).toBeGreaterThanOrEqual(last)
    expect(Buffer.from(storage.store.get(0, 'k') ?? []).toString()).toBe(String(storage.version))
    await storage.close()
  }
})

test('a folder of a newer format, or of something else, is refused by name', async () => {
  await close(await open())
  writeFileSync(join(directory, 'FORMAT'), 'wadi-store 2\n')
  await expect(open()).rejects.toThrow(
    `${directory}: it has format 2, this program reads format 1: use the release`,
  )
  writeFileSync(join(directory, 'FORMAT'), 'photos\n')
  await expect(open()).rejects.toThrow('its FORMAT file says "photos", not wadi-store')
})

test('a folder of other stores is refused', async () => {
  const storage = await open()
  commitTo(storage, 2)
  await close(storage)
  await expect(openStorage(directory, ['auth', 'gov'])).rejects.toThrow('holds the stores auth,bank')
})

/** Commits `count` versions and writes a snapshot of the last. */
async function snapshotAfter(storage: Storage, count: number): Promise<void> {
  commitTo(storage, storage.version + count)
  await storage.snapshot()
}

const snapshots = () => readdirSync(join(directory, 'snapshots')).sort()
const segments = () => readdirSync(join(directory, 'log')).sort()
const file = (version: number, extension: string) => `${String(version).padStart(12, '0')}.${extension}`

test('two snapshots are kept, and the log back to the older of them', async () => {
  let storage = await open()
  await snapshotAfter(storage, 10)
  expect([snapshots(), segments()]).toEqual([[file(10, 'snapshot')], [file(1, 'log')]])
  await snapshotAfter(storage, 10)
  await snapshotAfter(storage, 10)
  commitTo(storage, 33)
  expect(snapshots()).toEqual([file(20, 'snapshot'), file(30, 'snapshot')])
  expect(segments()).toEqual([file(21, 'log'), file(31, 'log')])
  const hash = appHash(storage)
  await close(storage)

  storage = await open()
  expect([storage.version, appHash(storage), held(storage)]).toEqual([33, hash, 33])
  // Recovered from the snapshot of version 30, so what was before is not readable.
  expect(storage.store.oldestVersion).toBe(30)
  // A recovered state goes on exactly as one that never stopped.
  const undisturbed = await open({}, join(directory, 'other'))
  expect(commitTo(undisturbed, 45).slice(33)).toEqual(commitTo(storage, 45))
})

test('snapshots come after so many versions or so many bytes of log, one at a time', async () => {
  const storage = await open({ snapshotInterval: 10 })
  commitTo(storage, 12)
  await waitFor(() => snapshots().includes(file(10, 'snapshot')))
  await close(storage)

  const small = await open({ snapshotLogBytes: 1 }, join(directory, 'small'))
  commitTo(small, 1)
  await waitFor(() => existsSync(join(directory, 'small', 'snapshots', file(1, 'snapshot'))))
})

test('a damaged newest snapshot is set aside, said, and the older one serves', async () => {
  const storage = await open()
  await snapshotAfter(storage, 10)
  await snapshotAfter(storage, 10)
  commitTo(storage, 25)
  const hash = appHash(storage)
  await close(storage)
  const backup = join(directory, 'backup')
  mkdirSync(backup)
  for (const part of ['log', 'snapshots'])
    cpSync(join(directory, part), join(backup, part), { recursive: true })

  const size = statSync(join(directory, 'snapshots', file(20, 'snapshot'))).size
  const harm: ((path: string) => void)[] = [
    (path) => truncateSync(path, size - 1),
    (path) => truncateSync(path, 0),
    ...[3, 15, 100, size - 300, size - 20].map((at) => (path: string) => {
      const bytes = readFileSync(path)
      bytes[at] = (bytes[at] as number) ^ 1
      writeFileSync(path, bytes)
    }),
  ]
  for (const spoil of harm) {
    reports = []
    for (const part of ['log', 'snapshots']) {
      rmSync(join(directory, part), { recursive: true })
      cpSync(join(backup, part), join(directory, part), { recursive: true })
    }
    spoil(join(directory, 'snapshots', file(20, 'snapshot')))
    const recovered = await open()
    expect([recovered.version, appHash(recovered), recovered.store.oldestVersion]).toEqual([25, hash, 10])
    expect(reports.join()).toContain(`${file(20, 'snapshot')} cannot be used`)
    expect(snapshots()).toEqual([file(10, 'snapshot'), `${file(20, 'snapshot')}.damaged`])
    await close(recovered)
  }
})

test('with no usable snapshot and a log that starts later, the folder is refused', async () => {
  const storage = await open()
  await snapshotAfter(storage, 5)
  await snapshotAfter(storage, 5)
  await snapshotAfter(storage, 5)
  await close(storage)
  for (const version of [10, 15])
    writeFileSync(join(directory, 'snapshots', file(version, 'snapshot')), 'gone')
  await expect(open()).rejects.toThrow('the log starts at version 11, version 1 is needed')
})

test('a missing segment is damage', async () => {
  const storage = await open()
  await snapshotAfter(storage, 5)
  rmSync(join(directory, 'snapshots', file(5, 'snapshot'))) // so the log is kept from version 1
  await snapshotAfter(storage, 5)
  commitTo(storage, 12)
  await close(storage)
  expect(segments()).toEqual([file(1, 'log'), file(6, 'log'), file(11, 'log')])
  rmSync(join(directory, 'snapshots'), { recursive: true })
  rmSync(join(directory, 'log', file(6, 'log')))
  await expect(open()).rejects.toThrow('it starts at version 11, after 5')
})

test('a snapshot that cannot be written is reported, the log stays, and the next attempt waits', async () => {
  let storage = await open({ snapshotInterval: 5 })
  rmSync(join(directory, 'snapshots'), { recursive: true })
  commitTo(storage, 5)
  await waitFor(() => reports.length > 0)
  expect(reports.join()).toMatch(/^snapshot of version 5 failed, the log stays: ENOENT/)
  commitTo(storage, 104)
  mkdirSync(join(directory, 'snapshots'))
  expect([snapshots(), segments()]).toEqual([[], [file(1, 'log'), file(6, 'log')]])
  commitTo(storage, 105)
  await waitFor(() => snapshots().includes(file(105, 'snapshot')))
  expect(reports.length).toBe(1)
  await close(storage)
  storage = await open()
  expect([storage.version, storage.store.oldestVersion]).toEqual([105, 105])
})

test('what a version says of itself comes back from the log and from a snapshot', async () => {
  let storage = await open()
  storage.prepare(1, change(1), Buffer.from('first'))
  storage.commit()
  storage.prepare(2, change(2), Buffer.from('second'))
  expect(Buffer.from(storage.meta).toString()).toBe('first')
  storage.commit()
  await close(storage)
  storage = await open()
  expect(Buffer.from(storage.meta).toString()).toBe('second')
  await storage.snapshot()
  await close(storage)
  rmSync(join(directory, 'log'), { recursive: true })
  storage = await open()
  expect([storage.version, Buffer.from(storage.meta).toString()]).toEqual([2, 'second'])
  const pinned = new StoreReader(storage.store.reader()).pin(2)
  if (typeof pinned === 'string') throw new Error(pinned)
  expect(Buffer.from(pinned.record.meta).toString()).toBe('second')
  expect(() => storage.prepare(3, [], Buffer.alloc(129))).toThrow('129 bytes of meta, at most 128')
})

test('what an interrupted process left half made is removed', async () => {
  const storage = await open()
  commitTo(storage, 3)
  await close(storage)
  writeFileSync(join(directory, 'snapshots', `${file(3, 'snapshot')}.tmp`), 'half')
  writeFileSync(join(directory, 'log', file(4, 'log')), 'WADIL')
  const recovered = await open()
  expect([recovered.version, snapshots()]).toEqual([3, []])
  expect(reports.join()).toContain(`${file(4, 'log')}: was being created`)
  commitTo(recovered, 5)
  await close(recovered)
  expect(held(await open())).toBe(5)
})

test('a log whose changes give another app hash is refused', async () => {
  const first = await open()
  commitTo(first, 3)
  await close(first)
  // The same bytes, but replayed by a chain that starts with other contents: here, with another version number.
  const bytes = readFileSync(logFile())
  const { encodeRecordHeader, encodePayload, payloadLength } = await import('./log-format.ts')
  const { crc32 } = await import('node:zlib')
  const record = { version: 4, appHash: Buffer.alloc(32, 7), meta: Buffer.alloc(0), changes: change(4) }
  const payload = Buffer.alloc(payloadLength(record))
  let used = 0
  encodePayload(record, {
    room: (length) => {
      used += length
      return { buffer: payload, at: used - length }
    },
    bytes: (piece) => {
      payload.set(piece, used)
      used += piece.length
    },
  })
  const trailer = Buffer.alloc(4)
  trailer.writeUInt32LE(crc32(payload))
  writeFileSync(logFile(), Buffer.concat([bytes, encodeRecordHeader(4, payload.length), payload, trailer]))
  await expect(open()).rejects.toThrow(
    /version 4 of its log gives app hash [0-9a-f]{64}, but (07){32} was committed/,
  )
})

async function waitFor(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 25))
  expect(holds()).toBe(true)
}
