import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { SEGMENT_BYTES } from './memory.ts'
import { MultiStore } from './multistore.ts'

interface Counts {
  readonly versions: number
  readonly values: number
  readonly pruned: number
  readonly wrong: number
}

/** Publishes versions that rewrite every key, while another thread reads them. */
async function readWhileWriting(
  versions: number,
  limitMs: number,
  historyVersions: number,
  now?: () => number,
) {
  const store = new MultiStore(['a'], { historyVersions, minHistory: 2, ...(now && { now }) })
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL('../../test/fixtures/store-reader.ts', import.meta.url), {
    workerData: { share: store.reader(), stop, limitMs },
  })
  const done = once(worker, 'message') as Promise<[Counts]>
  const failed = once(worker, 'error').then(([failure]) => Promise.reject(failure))
  const publish = (version: number) => {
    const keys = Array.from({ length: 500 + version }, (_, i) => `key ${String(i).padStart(30, '0')}`)
    const values = keys.map((_, i) => {
      const value = Buffer.alloc(4 + ((version * 31 + i) % 200))
      value.writeUInt32LE(version)
      return value
    })
    store.prepare(version, [{ keys, values }])
    store.publish()
  }
  publish(1)
  await once(worker, 'online')
  for (let version = 2; version <= versions; version++) {
    publish(version)
    if (version % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  Atomics.store(stop, 0, 1)
  const [counts] = await Promise.race([done, failed])
  await worker.terminate()
  return { counts, store }
}

test('a reader thread sees whole versions only, while the writer goes on and memory grows', async () => {
  const { counts, store } = await readWhileWriting(250, 60_000, 150)
  expect(counts.wrong).toBe(0)
  expect(counts.versions).toBeGreaterThan(10)
  // Both buffers started with one segment: the reader followed growth.
  expect(store.memory.shared.slab.byteLength + store.memory.shared.nodes.byteLength).toBeGreaterThan(
    2 * SEGMENT_BYTES,
  )
})

test('a reader whose pins are broken at once never hands out a wrong value', async () => {
  // A clock that leaps: every pin outlives its limit as soon as its version leaves the window.
  let now = 0
  const { counts } = await readWhileWriting(250, 1, 2, () => {
    now += 1000
    return now
  })
  expect(counts.wrong).toBe(0)
  expect(counts.pruned).toBeGreaterThan(0)
})
