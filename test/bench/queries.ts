import { QueryBalanceRequest, QueryBalanceResponse } from '#gen/cosmos/bank/v1beta1/query.ts'
import { encodeBech32 } from '#lib/bech32.ts'
import { type Dialect, loadAccount } from './accounts.ts'
import { quantile, readProcess, rounded } from './processes.ts'
import { type RpcReply, RpcSocket, rpcText } from './rpc.ts'

export interface QueryReport {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly wrong: number
  readonly cpuMicrosPerQuery: readonly number[]
}

export interface QueryOptions {
  readonly rpcUrl: string
  readonly dialect: Dialect
  readonly accounts: number
  readonly connections: number
  readonly seconds: number
  readonly pids: readonly number[]
}

/** Balances through `abci_query`, one request under way on each connection. */
export async function queryLoad(options: QueryOptions): Promise<QueryReport> {
  const { rpcUrl, dialect, accounts, connections, seconds, pids } = options
  const path = '/cosmos.bank.v1beta1.Query/Balance'
  const requests = Array.from({ length: accounts }, (_, index) => {
    const address = encodeBech32(dialect.prefix, loadAccount(index).id)
    const data = QueryBalanceRequest.encode({ address, denom: dialect.denom }).finish()
    return rpcText(index, 'abci_query', { path, data: Buffer.from(data).toString('hex') })
  })
  const times: number[] = []
  let wrong = 0
  const before = pids.map(readProcess)
  const start = performance.now()
  const end = start + seconds * 1000
  const ask = async (connection: number): Promise<void> => {
    const done = Promise.withResolvers<void>()
    let next = connection * 131
    let asked = 0
    const send = () => {
      asked = performance.now()
      socket.send([requests[next++ % requests.length] as string])
    }
    const socket = await RpcSocket.open(rpcUrl, (text) => {
      const now = performance.now()
      times.push(now - asked)
      if (!isBalance(text)) wrong++
      if (now < end) send()
      else done.resolve()
    })
    send()
    await done.promise
    socket.close()
  }
  await Promise.all(Array.from({ length: connections }, (_, connection) => ask(connection)))
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

function isBalance(text: string): boolean {
  const { result } = JSON.parse(text) as RpcReply
  const { response } = result as {
    readonly response: { readonly code: number; readonly value: string | null }
  }
  if (response.code !== 0 || response.value === null) return false
  const { balance } = QueryBalanceResponse.decode(Buffer.from(response.value, 'base64'))
  return balance !== undefined && balance.amount !== '0'
}
