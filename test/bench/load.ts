import { setTimeout as sleep } from 'node:timers/promises'
import { BaseAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { QueryAccountRequest, QueryAccountResponse } from '#gen/cosmos/auth/v1beta1/query.ts'
import { encodeBech32 } from '#lib/bech32.ts'
import { type Dialect, type LoadAccount, loadAccount, signRounds } from './accounts.ts'
import { type BlockSeen, type LoadReport, report } from './load-report.ts'
import { type ProcessReading, readProcess } from './processes.ts'
import { type RpcReply, RpcSocket, rpc, rpcText } from './rpc.ts'

export interface LoadOptions {
  readonly rpcUrl: string
  /** Bank sends of a chain; or `kv`, pairs of 250 bytes for CometBFT's own example. */
  readonly kind: Dialect | 'kv'
  readonly txs: number
  readonly accounts: number
  readonly mode: 'sync' | 'async'
  readonly connections: number
  /** Requests under way on each connection. */
  readonly window: number
  /** Transactions a second at most; as fast as replies come when absent. */
  readonly rate?: number
  readonly pids: readonly number[]
  readonly timeoutSeconds?: number
}

interface Lane {
  readonly requests: string[]
  readonly indexes: number[]
}

/** What happened while a load ran. */
export interface LoadRecord {
  readonly options: LoadOptions
  readonly txs: readonly string[]
  readonly sentAt: Float64Array
  readonly start: number
  readonly submitted: number
  readonly firstHeight: number
  readonly refusals: ReadonlyMap<string, number>
  readonly before: readonly ProcessReading[]
  readonly after: readonly ProcessReading[]
  readonly arrivals: ReadonlyMap<number, number>
  readonly ownCpuSeconds: number
}

/**
 * Submits signed transactions and waits until all that were accepted are in blocks. All is signed and framed before the
 * clock starts. A sender's transactions stay on one connection, in the order of their sequences.
 */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const txs = await makeTransactions(options)
  const lanes = lanesOf(txs, options)
  const arrivals = new Map<number, number>()
  const events = await watchBlocks(options.rpcUrl, arrivals)
  const sentAt = new Float64Array(txs.length)
  const refusals = new Map<string, number>()
  const before = options.pids.map(readProcess)
  const own = process.cpuUsage()
  const firstHeight = (await heightOf(options.rpcUrl)) + 1
  const start = Date.now()
  const gate = new Gate(options.rate)
  await Promise.all(lanes.map((lane) => submit(lane, options, gate, sentAt, refusals)))
  const submitted = Date.now()
  const refused = [...refusals.values()].reduce((sum, each) => sum + each, 0)
  const lastHeight = await untilCommitted(options, firstHeight, txs.length - refused, arrivals)
  const after = options.pids.map(readProcess)
  const { user, system } = process.cpuUsage(own)
  const ownCpuSeconds = (user + system) / 1e6
  const record = { options, txs, sentAt, start, submitted, firstHeight, refusals, before, after, arrivals }
  events.close()
  const blocks = await blocksBetween(options.rpcUrl, firstHeight, lastHeight)
  return report({ ...record, ownCpuSeconds }, blocks)
}

async function makeTransactions({ rpcUrl, kind, txs, accounts }: LoadOptions): Promise<string[]> {
  if (kind === 'kv') {
    const stamp = Date.now().toString(36)
    return Array.from({ length: txs }, (_, i) => btoa(`${stamp}-${i}=`.padEnd(250, 'v')))
  }
  const senders = Array.from({ length: accounts }, (_, index) => loadAccount(index))
  const known = await accountNumbers(rpcUrl, senders, kind.prefix)
  const signed = signRounds(senders, txs, kind, (index) => known[index] as (typeof known)[number])
  return signed.map((tx) => Buffer.from(tx).toString('base64'))
}

/** Number and sequence of each account, as the chain says. */
async function accountNumbers(rpcUrl: string, senders: readonly LoadAccount[], prefix: string) {
  const known: { accountNumber: bigint; sequence: bigint }[] = []
  const path = '/cosmos.auth.v1beta1.Query/Account'
  for (let at = 0; at < senders.length; at += 50) {
    const some = senders.slice(at, at + 50).map(async ({ id }) => {
      const data = QueryAccountRequest.encode({ address: encodeBech32(prefix, id) }).finish()
      const hex = Buffer.from(data).toString('hex')
      const { response } = await rpc<AbciQuery>(rpcUrl, 'abci_query', { path, data: hex })
      if (response.code) throw new Error(`account ${encodeBech32(prefix, id)}: ${response.log}`)
      const { account } = QueryAccountResponse.decode(Buffer.from(response.value ?? '', 'base64'))
      return BaseAccount.decode(account?.value ?? new Uint8Array())
    })
    known.push(...(await Promise.all(some)))
  }
  return known
}

interface AbciQuery {
  readonly response: { readonly code?: number; readonly log?: string; readonly value?: string }
}

