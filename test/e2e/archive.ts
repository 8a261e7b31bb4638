import { ok, deepStrictEqual as same } from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { iavlSpec, ics23, tendermintSpec, verifyMembership, verifyNonMembership } from '@confio/ics23'
import { QueryAccountRequest } from '#gen/cosmos/auth/v1beta1/query.ts'
import { QueryAllBalancesRequest, QueryTotalSupplyRequest } from '#gen/cosmos/bank/v1beta1/query.ts'
import { chain } from '#modules/chain.ts'
import { rpcGet } from '../../src/cli/node/rpc.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { Random } from '../simulation/random.ts'
import { accounts, appState, blockAt, startNet } from './node-kit.ts'
import { Load } from './node-load.ts'

export interface ArchiveOptions {
  readonly seed: number
  /** Heights that are recorded while they are the newest. */
  readonly heights: number
  /** Questions at old heights. */
  readonly queries: number
  readonly onProgress?: (text: string) => void
}

export interface ArchiveReport {
  readonly recorded: number
  readonly asked: number
  readonly proofs: number
  readonly rest: number
}

/** A question that has an answer at every height. */
type Question =
  | { readonly kind: 'query'; readonly path: string; readonly data: string }
  | { readonly kind: 'proof'; readonly store: string; readonly key: string }
  | { readonly kind: 'rest'; readonly path: string }

/** Questions that are asked at a height while it is the newest. */
const EACH = 4
/** After a restart memory has what came since a snapshot, of which there is one every ten heights: less than this. */
const MEMORY_AFTER_RESTART = 30

/** Questions about every account, and keys of two stores: some there from the start, some never. */
function questions(): Question[] {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const asked: Question[] = [
    {
      kind: 'query',
      path: '/cosmos.bank.v1beta1.Query/TotalSupply',
      data: hex(QueryTotalSupplyRequest.encode(QueryTotalSupplyRequest.fromPartial({})).finish()),
    },
    { kind: 'rest', path: '/cosmos/auth/v1beta1/accounts?pagination.limit=5&pagination.reverse=true' },
  ]
  for (const { address } of accounts) {
    const balances = QueryAllBalancesRequest.fromPartial({ address })
    asked.push({
      kind: 'query',
      path: '/cosmos.bank.v1beta1.Query/AllBalances',
      data: hex(QueryAllBalancesRequest.encode(balances).finish()),
    })
    const data = hex(QueryAccountRequest.encode({ address }).finish())
    asked.push({ kind: 'query', path: '/cosmos.auth.v1beta1.Query/Account', data })
    asked.push({ kind: 'rest', path: `/cosmos/bank/v1beta1/balances/${address}` })
    asked.push({ kind: 'rest', path: `/cosmos/auth/v1beta1/accounts/${address}` })
  }
  const twin = TestChain.create(chain, { genesis: appState() as Record<string, unknown> })
  twin.nextBlock()
  for (const store of ['bank', 'auth']) {
    const keys = (twin.dump()[store] ?? []).map(([key]) => Buffer.from(key, 'latin1').toString('hex'))
    for (const key of keys)
      asked.push({ kind: 'proof', store, key }, { kind: 'proof', store, key: `${key}00` })
  }
  return asked
}

interface Answer {
  readonly code: number
  readonly height: string
  readonly value: string | null
  readonly proofOps: { readonly ops: readonly { readonly type: string; readonly data: string }[] } | null
}

interface Urls {
  readonly rpc: string
  readonly rest: string
}

/** The answer as text; of a proof the value, after it was verified against the header of the next height. */
async function ask({ rpc, rest }: Urls, question: Question, height: number): Promise<string> {
  if (question.kind === 'rest') {
    const response = await fetch(`${rest}${question.path}`, {
      headers: { 'x-cosmos-block-height': `${height}` },
    })
    same([response.status, response.headers.get('x-cosmos-block-height')], [200, `${height}`])
    return response.text()
  }
  const [path, data, prove] =
    question.kind === 'query'
      ? [question.path, question.data, false]
      : [`/store/${question.store}/key`, question.key, true]
  const url = `/abci_query?path="${encodeURIComponent(path)}"&data=0x${data}&height=${height}&prove=${prove}`
  const result = (await rpcGet(rpc, url, 10_000)) as { readonly response: Answer } | undefined
  ok(result !== undefined, `no answer to ${url}`)
  const { code, height: at, value, proofOps } = result.response
  same([code ?? 0, at], [0, `${height}`], JSON.stringify(result.response))
  if (question.kind === 'proof') await verify(rpc, question, height, value, proofOps)
  return value ?? ''
}

