import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  RequestCheckTx,
  RequestFinalizeBlock,
  RequestPrepareProposal,
  RequestProcessProposal,
} from '#gen/tendermint/abci/types.ts'
import { utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { chain } from '#modules/chain.ts'
import { Dispatcher } from '../../src/abci/dispatch.ts'
import { type Method, type MethodName, methodTable } from '../../src/abci/methods.ts'
import type { AbciApp } from '../../src/abci/types.ts'
import type { App } from '../../src/app/app.ts'
import { createApp } from '../../src/app/create.ts'
import { DEFAULT_INDEX_EVENTS } from '../../src/cli/node/app-toml.ts'
import { AppMeter } from '../../src/cli/node/telemetry/watched-app.ts'
import { openStorage } from '../../src/store/storage.ts'
import { TEST_CONSENSUS_PARAMS } from '../../src/testing/chain.ts'
import { type Dialect, type LoadAccount, loadAccount, sign, signRounds } from './accounts.ts'
import { appStateText, joined } from './genesis.ts'

/**
 * What the application alone costs, without sockets and without CometBFT: bank sends through every ABCI call they take,
 * requests decoded and replies encoded. `node test/bench/app.ts [--accounts 2000] [--txs 20000] [--block 4000]
 * [--watched] [--json]`; watched is as the node runs, with telemetry.
 *
 * Figures are CPU time of the process, garbage collection included. Every transaction is checked, rechecked once,
 * proposed, processed, executed, and committed to a log on disk.
 */
export interface AppBenchmark {
  readonly accounts: number
  readonly txs: number
  readonly block: number
  /** CPU µs per send, by ABCI method; Recheck is CheckTx after a block. */
  readonly phases: Readonly<Record<Phase, number>>
  readonly total: number
  /** The same for the block in which each call took least: what is left of a busy machine's noise. */
  readonly least: Readonly<Record<Phase, number>>
  /** CPU µs of one bare signature verification in the same run: the yardstick of this machine at this moment. */
  readonly signature: number
  readonly initChainSeconds: number
  readonly rssMegabytes: number
  /** The highest so far, genesis included. */
  readonly peakMegabytes: number
}

const PHASES = [
  'CheckTx',
  'Recheck',
  'PrepareProposal',
  'ProcessProposal',
  'FinalizeBlock',
  'Commit',
] as const
type Phase = (typeof PHASES)[number]

const SENDERS = 2_000
/** Ten rounds before the measured ones: they put the keys into the accounts, and the code through the compiler. */
const WARM_UP = 20_000
const GENESIS_SECONDS = 1_700_000_000

const dialect: Dialect = { chainId: 'wadi-bench-1', prefix: 'wadi', denom: 'awadi', fee: 100n, gas: 200_000n }

export async function benchApp(
  accounts: number,
  txs: number,
  block: number,
  watched = false,
): Promise<AppBenchmark> {
  const directory = mkdtempSync(join(tmpdir(), 'wadi-bench-'))
  // The snapshot after a large genesis is written by a thread of this process: it is no cost of a send.
  const storage = await openStorage(directory, chain.stores, {
    snapshotInterval: 1e9,
    snapshotLogBytes: 1e12,
  })
  try {
    const app = createApp({
      chain,
      state: storage,
      verifier: nativeVerifier(),
      minGasPrices: [],
      version: { software: 'bench', protocol: 1n },
      log: (_level, message, fields) => console.error(message, fields),
    })
    const initChainSeconds = initChain(app, accounts)
    const senders = Array.from({ length: SENDERS }, (_, index) => loadAccount(index))
    const signed = signRounds(senders, WARM_UP + txs, dialect, (index) => ({
      accountNumber: BigInt(index),
      sequence: 0n,
    }))
    const driver = new Driver(app, watched)
    driver.run(signed.slice(0, WARM_UP), block)
    const phases = driver.run(signed.slice(WARM_UP), block)
    const signature = signatureCost(senders[0] as LoadAccount)
    const sum = (each: Record<Phase, number>) => round(Object.values(each).reduce((a, b) => a + b, 0))
    const rssMegabytes = Math.round(process.memoryUsage().rss / 2 ** 20)
    const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024)
    return {
      accounts,
      txs,
      block,
      phases,
      total: sum(phases),
      least: driver.least,
      signature,
      initChainSeconds,
      rssMegabytes,
      peakMegabytes,
    }
  } finally {
    await storage.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function initChain(app: App, accounts: number): number {
  const appStateBytes = joined(appStateText(accounts, SENDERS))
  const start = process.cpuUsage()
  app.initChain({
    time: { seconds: BigInt(GENESIS_SECONDS), nanos: 0 },
    chainId: dialect.chainId,
    consensusParams: TEST_CONSENSUS_PARAMS,
    validators: [],
    appStateBytes,
    initialHeight: 1,
  })
  return round(cpuSince(start) / 1e6)
}

function signatureCost(account: LoadAccount): number {
  const digests = Array.from({ length: 2_000 }, (_, i) => sha256(utf8(`message ${i}`)))
  const signatures = digests.map((digest) => sign(digest, account))
  const verifier = nativeVerifier()
  const start = process.cpuUsage()
  for (const [i, digest] of digests.entries())
    verifier.verifySecp256k1(digest, signatures[i] as Uint8Array, account.publicKey)
  return round(cpuSince(start) / digests.length)
}

/** Puts blocks of transactions through the ABCI calls, as CometBFT does with one validator. */
class Driver {
  readonly #dispatcher: Dispatcher
  #count = 0
  #spent = emptyPhases()
  /** CPU µs per transaction by phase, in the block where it was lowest. */
  least = emptyPhases()
  #height = 1

  constructor(app: App, watched: boolean) {
    const indexed = new Set(DEFAULT_INDEX_EVENTS)
    this.#dispatcher = new Dispatcher(
      watched ? new AppMeter().watch(this.#checked(app)) : this.#checked(app),
      (type, key) => indexed.has(`${type}.${key}`),
      undefined,
    )
  }

  /** CPU µs per transaction by phase. The next block's transactions are checked before a block is made. */
  run(txs: readonly Uint8Array[], size: number): Record<Phase, number> {
    this.#spent = emptyPhases()
    this.least = emptyPhases(Number.POSITIVE_INFINITY)
    const blocks = Array.from({ length: Math.ceil(txs.length / size) }, (_, i) =>
      txs.slice(i * size, (i + 1) * size),
    )
    // All of it encoded before: what the benchmark needs itself is no cost of a send.
    const checks = blocks.map((block) => checkRequests(block, 0))
    const rechecks = blocks.map((block) => checkRequests(block, 1))
    this.#timed('CheckTx', 'CheckTx', checks[0] as Requests)
    for (const [i, block] of blocks.entries()) {
      const [check, recheck] = [checks[i + 1], rechecks[i + 1]]
      if (check !== undefined) this.#timed('CheckTx', 'CheckTx', check)
      this.#propose(block)
      if (recheck !== undefined) this.#timed('Recheck', 'CheckTx', recheck)
    }
    const phases = Object.entries(this.#spent).map(([phase, spent]) => [phase, round(spent / txs.length)])
    return Object.fromEntries(phases) as Record<Phase, number>
  }

  #propose(txs: readonly Uint8Array[]): void {
    const height = BigInt(this.#height)
    const time = { seconds: BigInt(GENESIS_SECONDS + this.#height), nanos: 0 }
    this.#height++
    const block = { txs: [...txs], height, time, hash: new Uint8Array(32) }
    const offered = RequestPrepareProposal.fromPartial({ ...block, maxTxBytes: 4_194_304n })
    this.#timed(
      'PrepareProposal',
      'PrepareProposal',
      joint([RequestPrepareProposal.encode(offered).finish()]),
      txs.length,
    )
    const proposed = RequestProcessProposal.fromPartial(block)
    this.#timed(
      'ProcessProposal',
      'ProcessProposal',
      joint([RequestProcessProposal.encode(proposed).finish()]),
      txs.length,
    )
    const decided = RequestFinalizeBlock.fromPartial(block)
    const decision = joint([RequestFinalizeBlock.encode(decided).finish()])
    this.#timed('FinalizeBlock', 'FinalizeBlock', decision, txs.length)
    this.#timed('Commit', 'Commit', joint([new Uint8Array()]), txs.length)
    if (this.#count !== txs.length) throw new Error(`${this.#count} results of ${txs.length} sends`)
  }

  #timed(phase: Phase, name: MethodName, { bytes, ends }: Requests, txs = ends.length): void {
    const method = methodTable().find((each) => each?.name === name) as Method
    const start = process.cpuUsage()
    let at = 0
    for (const end of ends) {
      this.#dispatcher.handle(1, method, bytes, at, end)
      at = end
    }
    const spent = cpuSince(start)
    this.#spent[phase] += spent
    if (txs > 0) this.least[phase] = Math.min(this.least[phase], spent / txs)
  }

  /** The application, with an eye on results: a benchmark of refusals would look fast. */
  #checked(app: App): AbciApp {
    return {
      info: () => app.info(),
      initChain: (req) => app.initChain(req),
      checkTx: (tx, recheck) => {
        const result = app.checkTx(tx, recheck)
        if (result.code !== 0) throw new Error(`CheckTx refused a send of the benchmark: ${result.log}`)
        return result
      },
      prepareProposal: (req) => app.prepareProposal(req),
      processProposal: (req) => app.processProposal(req),
      finalizeBlock: (req, results) => {
        this.#count = 0
        return app.finalizeBlock(req, {
          push: (result) => {
            if (result.code !== 0) throw new Error(`a send of the benchmark failed: ${result.log}`)
            this.#count++
            results.push(result)
          },
        })
      },
      commit: () => app.commit(),
      disconnected: () => app.disconnected(),
      query: () => {
        throw new Error('this benchmark asks no queries')
      },
    }
  }
}

/** Requests one behind the other, as they arrive at a socket. */
interface Requests {
  readonly bytes: Buffer
  readonly ends: readonly number[]
}

function joint(requests: readonly Uint8Array[]): Requests {
  let end = 0
  const ends = requests.map(({ length }) => {
    end += length
    return end
  })
  return { bytes: Buffer.concat(requests), ends }
}

const checkRequests = (txs: readonly Uint8Array[], type: 0 | 1): Requests =>
  joint(txs.map((tx) => RequestCheckTx.encode({ tx, type }).finish()))

function emptyPhases(value = 0): Record<Phase, number> {
  return Object.fromEntries(PHASES.map((phase) => [phase, value])) as Record<Phase, number>
}

function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return user + system
}

const round = (value: number): number => Math.round(value * 10) / 10

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      accounts: { type: 'string', default: '2000' },
      txs: { type: 'string', default: '20000' },
      block: { type: 'string', default: '4000' },
      watched: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const { accounts, txs, block, watched } = values
  const result = await benchApp(Number(accounts), Number(txs), Number(block), watched)
  if (values.json) console.log(JSON.stringify(result))
  else {
    const { least } = result
    for (const [phase, spent] of Object.entries(result.phases))
      console.log(
        `${phase.padEnd(16)} ${spent.toFixed(1).padStart(6)}  least ${least[phase as Phase].toFixed(1)}`,
      )
    console.log(
      `total            ${result.total} µs per send (${result.accounts} accounts; a signature ${result.signature})`,
    )
    const { initChainSeconds, rssMegabytes, peakMegabytes } = result
    console.log(`InitChain ${initChainSeconds} s CPU, RSS ${rssMegabytes} MB, peak ${peakMegabytes} MB`)
  }
}