function lanesOf(txs: readonly string[], { accounts, connections, mode }: LoadOptions): Lane[] {
  const lanes = Array.from({ length: connections }, (): Lane => ({ requests: [], indexes: [] }))
  for (const [index, tx] of txs.entries()) {
    const lane = lanes[(index % accounts) % connections] as Lane
    lane.requests.push(rpcText(index, `broadcast_tx_${mode}`, { tx }))
    lane.indexes.push(index)
  }
  return lanes
}

/** Lets as many requests pass as the rate allows. */
class Gate {
  readonly #rate: number | undefined
  readonly #start = Date.now()
  #passed = 0

  constructor(rate: number | undefined) {
    this.#rate = rate
  }

  get limited(): boolean {
    return this.#rate !== undefined
  }

  pass(): boolean {
    if (this.#rate !== undefined && this.#passed >= ((Date.now() - this.#start) / 1000) * this.#rate)
      return false
    this.#passed++
    return true
  }
}

const GATE_MS = 5

async function submit(
  lane: Lane,
  { rpcUrl, window }: LoadOptions,
  gate: Gate,
  sentAt: Float64Array,
  refusals: Map<string, number>,
): Promise<void> {
  if (lane.requests.length === 0) return
  let next = 0
  let answered = 0
  const done = Promise.withResolvers<void>()
  const pump = () => {
    // Refilled when half of the window is free: fewer, larger writes.
    if (next - answered > window / 2) return
    const first = next
    while (next < lane.requests.length && next - answered < window && gate.pass())
      sentAt[lane.indexes[next++] as number] = Date.now()
    if (next > first) socket.send(lane.requests.slice(first, next))
  }
  const socket = await RpcSocket.open(rpcUrl, (text) => {
    const refusal = refusalOf(text)
    if (refusal !== undefined) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1)
    if (++answered === lane.requests.length) done.resolve()
    else pump()
  })
  socket.closed.then(() => done.reject(new Error(`the node closed a connection after ${answered} replies`)))
  const timer = gate.limited ? setInterval(pump, GATE_MS) : undefined
  pump()
  await done.promise
  clearInterval(timer)
  socket.close()
}

function refusalOf(text: string): string | undefined {
  const { result, error } = JSON.parse(text) as RpcReply
  if (error !== undefined) return `${error.message}: ${error.data ?? ''}`.slice(0, 120)
  const { code, log } = result as { readonly code: number; readonly log: string }
  return code === 0 ? undefined : `code ${code}: ${log}`.slice(0, 120)
}

/** Notes when the node says that a block is there. */
async function watchBlocks(rpcUrl: string, arrivals: Map<number, number>): Promise<RpcSocket> {
  const socket = await RpcSocket.open(rpcUrl, (text) => {
    const now = Date.now()
    const height = /"header":\{.*?"height":"(\d+)"/.exec(text)?.[1]
    if (height !== undefined) arrivals.set(Number(height), now)
  })
  socket.send([rpcText(0, 'subscribe', { query: "tm.event='NewBlockHeader'" })])
  return socket
}

async function heightOf(rpcUrl: string): Promise<number> {
  const status = await rpc<{ sync_info: { latest_block_height: string } }>(rpcUrl, 'status')
  return Number(status.sync_info.latest_block_height)
}

const POLL_MS = 250

/** Waits until `expected` transactions are in blocks from height `from` on; returns the last of these heights. */
async function untilCommitted(
  { rpcUrl, timeoutSeconds = 300 }: LoadOptions,
  from: number,
  expected: number,
  arrivals: ReadonlyMap<number, number>,
): Promise<number> {
  const deadline = Date.now() + timeoutSeconds * 1000
  let found = 0
  let counted = from - 1
  while (found < expected) {
    if (Date.now() > deadline) throw new Error(`${found} of ${expected} transactions in ${timeoutSeconds} s`)
    if (!arrivals.has(counted + 1)) {
      await sleep(POLL_MS)
      continue
    }
    // Only the numbers: whole blocks are fetched when nothing is measured any more.
    const height = `${counted + 1}`
    const params = { minHeight: height, maxHeight: height }
    const { block_metas: metas } = await rpc<{ block_metas: { num_txs: string }[] }>(
      rpcUrl,
      'blockchain',
      params,
    )
    found += Number(metas[0]?.num_txs ?? 0)
    counted++
  }
  return counted
}

/** The blocks of a load and the one after them, whose header has the time of the last one's end. */
async function blocksBetween(rpcUrl: string, first: number, last: number): Promise<BlockSeen[]> {
  while ((await heightOf(rpcUrl)) <= last) await sleep(POLL_MS)
  const blocks: BlockSeen[] = []
  for (let height = first; height <= last + 1; height++) {
    const params = { height: `${height}` }
    const { block } = await rpc<BlockReply>(rpcUrl, 'block', params)
    blocks.push({ height, time: Date.parse(block.header.time), txs: block.data.txs ?? [] })
  }
  return blocks
}

interface BlockReply {
  readonly block: {
    readonly header: { readonly time: string }
    readonly data: { readonly txs: string[] | null }
  }
}
