import { encodeBech32 } from '#lib/bech32.ts'
import { type Dialect, loadAccount } from './accounts.ts'
import { quantile, readProcess, rounded } from './processes.ts'
import type { QueryDoor } from './query-doors.ts'

export interface QueryReport {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly wrong: number
  readonly cpuMicrosPerQuery: readonly number[]
}

export interface QueryOptions {
  readonly door: QueryDoor
  readonly url: string
  readonly dialect: Dialect
  readonly accounts: number
  readonly connections: number
  readonly seconds: number
  readonly pids: readonly number[]
}

/** Balances through a door, one request under way on each connection. */
export async function queryLoad(options: QueryOptions): Promise<QueryReport> {
  const { door, url, dialect, accounts, connections, seconds, pids } = options
  const { denom } = dialect
  const queries = Array.from({ length: accounts }, (_, index) => ({
    address: encodeBech32(dialect.prefix, loadAccount(index).id),
    denom,
  }))
  const clients = await Promise.all(Array.from({ length: connections }, () => door(url, queries)))
  const times: number[] = []
  let wrong = 0
  const before = pids.map(readProcess)
  const start = performance.now()
  const end = start + seconds * 1000
  const asking = clients.map(async (client, connection) => {
    const done = Promise.withResolvers<void>()
    let next = connection * 131
    const ask = () => {
      const asked = performance.now()
      client.ask(next++ % queries.length, (right) => {
        const now = performance.now()
        times.push(now - asked)
        if (!right) wrong++
        if (now < end) ask()
        else done.resolve()
      })
    }
    ask()
    await done.promise
    client.close()
  })
  await Promise.all(asking)
  const elapsed = (performance.now() - start) / 1000
  times.sort((a, b) => a - b)
  return {
    perSecond: rounded(times.length / elapsed),
    p50Ms: rounded(quantile(times, 0.5) ?? 0, 2),
    p99Ms: rounded(quantile(times, 0.99) ?? 0, 2),
    wrong,
    cpuMicrosPerQuery: pids.map((pid, i) =>
      rounded(((readProcess(pid).cpuSeconds - (before[i]?.cpuSeconds ?? 0)) / times.length) * 1e6),
    ),
  }
}
