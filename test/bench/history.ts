import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { historyDirectory } from '../../src/store/history.ts'
import { HistoryReader } from '../../src/store/history-reader.ts'
import { folderBytes } from '../../src/store/offline.ts'
import { openStorage, type Storage } from '../../src/store/storage.ts'

/**
 * An archive: what it costs to write, and how fast old heights answer.
 * `node test/bench/history.ts [--keys 1000000] [--blocks 100] [--batch 2000] [--queries 5000]`
 *
 * A block gives `batch` random keys of 32 bytes new values of 50 bytes. A query is a look-up, one with its ICS-23
 * proof, or a page of 100 entries, at a random old height; the history was closed and opened in between.
 */
const KEY_BYTES = 32
const VALUE_BYTES = 50
const PAGE = 100

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    blocks: { type: 'string', default: '100' },
    batch: { type: 'string', default: '2000' },
    queries: { type: 'string', default: '5000' },
  },
})
const [keys, blocks, batch, queries] = [values.keys, values.blocks, values.batch, values.queries].map(
  Number,
) as [number, number, number, number]

async function written(storage: Storage): Promise<void> {
  while (storage.store.history.historyNext <= storage.version)
    await new Promise((resolve) => setTimeout(resolve, 5))
}

function commit(storage: Storage, chosen: readonly string[]): void {
  storage.prepare(storage.version + 1, [{ keys: chosen, values: chosen.map(() => randomBytes(VALUE_BYTES)) }])
  storage.commit()
}

const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const random = (count: number) => Math.floor(Math.random() * count)

function quantiles(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}

/** Of the thread alone, which a busy machine does not change. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function timed(count: number, work: () => void): string {
  const times: number[] = []
  const before = cpuMs()
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    work()
    times.push(performance.now() - start)
  }
  return `${quantiles(times)}, of the processor ${((cpuMs() - before) / count).toFixed(2)} ms each`
}

/** All threads of this process, LevelDB's too. */
function processMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const directory = mkdtempSync(join(tmpdir(), 'wadi-bench-'))
try {
  const pool = Array.from({ length: keys }, () => randomBytes(KEY_BYTES).toString('latin1')).sort(byBytes)
  const options = {
    snapshotInterval: 1e9,
    snapshotLogBytes: 1e12,
    history: { keepRecent: Number.POSITIVE_INFINITY },
  }
  const storage = await openStorage(directory, ['bench'], options)
  const where = historyDirectory(directory)
  let start = performance.now()
  commit(storage, pool)
  const buildSeconds = (performance.now() - start) / 1000
  await written(storage)
  const inHistory = ((performance.now() - start) / 1000).toFixed(1)
  console.log(
    `${keys} keys: built in ${buildSeconds.toFixed(1)} s, in the history ${inHistory} s after the start`,
  )
  const base = await folderBytes(where)
  console.log(
    `whole state on the disk: ${(base / 1e6).toFixed(0)} MB, ${(base / keys).toFixed(0)} bytes a key`,
  )

  const lags: number[] = []
  const commits: number[] = []
  let cpu = 0
  for (let i = 0; i < blocks; i++) {
    const chosen = [...new Set(Array.from({ length: batch }, () => pool[random(keys)] as string))].sort(
      byBytes,
    )
    start = performance.now()
    commit(storage, chosen)
    commits.push(performance.now() - start)
    const cpuStart = processMs()
    await written(storage)
    cpu += processMs() - cpuStart
    lags.push(performance.now() - start - (commits.at(-1) as number))
  }
  console.log(
    `${batch} updates a block: commit ${quantiles(commits)}; in the history after another ${quantiles(lags)}`,
  )
  console.log(`the history of a block takes ${(cpu / blocks).toFixed(0)} ms of the processor`)
  await storage.close()
  const grown = (await folderBytes(where)) - base
  console.log(
    `a block adds ${(grown / blocks / 1e6).toFixed(2)} MB, ${(grown / blocks / batch).toFixed(0)} bytes an update`,
  )

  const history = await HistoryReader.open(where, ['bench'])
  const old = () => history.version(1 + random(blocks)) ?? expectVersion()
  const key = () => pool[random(keys)] as string
  console.log(`a value: ${timed(queries, () => old().get(0, key()))}`)
  console.log(`a value with its proof: ${timed(queries, () => old().proof(0, key()))}`)
  console.log(
    `a page of ${PAGE}: ${timed(queries / 10, () => {
      const cursor = old().iterate(0, key(), undefined, false)
      for (let i = 0; i < PAGE && cursor.next(); i++);
    })}`,
  )
  await history.close()
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function expectVersion(): never {
  throw new Error('a version is missing')
}
