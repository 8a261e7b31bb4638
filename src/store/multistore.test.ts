import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { StoreChanges } from '../kernel/kv.ts'
import { MultiStore } from './multistore.ts'
import { StoreReader } from './reader.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : Buffer.from(value).toString('latin1')

function changes(entries: Record<string, string | undefined>): StoreChanges {
  const keys = Object.keys(entries).sort((a, b) => (a < b ? -1 : 1))
  return { keys, values: keys.map((key) => (entries[key] === undefined ? undefined : bytes(entries[key]))) }
}

function commit(store: MultiStore, ...perSlot: (Record<string, string | undefined> | undefined)[]): void {
  store.prepare(
    store.version + 1,
    perSlot.map((entries) => entries && changes(entries)),
  )
  store.publish()
}

function walk(store: MultiStore, slot: number, reverse = false): string[] {
  const iterator = store.iterate(slot, '', undefined, reverse)
  const found = []
  while (iterator.next()) found.push(`${iterator.key}=${text(iterator.value)}`)
  return found
}

test('a fresh store has version 0 and the hash of nothing', () => {
  const store = new MultiStore(['a', 'b'])
  expect(store.version).toBe(0)
  expect(store.appHash).toEqual(createHash('sha256').digest())
  expect(new MultiStore([]).prepare(1, [])).toEqual(createHash('sha256').digest())
})

test('a prepared version is invisible until it is published', () => {
  const store = new MultiStore(['a', 'b'])
  commit(store, { k1: 'one', k2: 'two' }, { k1: 'other store' })
  const before = store.appHash
  const appHash = store.prepare(2, [changes({ k1: 'changed', k2: undefined, k3: 'new' })])
  expect(store.version).toBe(1)
  expect(store.appHash).toEqual(before)
  expect([text(store.get(0, 'k1')), store.has(0, 'k2'), store.has(0, 'k3')]).toEqual(['one', true, false])
  expect(walk(store, 0)).toEqual(['k1=one', 'k2=two'])

  store.publish()
  expect(store.version).toBe(2)
  expect(store.appHash).toEqual(appHash)
  expect([text(store.get(0, 'k1')), store.has(0, 'k2'), text(store.get(0, 'k3'))]).toEqual([
    'changed',
    false,
    'new',
  ])
  expect(walk(store, 0, true)).toEqual(['k3=new', 'k1=changed'])
  expect(text(store.get(1, 'k1'))).toBe('other store')
})

test('a discarded version leaves no trace, and the same version can be prepared again', () => {
  const store = new MultiStore(['a'])
  commit(store, { a: '1', b: '2', c: '3' })
  const inUse = [store.allocator.nodesInUse, store.allocator.blockBytesInUse]
  const first = store.prepare(2, [
    changes({ a: undefined, b: 'longer than before, in another size class', d: '4' }),
  ])
  store.discard()
  store.discard()
  expect([store.allocator.nodesInUse, store.allocator.blockBytesInUse]).toEqual(inUse)
  expect([store.version, ...walk(store, 0)]).toEqual([1, 'a=1', 'b=2', 'c=3'])

  store.prepare(2, [changes({ x: 'something else' })])
  store.discard()
  const again = store.prepare(2, [
    changes({ a: undefined, b: 'longer than before, in another size class', d: '4' }),
  ])
  expect(again).toEqual(first)
})

test('versions follow each other, start where told, and changes come in order', () => {
  const store = new MultiStore(['a'], { initialVersion: 7 })
  expect(() => store.prepare(1, [])).toThrow('version 1 prepared, 7 expected')
  store.prepare(7, [changes({ a: '1' })])
  expect(() => store.prepare(8, [])).toThrow('version 8 prepared while another one is')
  store.publish()
  expect(() => store.publish()).toThrow('publish without a prepared version')
  expect(() => store.prepare(9, [])).toThrow('version 9 prepared, 8 expected')
  expect(() => store.prepare(8, [{ keys: ['b', 'a'], values: [bytes('1'), bytes('1')] }])).toThrow(
    'ascending order',
  )
  expect(() => store.get(1, 'a')).toThrow('store 1 does not exist')
})

test('an empty version keeps the app hash', () => {
  const store = new MultiStore(['a'])
  commit(store, { a: '1' })
  const before = store.appHash
  commit(store)
  commit(store, { missing: undefined })
  expect([store.version, store.appHash]).toEqual([3, before])
})

test('the window keeps the last versions, fewer when they are large, never fewer than the minimum', () => {
  const fill = (store: MultiStore, versions: number, size: number) => {
    for (let i = 0; i < versions; i++) commit(store, { key: `${i}`.padEnd(size, '.') })
    return [store.oldestVersion, store.version]
  }
  expect(fill(new MultiStore(['a'], { historyVersions: 20 }), 50, 10)).toEqual([31, 50])
  // A replaced leaf of 1,000 bytes: 128 + 1,000 + 8. Ten thousand bytes hold eight of them, so nine versions.
  const bounded = { historyVersions: 20, historyBytes: 10_000, minHistory: 5 }
  expect(fill(new MultiStore(['a'], bounded), 50, 1000)).toEqual([42, 50])
  expect(fill(new MultiStore(['a'], { ...bounded, historyBytes: 0 }), 50, 1000)).toEqual([46, 50])
})

