import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { SnapshotDamagedError } from './errors.ts'
import { copySnapshot, restoreFromFile } from './snapshot-files.ts'
import {
  CHUNK_HEADER_BYTES,
  FOOT,
  HEAD,
  INNER_BYTES,
  LEAF_HEADER_BYTES,
  NODES,
  SNAPSHOT_MAGIC,
  STORE_END,
} from './snapshot-format.ts'
import { openStorage } from './storage.ts'
import { commitTo, names, TestFolder } from './storage-testkit.ts'

const folder = new TestFolder()

interface Chunk {
  kind: number
  payload: Buffer
}

/** A snapshot of height 20, in chunks: HEAD, NODES, FOOT. Its newest node was made by height 20 too. */
async function snapshotChunks(): Promise<Chunk[]> {
  const storage = await folder.open()
  commitTo(storage, 20)
  await storage.snapshot()
  await folder.close(storage)
  const directory = join(folder.directory, 'snapshots')
  const bytes = readFileSync(join(directory, readdirSync(directory)[0] ?? expect.fail()))
  const chunks: Chunk[] = []
  for (let at = SNAPSHOT_MAGIC.length; at < bytes.length; ) {
    const start = at + CHUNK_HEADER_BYTES
    const end = start + bytes.readUInt32LE(at + 4)
    chunks.push({ kind: bytes.readUInt32LE(at), payload: Buffer.from(bytes.subarray(start, end)) })
    at = end
  }
  expect(chunks.map(({ kind }) => kind)).toEqual([HEAD, NODES, FOOT])
  return chunks
}

/** Writes chunks as a snapshot whose every checksum is right. */
function write(chunks: readonly Chunk[], tail = ''): string {
  const file = join(folder.directory, 'forged.snapshot')
  const framed = chunks.flatMap(({ kind, payload }) => {
    const header = Buffer.alloc(CHUNK_HEADER_BYTES)
    header.writeUInt32LE(kind, 0)
    header.writeUInt32LE(payload.length, 4)
    header.writeUInt32LE(crc32(payload), 8)
    return [header, payload]
  })
  writeFileSync(file, Buffer.concat([SNAPSHOT_MAGIC, ...framed, Buffer.from(tail)]))
  return file
}

/** The records of a NODES chunk, as the format describes them. */
function records(nodes: Buffer): { at: number; height: number; name: string }[] {
  const found = []
  for (let at = 0; at < nodes.length; ) {
    const height = nodes[at] as number
    if (height === STORE_END) at++
    else if (height > 0) {
      found.push({ at, height, name: `an inner node of height ${height}` })
      at += INNER_BYTES
    } else {
      found.push({ at, height, name: 'a leaf' })
      at += LEAF_HEADER_BYTES + nodes.readUInt16LE(at + 5) + nodes.readUInt32LE(at + 7)
    }
  }
  return found
}

const home = () => join(folder.directory, 'receiver')
const restore = (file: string) => restoreFromFile(home(), names, file, () => {})

test('an untouched snapshot is taken, with every key and value', async () => {
  await restore(write(await snapshotChunks()))
  const storage = await openStorage(home(), names)
  expect([storage.version, `${Buffer.from(storage.get(1, 'k') ?? [])}`]).toEqual([20, '20'])
  await storage.close()
})

test('one changed value is refused, although checksums, roots and app hash are right', async () => {
  const chunks = await snapshotChunks()
  const nodes = chunks[1]?.payload ?? expect.fail()
  nodes.write('value of 99', nodes.indexOf('value of 19'))
  const failure = await restore(write(chunks)).catch((error) => error)
  expect(failure).toBeInstanceOf(SnapshotDamagedError)
  expect(failure.message).toContain('a node of store bank is not what its parent names')
  // Nothing of it took its place.
  expect(readdirSync(join(home(), 'snapshots'))).toEqual([])
})

test('nothing in any node can be changed: neither in a leaf nor in an inner node', async () => {
  const chunks = await snapshotChunks()
  const original = Buffer.from(chunks[1]?.payload ?? expect.fail())
  for (const { at, height, name } of records(original)) {
    // The version, and of a leaf its key and value, of an inner node its height and both hashes.
    const last = LEAF_HEADER_BYTES + original.readUInt16LE(at + 5) + original.readUInt32LE(at + 7) - 1
    for (const place of height > 0 ? [1, 5, 5 + 63] : [1, LEAF_HEADER_BYTES, last]) {
      const nodes = Buffer.from(original)
      nodes[at + place] = (nodes[at + place] as number) ^ 1
      const file = write([chunks[0] as Chunk, { kind: NODES, payload: nodes }, chunks[2] as Chunk])
      await expect(restore(file), `${name}, byte ${place}`).rejects.toThrow(SnapshotDamagedError)
      expect(() => copySnapshot(file, names, `${file}.copy`)).toThrow(SnapshotDamagedError)
    }
  }
})

