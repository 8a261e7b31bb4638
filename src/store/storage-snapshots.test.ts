import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StoreReader } from './reader.ts'
import type { Storage } from './storage.ts'
import { appHash, change, commitTo, held, TestFolder, waitFor } from './storage-testkit.ts'

const folder = new TestFolder()

async function snapshotAfter(storage: Storage, count: number): Promise<void> {
  commitTo(storage, storage.version + count)
  await storage.snapshot()
}

const snapshots = () => readdirSync(join(folder.directory, 'snapshots')).sort()
const segments = () => readdirSync(join(folder.directory, 'log')).sort()
const file = (version: number, extension: string) => `${String(version).padStart(12, '0')}.${extension}`

test('two snapshots are kept, and the log back to the older of them', async () => {
  let storage = await folder.open()
  await snapshotAfter(storage, 10)
  expect([snapshots(), segments()]).toEqual([[file(10, 'snapshot')], [file(1, 'log')]])
  expect(storage.snapshots).toMatchObject({ version: 10, written: 1, failed: 0 })
  expect(storage.snapshots.seconds).toBeGreaterThan(0)
  await snapshotAfter(storage, 10)
  await snapshotAfter(storage, 10)
  commitTo(storage, 33)
  expect(snapshots()).toEqual([file(20, 'snapshot'), file(30, 'snapshot')])
  expect(segments()).toEqual([file(21, 'log'), file(31, 'log')])
  const hash = appHash(storage)
  await folder.close(storage)

  storage = await folder.open()
  expect([storage.version, appHash(storage), held(storage)]).toEqual([33, hash, 33])
  // Recovered from the snapshot of version 30, so what was before is not readable.
  expect(storage.store.oldestVersion).toBe(30)
  // A recovered state goes on exactly as one that never stopped.
  const undisturbed = await folder.open({}, join(folder.directory, 'other'))
  expect(commitTo(undisturbed, 45).slice(33)).toEqual(commitTo(storage, 45))
})

test('snapshots come after so many versions or so many bytes of log, one at a time', async () => {
  const storage = await folder.open({ snapshotInterval: 10 })
  commitTo(storage, 12)
  await waitFor(() => snapshots().includes(file(10, 'snapshot')))
  await folder.close(storage)

  const small = await folder.open({ snapshotLogBytes: 1 }, join(folder.directory, 'small'))
  commitTo(small, 1)
  await waitFor(() => existsSync(join(folder.directory, 'small', 'snapshots', file(1, 'snapshot'))))
})

test('a damaged newest snapshot is set aside, said, and the older one serves', async () => {
  const storage = await folder.open()
  await snapshotAfter(storage, 10)
  await snapshotAfter(storage, 10)
  commitTo(storage, 25)
  const hash = appHash(storage)
  await folder.close(storage)
  const backup = join(folder.directory, 'backup')
  mkdirSync(backup)
  for (const part of ['log', 'snapshots'])
    cpSync(join(folder.directory, part), join(backup, part), { recursive: true })

  const size = statSync(join(folder.directory, 'snapshots', file(20, 'snapshot'))).size
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
    folder.reports = []
    for (const part of ['log', 'snapshots']) {
      rmSync(join(folder.directory, part), { recursive: true })
      cpSync(join(backup, part), join(folder.directory, part), { recursive: true })
    }
    spoil(join(folder.directory, 'snapshots', file(20, 'snapshot')))
    const recovered = await folder.open()
    expect([recovered.version, appHash(recovered), recovered.store.oldestVersion]).toEqual([25, hash, 10])
    expect(folder.reports.join()).toContain(`${file(20, 'snapshot')} cannot be used`)
    expect(snapshots()).toEqual([file(10, 'snapshot'), `${file(20, 'snapshot')}.damaged`])
    await folder.close(recovered)
  }
})

test('with no usable snapshot and a log that starts later, the folder is refused', async () => {
  const storage = await folder.open()
  await snapshotAfter(storage, 5)
  await snapshotAfter(storage, 5)
  await snapshotAfter(storage, 5)
  await folder.close(storage)
  for (const version of [10, 15])
    writeFileSync(join(folder.directory, 'snapshots', file(version, 'snapshot')), 'gone')
  await expect(folder.open()).rejects.toThrow('the log starts at version 11, version 1 is needed')
})