async function verify(
  rpc: string,
  { store, key }: { readonly store: string; readonly key: string },
  height: number,
  value: string | null,
  proofOps: Answer['proofOps'],
): Promise<void> {
  const [inStore, inApp] = (proofOps?.ops ?? []).map(({ data }) =>
    ics23.CommitmentProof.decode(Buffer.from(data, 'base64')),
  )
  ok(inStore != null && inApp != null, `no proof of ${key} at ${height}`)
  const appHash = Buffer.from((await blockAt(rpc, height + 1)).appHash, 'hex')
  const root = inApp.exist?.value ?? new Uint8Array()
  const name = Buffer.from(store)
  const wanted = Buffer.from(key, 'hex')
  ok(verifyMembership(inApp, tendermintSpec, appHash, name, root), `the store's root at ${height}`)
  const holds =
    value === null || value === ''
      ? verifyNonMembership(inStore, iavlSpec, root, wanted)
      : verifyMembership(inStore, iavlSpec, root, wanted, Buffer.from(value, 'base64'))
  ok(holds, `the proof of ${key} in ${store} at height ${height}`)
}

/**
 * Records answers at each height while it is the newest of an archive node under load, which is killed in between;
 * later asks the same of old heights, at random, and compares.
 */
export async function archiveRun({
  seed,
  heights,
  queries,
  onProgress = () => {},
}: ArchiveOptions): Promise<ArchiveReport> {
  const random = new Random(`archive ${seed}`)
  const pruning = { mode: 'nothing', keepRecent: 0, interval: 0 } as const
  const { node: at, remove } = await startNet(1, { pruning })
  const node = at(0)
  const urls = { rpc: node.rpcUrl, rest: node.restUrl }
  const load = new Load(() => (node.running ? [node.rpcUrl] : []))
  const all = questions()
  const recorded: { readonly height: number; readonly question: Question; readonly answer: string }[] = []
  try {
    await node.waitHeight(2)
    await node.untilServing()
    load.start()
    let next = 2
    let killed = false
    for (let count = 0; count < heights; count++) {
      // The next height has to be there, with the header that proofs verify against.
      next = Math.max(next, (await node.waitHeight(next + 1)).height - 1)
      for (let i = 0; i < EACH; i++) {
        const question = all[random.below(all.length)] as Question
        recorded.push({ height: next, question, answer: await ask(urls, question, next) })
      }
      next++
      if (killed || count < heights / 2) continue
      killed = true
      await node.kill('both')
      await node.start()
      await node.untilServing()
      onProgress(`recorded ${recorded.length} answers up to height ${next - 1}, killed, started again`)
    }
    await load.stop()
    // Only what came after the last snapshot is in memory now.
    await node.restart()
    await node.waitHeight(next)
    await node.untilServing()
    const before = (await node.waitHeight(next)).height - MEMORY_AFTER_RESTART
    const old = recorded.filter(({ height }) => height < before)
    let [proofs, rest] = [0, 0]
    for (let i = 0; i < queries; i++) {
      const { height, question, answer } = old[random.below(old.length)] as (typeof old)[number]
      same(await ask(urls, question, height), answer, `${JSON.stringify(question)} at height ${height}`)
      if (question.kind === 'proof') proofs++
      if (question.kind === 'rest') rest++
    }
    return { recorded: recorded.length, asked: queries, proofs, rest }
  } finally {
    await load.stop()
    await remove()
  }
}

const HELP = `usage: npm run archive -- [options]

  --seed N      decides what is asked at which height (default: of the time of day; printed)
  --heights N   heights that are recorded while they are the newest (default 300)
  --queries N   questions at old heights (default 1000)`

/** `npm run archive`: an archive node answers as it did when old heights were current; returns 0 if it does. */
export async function archive(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      heights: { type: 'string', default: '300' },
      queries: { type: 'string', default: '1000' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const seed = Number(values.seed)
  try {
    const heights = Number(values.heights)
    const report = await archiveRun({
      seed,
      heights,
      queries: Number(values.queries),
      onProgress: console.log,
    })
    console.log(
      `seed ${seed}: ${report.asked} answers at old heights equal what was recorded (${report.proofs} with proofs ` +
        `verified, ${report.rest} over REST); ${report.recorded} answers of ${heights} heights were recorded`,
    )
    return 0
  } catch (error) {
    console.error(`archive with --seed ${seed}: ${(error as Error).message}`)
    return 1
  }
}