test('a pinned version stays whole beyond the window and is freed when released', () => {
  const store = new MultiStore(['a'], { historyVersions: 3 })
  commit(store, { k: 'first', gone: 'soon' })
  const reader = new StoreReader(store.reader())
  const pinned = reader.pin(1)
  if (typeof pinned === 'string') throw new Error(pinned)
  for (let i = 0; i < 30; i++) commit(store, { k: `value ${i}`, gone: undefined })
  expect(store.oldestVersion).toBe(29)
  expect([text(pinned.get(0, 'k')), text(pinned.get(0, 'gone')), pinned.has(0, 'none')]).toEqual([
    'first',
    'soon',
    false,
  ])
  const held = store.allocator.nodesInUse
  expect(held).toBeGreaterThan(30)

  pinned.release()
  commit(store, { k: 'last' })
  expect(store.allocator.nodesInUse).toBeLessThan(6)
  expect(() => pinned.get(0, 'k')).toThrow('height 1 is pruned')
  expect([reader.pin(1), reader.pin(32) !== 'future', reader.pin(33)]).toEqual(['pruned', true, 'future'])
})

test('a pin that outlives its time is broken, and every read after that says so', () => {
  let now = 0
  const store = new MultiStore(['a'], { historyVersions: 2, now: () => now })
  commit(store, { k: 'first' })
  const reader = new StoreReader(store.reader())
  const pinned = reader.pin(1, 1000)
  if (typeof pinned === 'string') throw new Error(pinned)
  const iterator = pinned.iterate(0, '', undefined, false)
  for (let i = 0; i < 5; i++) commit(store, { k: `value ${i}` })
  now = 1000
  commit(store, { k: 'x' })
  expect(text(pinned.get(0, 'k'))).toBe('first')

  now = 1001
  commit(store, { k: 'y' })
  expect(() => pinned.get(0, 'k')).toThrow('height 1 is pruned')
  expect(() => iterator.next()).toThrow('height 1 is pruned')
  expect(() => pinned.proof(0, 'k')).toThrow('height 1 is pruned')
  pinned.release()
  // The place of the pin is free again: all 64 can be taken.
  const all = Array.from({ length: 64 }, () => reader.pin(store.version))
  expect(all.filter((pin) => typeof pin === 'string')).toEqual([])
  expect(() => reader.pin(store.version)).toThrow('64 readers hold a version already')
  store.dropReader({ ...store.reader(), reader: 1 })
  expect(typeof reader.pin(store.version)).toBe('object')
})

test('a cursor of the writing thread notices when its version leaves the window', () => {
  const store = new MultiStore(['a'], { historyVersions: 2 })
  commit(store, { a: '1', b: '2' })
  const cursor = store.iterate(0, '', undefined, false)
  expect(cursor.next()).toBe(true)
  for (let i = 0; i < 3; i++) commit(store, { a: `${i}` })
  expect(() => cursor.next()).toThrow('height 1 is pruned')
})

test('fifty updates a block over ten thousand keys use the same segments after 1,000 and after 3,000 blocks', () => {
  const store = new MultiStore(['a'])
  const key = (n: number) => createHash('sha256').update(String(n)).digest('binary').slice(0, 21)
  const pool = Array.from({ length: 10_000 }, (_, i) => key(i)).sort((a, b) => (a < b ? -1 : 1))
  store.prepare(1, [{ keys: pool, values: pool.map(() => bytes('0'.repeat(40))) }])
  store.publish()
  const segments: number[] = []
  const inUse: number[] = []
  let random = 1
  for (let block = 2; block <= 3000; block++) {
    const picked = new Set<string>()
    for (let i = 0; i < 50; i++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
      picked.add(pool[(random >>> 8) % pool.length] as string)
    }
    const keys = [...picked].sort((a, b) => (a < b ? -1 : 1))
    // Lengths vary over size classes; every twentieth key goes, and comes back with a later block.
    const values = keys.map((_, i) =>
      (block + i) % 20 === 0 ? undefined : bytes('x'.repeat((block * 7 + i) % 90)),
    )
    store.prepare(block, [{ keys, values }])
    store.publish()
    if (block === 1000 || block === 3000) segments.push(store.memory.segments)
    if (block === 1000 || block === 3000) inUse.push(store.allocator.nodesInUse)
  }
  expect(segments[1]).toBe(segments[0])
  expect(inUse[1]).toBeLessThan((inUse[0] as number) * 1.05)
})