test('a height that the hash does not tell apart from the right one is refused', async () => {
  const chunks = await snapshotChunks()
  const nodes = chunks[1]?.payload ?? expect.fail()
  // The hash has the height as one byte of its double: height + 128 gives the same.
  const inner = records(nodes).find(({ height }) => height > 0) ?? expect.fail()
  nodes[inner.at] = inner.height + 128
  await expect(restore(write(chunks))).rejects.toThrow('another height than its children give')
})

test.each([
  ['../../../escaped', 'its height is "../../../escaped", not a whole number from 1 to 2147483647'],
  [0, 'its height is 0, not a whole number'],
  [-1, 'its height is -1, not'],
  [20.5, 'its height is 20.5, not'],
  [2 ** 31, 'its height is 2147483648, not'],
  [null, 'its height is null, not'],
  [[20], 'its height is [20], not'],
  [19, 'it says that it is of height 19, and holds what height 20 made'],
])('the height %j is refused', async (version, message) => {
  const [head, ...rest] = await snapshotChunks()
  const said = { ...JSON.parse(`${head?.payload}`), version }
  const file = write([{ kind: HEAD, payload: Buffer.from(JSON.stringify(said)) }, ...rest])
  const failure = await restore(file).catch((error) => error)
  expect(failure).toBeInstanceOf(SnapshotDamagedError)
  expect(failure.message).toContain(message)
  expect(readdirSync(join(home(), 'snapshots'))).toEqual([])
})

test('what cannot be a snapshot is refused by name, whatever its checksums say', async () => {
  const [head, nodes, foot] = (await snapshotChunks()) as [Chunk, Chunk, Chunk]
  const asHead = (change: object) => ({
    kind: HEAD,
    payload: Buffer.from(JSON.stringify({ ...JSON.parse(`${head.payload}`), ...change })),
  })
  const asNodes = (payload: Uint8Array) => ({ kind: NODES, payload: Buffer.from(payload) })
  const cases: [Chunk[], string][] = [
    [[{ kind: HEAD, payload: Buffer.from('{') }, nodes, foot], 'is not JSON'],
    [[{ kind: HEAD, payload: Buffer.from('null') }, nodes, foot], 'is not JSON'],
    [[asHead({ meta: 'xy' }), nodes, foot], 'its head is garbage'],
    [[asHead({ meta: '00'.repeat(129) }), nodes, foot], 'its head is garbage'],
    [[asHead({ names: 'auth,bank' }), nodes, foot], 'its head is garbage'],
    [[asHead({ names: ['auth', 'coins'] }), nodes, foot], 'it holds the stores auth,coins, not auth,bank'],
    [[asHead({ keys: [0] }), nodes, foot], 'how many keys'],
    [[asHead({ keys: [0, 1] }), nodes, foot], 'keys, 0,1 expected'],
    [[asHead({ keys: [0, 2 ** 40] }), nodes, foot], 'too short for 1099511627776 keys'],
    [[head, { kind: FOOT, payload: Buffer.from('{}') }], 'its foot is garbage'],
    [[head, head, nodes, foot], 'a chunk header is garbage'],
    [[nodes, foot], 'a chunk header is garbage'],
    [[head, nodes], 'it is not complete'],
    [[head, asNodes(nodes.payload.subarray(0, -5)), foot], 'a record is longer than its chunk'],
    [[head, asNodes(nodes.payload.subarray(0, 6)), foot], 'a record is longer than its chunk'],
    [[head, asNodes(Buffer.from([1])), foot], 'a record is longer than its chunk'],
    [[head, nodes, nodes, foot], 'it has too many stores'],
    [[head, asNodes(Buffer.alloc(INNER_BYTES, 1)), foot], 'an inner node lacks a child'],
  ]
  for (const [chunks, message] of cases) {
    const failure = await restore(write(chunks)).catch((error) => error)
    expect(failure, message).toBeInstanceOf(SnapshotDamagedError)
    expect(failure.message).toContain(message)
  }
  await expect(restore(write([head, nodes, foot], 'more'))).rejects.toThrow('something follows its end')
})