test('a missing segment is damage', async () => {
  const storage = await folder.open()
  await snapshotAfter(storage, 5)
  rmSync(join(folder.directory, 'snapshots', file(5, 'snapshot'))) // so the log is kept from version 1
  await snapshotAfter(storage, 5)
  commitTo(storage, 12)
  await folder.close(storage)
  expect(segments()).toEqual([file(1, 'log'), file(6, 'log'), file(11, 'log')])
  rmSync(join(folder.directory, 'snapshots'), { recursive: true })
  rmSync(join(folder.directory, 'log', file(6, 'log')))
  await expect(folder.open()).rejects.toThrow('it starts at version 11, after 5')
})

test('a snapshot that cannot be written is reported, the log stays, and the next attempt waits', async () => {
  let storage = await folder.open({ snapshotInterval: 5 })
  rmSync(join(folder.directory, 'snapshots'), { recursive: true })
  commitTo(storage, 5)
  await waitFor(() => folder.reports.length > 0)
  expect(folder.reports.join()).toMatch(/^snapshot of version 5 failed, the log stays: ENOENT/)
  expect(storage.snapshots).toEqual({ version: 0, written: 0, failed: 1, seconds: 0 })
  commitTo(storage, 104)
  mkdirSync(join(folder.directory, 'snapshots'))
  expect([snapshots(), segments()]).toEqual([[], [file(1, 'log'), file(6, 'log')]])
  commitTo(storage, 105)
  await waitFor(() => snapshots().includes(file(105, 'snapshot')))
  expect(folder.reports.length).toBe(1)
  await folder.close(storage)
  storage = await folder.open()
  expect([storage.version, storage.store.oldestVersion]).toEqual([105, 105])
})

test('what a version says of itself comes back from the log and from a snapshot', async () => {
  let storage = await folder.open()
  storage.prepare(1, change(1), Buffer.from('first'))
  storage.commit()
  storage.prepare(2, change(2), Buffer.from('second'))
  expect(Buffer.from(storage.meta).toString()).toBe('first')
  storage.commit()
  await folder.close(storage)
  storage = await folder.open()
  expect(Buffer.from(storage.meta).toString()).toBe('second')
  await storage.snapshot()
  await folder.close(storage)
  rmSync(join(folder.directory, 'log'), { recursive: true })
  storage = await folder.open()
  expect([storage.version, Buffer.from(storage.meta).toString()]).toEqual([2, 'second'])
  const pinned = new StoreReader(storage.store.reader()).pin(2)
  if (typeof pinned === 'string') throw new Error(pinned)
  expect(Buffer.from(pinned.record.meta).toString()).toBe('second')
  expect(() => storage.prepare(3, [], Buffer.alloc(129))).toThrow('129 bytes of meta, at most 128')
})

test('what an interrupted process left half made is removed', async () => {
  const storage = await folder.open()
  commitTo(storage, 3)
  await folder.close(storage)
  writeFileSync(join(folder.directory, 'snapshots', `${file(3, 'snapshot')}.tmp`), 'half')
  writeFileSync(join(folder.directory, 'log', file(4, 'log')), 'WADIL')
  const recovered = await folder.open()
  expect([recovered.version, snapshots()]).toEqual([3, []])
  expect(folder.reports.join()).toContain(`${file(4, 'log')}: was being created`)
  commitTo(recovered, 5)
  await folder.close(recovered)
  expect(held(await folder.open())).toBe(5)
})

test('a log whose changes give another app hash is refused', async () => {
  const first = await folder.open()
  commitTo(first, 3)
  await folder.close(first)
  // The same bytes, but replayed by a chain that starts with other contents: here, with another version number.
  const bytes = readFileSync(folder.logFile)
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
  writeFileSync(
    folder.logFile,
    Buffer.concat([bytes, encodeRecordHeader(4, payload.length), payload, trailer]),
  )
  await expect(folder.open()).rejects.toThrow(
    /version 4 of its log gives app hash [0-9a-f]{64}, but (07){32} was committed/,
  )
})
