import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type { Verifier } from '#lib/verifier.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import type * as abci from '../abci/types.ts'
import type { App, AppOptions } from '../app/app.ts'
import { createApp, simulatorOptions } from '../app/create.ts'
import { Executor } from '../app/execute.ts'
import { isFailure } from '../app/failure.ts'
import { genesisJson } from '../app/genesis.ts'
import { decodeMeta } from '../app/state.ts'
import { brokenInvariant, type Chain } from '../kernel/chain.ts'
import { type BlockTime, Context, type ReadContext } from '../kernel/context.ts'
import type { ServiceDefinition } from '../kernel/module.ts'
import type { CommittedState } from '../store/committed.ts'
import { Overlay } from '../store/overlay.ts'
import { MemoryState } from './memory-state.ts'
import type { GeneratedType, MessageOf, Part } from './types.ts'

export interface TestChainOptions {
  /** `app_state`: JSON by module. Modules left out begin with `{}`. */
  readonly genesis: Readonly<Record<string, unknown>>
  readonly chainId?: string
  /** Time of genesis, in seconds since 1970. */
  readonly time?: bigint
  readonly consensusParams?: ConsensusParams
  /** Default: in memory. */
  readonly state?: CommittedState
  /** Every invariant after every block; default true. */
  readonly checkInvariants?: boolean
  readonly minGasPrices?: AppOptions['minGasPrices']
  readonly upgradeHeight?: number
  readonly verifier?: Verifier
  /** Told of what a node would log. */
  readonly log?: AppOptions['log']
}

/** A committed block. */
export interface TestBlock {
  readonly height: number
  readonly time: BlockTime
  readonly appHash: Uint8Array
  /** One a transaction, in order. */
  readonly results: readonly abci.ExecTxResult[]
  /** Of the block's hooks and timed work. */
  readonly events: abci.FinalizeBlockResponse['events']
  readonly consensusParamUpdates: ConsensusParams | undefined
}

/** What a proposer made of a mempool, and what others make of it. */
export interface ProposedBlock {
  /** What PrepareProposal chose. */
  readonly txs: readonly Uint8Array[]
  /** Whether a second node, which did not prepare it, accepts the proposal. */
  readonly accepted: boolean
}

/** CometBFT's defaults but for the block size: 4 MiB, gas without limit. */
export const TEST_CONSENSUS_PARAMS: ConsensusParams = {
  block: { maxBytes: 4_194_304n, maxGas: -1n },
  evidence: {
    maxAgeNumBlocks: 100_000n,
    maxAgeDuration: { seconds: 172_800n, nanos: 0 },
    maxBytes: 1_048_576n,
  },
  validator: { pubKeyTypes: ['ed25519'] },
  version: { app: 0n },
  abci: { voteExtensionsEnableHeight: 0n },
}

const EMPTY = new Uint8Array()
const GENESIS_TIME = 1_700_000_000n

/**
 * A chain in the test's process: the real application over a real committed state, with a consensus that agrees with
 * whatever the test decides. A block passes as many seconds as the test says, by default one.
 */
export class TestChain {
  readonly chain: Chain
  readonly chainId: string
  readonly state: CommittedState
  readonly #options: TestChainOptions
  #app: App

  private constructor(chain: Chain, options: TestChainOptions) {
    this.chain = chain
    this.chainId = options.chainId ?? 'wadi-test-1'
    this.state = options.state ?? new MemoryState(chain.stores)
    this.#options = options
    this.#app = this.#newApp()
  }

  /**
   * Starts a chain: InitChain, and nothing more. The first block is the test's, and until then nothing is committed:
   * queries find nothing, and accounts have the number 0. A state with blocks is continued.
   */
  static create(chain: Chain, options: TestChainOptions): TestChain {
    const made = new TestChain(chain, options)
    if (made.state.version === 0) made.initChain()
    return made
  }

  /** The application, for calls in another order than usual. */
  get app(): App {
    return this.#app
  }

  /** Height of the last committed block. */
  get height(): number {
    return this.state.version
  }

  get appHash(): Uint8Array {
    return this.state.appHash
  }

