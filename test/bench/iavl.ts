import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { MultiStore } from '../../src/store/multistore.ts'
import { openStorage } from '../../src/store/storage.ts'

/**
 * Speed of the committed state. `node test/bench/iavl.ts [--keys 1000000] [--batch 2000] [--rounds 60] [--json]`
 *
 * A round is a block: `batch` random keys of 32 bytes get new values of 50 bytes, applied in key order and hashed.
 */
export interface IavlBenchmark {
  readonly machine: string
  readonly keys: number
  readonly batch: number
  /**
   * Medians; "updates" counts apply and hash (`prepare`), "committed" also index, window and reclamation
   * (`publish`).
   */
  readonly updatesPerSecond: number
  readonly committedPerSecond: number
  readonly insertsPerSecond: number
  readonly readsPerSecond: number
  readonly buildSeconds: number
  readonly snapshotSeconds: number
  readonly openSeconds: number
  readonly rssMegabytes: number
}

const KEY_BYTES = 32
const VALUE_BYTES = 50

export async function benchIavl(keys: number, batch: number, rounds: number): Promise<IavlBenchmark> {
  const pool = Array.from({ length: keys }, () => randomBytes(KEY_BYTES).toString('latin1')).sort(byBytes)
  const directory = mkdtempSync(join(tmpdir(), 'wadi-bench-'))
  try {
    let start = performance.now()
    const storage = await openStorage(directory, ['bench'], { snapshotInterval: 1e9, snapshotLogBytes: 1e12 })
    storage.prepare(1, [{ keys: pool, values: pool.map(() => randomBytes(VALUE_BYTES)) }])
    storage.commit()
    const buildSeconds = seconds(start)
    const measured = measureBlocks(storage.store, pool, batch, rounds)
    start = performance.now()
    await storage.snapshot()
    const snapshotSeconds = seconds(start)
    await storage.close()
    start = performance.now()
    const reopened = await openStorage(directory, ['bench'])
    const openSeconds = seconds(start)
    await reopened.close()
    const rssMegabytes = Math.round(process.memoryUsage().rss / 1e6)
    const [cpu] = cpus()
    const machine = `${cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}`
    return { machine, keys, batch, ...measured, buildSeconds, snapshotSeconds, openSeconds, rssMegabytes }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function measureBlocks(store: MultiStore, pool: readonly string[], batch: number, rounds: number) {
  const block = (keysOf: () => string): { prepare: number; total: number } => {
    const keys = [...new Set(Array.from({ length: batch }, keysOf))].sort(byBytes)
    const values = keys.map(() => randomBytes(VALUE_BYTES))
    const start = performance.now()
    store.prepare(store.version + 1, [{ keys, values }])
    const prepared = performance.now()
    store.publish()
    const end = performance.now()
    return { prepare: (prepared - start) / keys.length, total: (end - start) / keys.length }
  }
  const any = () => pool[Math.floor(Math.random() * pool.length)] as string
  const updates = Array.from({ length: rounds }, () => block(any))
  const inserts = Array.from({ length: Math.ceil(rounds / 3) }, () =>
    block(() => randomBytes(KEY_BYTES).toString('latin1')),
  )
  const reads = 500_000
  const start = performance.now()
  for (let i = 0; i < reads; i++) store.get(0, any())
  return {
    updatesPerSecond: Math.round(1000 / median(updates.map((each) => each.prepare))),
    committedPerSecond: Math.round(1000 / median(updates.map((each) => each.total))),
    insertsPerSecond: Math.round(1000 / median(inserts.map((each) => each.total))),
    readsPerSecond: Math.round(reads / seconds(start)),
  }
}

function seconds(start: number): number {
  return Math.round(performance.now() - start) / 1000
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '1000000' },
      batch: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
    },
  })
  const result = await benchIavl(Number(values.keys), Number(values.batch), Number(values.rounds))
  if (values.json) console.log(JSON.stringify(result))
  else
    for (const [name, value] of Object.entries(result))
      console.log(`${name.padEnd(20)} ${value.toLocaleString()}`)
}