  /** Time of the last committed block; of genesis before the first. */
  get time(): BlockTime {
    if (this.height > 0) return decodeMeta(this.state.meta).time
    return { seconds: this.#options.time ?? GENESIS_TIME, nanos: 0 }
  }

  initChain(): abci.InitChainResponse {
    const { genesis, consensusParams = TEST_CONSENSUS_PARAMS } = this.#options
    const sections = this.chain.modules
      .filter((module) => module.genesis !== undefined)
      .map(({ name }) => [name, genesis[name] ?? {}] as const)
    const appState = { ...Object.fromEntries(sections), ...genesis }
    return this.#app.initChain({
      time: this.time,
      chainId: this.chainId,
      consensusParams,
      validators: [],
      appStateBytes: utf8(JSON.stringify(appState)),
      initialHeight: 1,
    })
  }

  /** Executes and commits a block of exactly these transactions, as if two thirds had decided on it. */
  nextBlock(txs: readonly Uint8Array[] = [], options: { readonly time?: bigint } = {}): TestBlock {
    const request = this.blockRequest(txs, options)
    const results: abci.ExecTxResult[] = []
    const { events, appHash, consensusParamUpdates } = this.#app.finalizeBlock(
      { ...request, decidedLastCommit: undefined },
      results,
    )
    this.#app.commit()
    const { height, time } = request
    return { height, time, appHash, results, events, consensusParamUpdates }
  }

  /** Executes and commits a block of one transaction; its result. */
  deliver(tx: Uint8Array): abci.ExecTxResult {
    return this.nextBlock([tx]).results[0] as abci.ExecTxResult
  }

  /** Empty blocks. */
  advanceBlocks(count: number): void {
    for (let i = 0; i < count; i++) this.nextBlock()
  }

  /** A block out of a mempool, as a proposer makes it and another validator judges it. Commits nothing. */
  propose(mempool: readonly Uint8Array[], maxTxBytes = 4_194_304): ProposedBlock {
    const request = this.blockRequest(mempool)
    const { txs } = this.#app.prepareProposal({ ...request, maxTxBytes, localLastCommit: undefined })
    const other = this.height === 0 ? this.#app : this.#newApp()
    const accepted = other.processProposal({ ...this.blockRequest(txs), proposedLastCommit: undefined })
    return { txs, accepted }
  }

  /** What CometBFT says of the next block. */
  blockRequest(txs: readonly Uint8Array[], options: { readonly time?: bigint } = {}): abci.BlockRequest {
    const height = this.height + 1
    return {
      txs,
      misbehavior: [],
      hash: sha256(utf8(`block ${height}`)),
      height,
      time: { seconds: options.time ?? this.time.seconds + 1n, nanos: 0 },
      nextValidatorsHash: EMPTY,
      proposerAddress: new Uint8Array(20),
    }
  }

  checkTx(tx: Uint8Array, recheck = false): abci.CheckTxResponse {
    return this.#app.checkTx(tx, recheck)
  }

  /** Executes a transaction on committed state, without signatures, and drops what it wrote. */
  simulate(bytes: Uint8Array): abci.ExecTxResult {
    const executor = new Executor({
      ...simulatorOptions(this.chain, this.#verifier()),
      onBug: (error) => this.#log('error', 'a handler failed without a name', { error }),
    })
    const { time, chainId } = this
    const scope = { store: new Overlay(this.state), height: BigInt(this.height), time, chainId }
    const tx = executor.decode(bytes)
    if (!isFailure(tx)) return executor.run(scope, tx, 0, 'simulate')
    return { ...tx, data: EMPTY, info: '', gasWanted: 0, gasUsed: 0, events: [] }
  }

  /** Answers a query on committed state; request and response pass through their encodings. */
  query<S extends ServiceDefinition, M extends keyof S['methods'] & string>(
    service: S,
    method: M,
    fields: Part<MessageOf<S['methods'][M]['requestType']>> = {} as never,
  ): MessageOf<S['methods'][M]['responseType']> {
    const path = `/${service.fullName}/${service.methods[method]?.name}`
    const route = this.chain.queries.get(path)
    if (route === undefined) throw new RangeError(`no query ${path}`)
    const type = route.request as GeneratedType<unknown>
    const request = type.decode(type.encode(type.fromPartial(fields as object)).finish())
    const response = route.response.encode(route.handler(this.read(), request)).finish()
    return route.response.decode(response) as MessageOf<S['methods'][M]['responseType']>
  }

  /** Committed state, for a module's own functions. */
  read(): ReadContext {
    return this.scratch()
  }

  /** Committed state with writes that nobody else ever sees: for planting faults. */
  scratch(): Context {
    const { slots, subscriptions } = this.chain
    const { time, chainId } = this
    const store = new Overlay(this.state)
    return new Context({ store, slots, subscriptions, height: BigInt(this.height), time, chainId })
  }

  /** The first broken invariant of the committed state, or of a scratch context. */
  brokenInvariant(ctx: ReadContext = this.read()): string | undefined {
    return brokenInvariant(ctx, this.chain)
  }

  /** The node stops and starts: a new application over what was committed. */
  restart(options: Partial<TestChainOptions> = {}): void {
    this.state.discard()
    this.#app = this.#newApp(options)
  }

  /** The committed state as `app_state`, for {@link TestChainOptions.genesis}. */
  exportGenesis(): Record<string, unknown> {
    return JSON.parse([...genesisJson(this.scratch(), this.chain.modules)].join(''))
  }

  /** Every key and value of every store, by store name: what two equal states have in common. */
  dump(): Record<string, [key: string, value: string][]> {
    return Object.fromEntries(this.chain.stores.map((name, slot) => [name, this.#entries(slot)]))
  }

  #entries(slot: number): [string, string][] {
    const cursor = this.state.iterate(slot, '', undefined, false)
    const entries: [string, string][] = []
    while (cursor.next()) entries.push([cursor.key, Buffer.from(cursor.value).toString('latin1')])
    return entries
  }

  #newApp(changes: Partial<TestChainOptions> = {}): App {
    const { checkInvariants = true, minGasPrices = [], upgradeHeight } = { ...this.#options, ...changes }
    return createApp({
      chain: this.chain,
      state: this.state,
      verifier: this.#verifier(),
      minGasPrices,
      checkInvariants,
      version: { software: 'test', protocol: 1n },
      log: (...line) => this.#log(...line),
      ...(upgradeHeight === undefined ? {} : { upgradeHeight }),
    })
  }

  #verifier(): Verifier {
    if (this.#options.verifier !== undefined) return this.#options.verifier
    native ??= nativeVerifier()
    return native
  }

  #log(...line: Parameters<AppOptions['log']>): void {
    this.#options.log?.(...line)
  }
}

let native: Verifier | undefined
