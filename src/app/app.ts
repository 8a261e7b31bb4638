import { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { equalBytes } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type * as abci from '../abci/types.ts'
import { brokenInvariant, outdatedModules, runBlockHooks, runMigrations } from '../kernel/chain.ts'
import { type BlockInfo, type BlockTime, Context } from '../kernel/context.ts'
import { runDeadlines } from '../kernel/deadlines.ts'
import { assert } from '../kernel/errors.ts'
import type { AbciEvent } from '../kernel/events.ts'
import type { ReadStore, WriteStore } from '../kernel/kv.ts'
import { deadlineBudget } from '../kernel/system.ts'
import type { CommittedState } from '../store/committed.ts'
import { Overlay } from '../store/overlay.ts'
import { DecodedTxs } from './decoded.ts'
import { type BlockScope, Executor, type ExecutorOptions, gasWantedOf } from './execute.ts'
import { type Failure, isFailure } from './failure.ts'
import { expectedEntries, initGenesis, located } from './genesis.ts'
import { type BlockLimits, prepareProposal, refuseProposal } from './proposal.ts'
import { sealed } from './sealed.ts'
import { type BlockMeta, decodeMeta, encodeMeta } from './state.ts'
import type { DecodedTx } from './tx.ts'

/** The version of the program that CometBFT and clients are told. */
export interface AppVersion {
  readonly software: string
  /** Protocol version: in every block header; a change needs everybody to change. */
  readonly protocol: bigint
}

export interface AppOptions extends Omit<ExecutorOptions, 'onBug'> {
  readonly state: CommittedState
  readonly version: AppVersion
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void
  /** Height at which this program's migrations run; without one, a state of another format is refused. */
  readonly upgradeHeight?: number
  /** Checks every invariant after every block, and halts on the first that is broken. For tests. */
  readonly checkInvariants?: boolean
}

const EMPTY_HASH = sha256(new Uint8Array())
const OK = { data: new Uint8Array(), info: '', events: [] as AbciEvent[] }

/** The application: ABCI calls in the order of the protocol. */
export class App implements Omit<abci.AbciApp, 'query'> {
  readonly #options: AppOptions
  readonly #state: CommittedState
  readonly #executor: Executor
  readonly #working: Overlay
  #check: Overlay
  #meta: BlockMeta
  #initialHeight = 0
  #limits: BlockLimits | undefined
  #proposed: { height: number; time: BlockTime; txs: readonly DecodedTx[] } | undefined
  #finalized: { height: number; meta: BlockMeta } | undefined

  constructor(options: AppOptions) {
    this.#options = options
    this.#state = options.state
    const { log } = options
    const onBug = (error: unknown) => log('error', 'a handler failed without a name', { error })
    const decoded = new DecodedTxs(options.decode)
    this.#executor = new Executor({ ...options, decode: (bytes) => decoded.get(bytes), onBug })
    this.#working = new Overlay(options.state)
    this.#check = new Overlay(options.state)
    const committed = options.state.version > 0
    this.#meta = committed ? decodeMeta(options.state.meta) : { chainId: '', time: { seconds: 0n, nanos: 0 } }
    if (committed) this.#refuseOtherFormat()
  }

  get height(): number {
    return this.#state.version
  }

  info(): abci.InfoResponse {
    const { chain, version, state } = this.#options
    return {
      data: chain.name,
      version: version.software,
      appVersion: version.protocol,
      lastBlockHeight: state.version,
      lastBlockAppHash: state.version > 0 ? state.appHash : new Uint8Array(),
    }
  }

  /** Lays the foundation of the state; block 1 executes on top of it and both become one version. */
  initChain(req: abci.InitChainRequest): abci.InitChainResponse {
    assert(
      this.#state.version === 0,
      `InitChain at height ${this.#state.version}: CometBFT's data is older than ours`,
    )
    this.disconnected()
    this.#meta = { chainId: req.chainId, time: req.time }
    this.#initialHeight = req.initialHeight
    const ctx = this.#context(
      this.#state.foundation(expectedEntries(req.appStateBytes)),
      BigInt(req.initialHeight),
    )
    const { chain } = this.#options
    sealed(() => {
      initGenesis(ctx, chain, req.appStateBytes)
      const params = req.consensusParams
      if (params !== undefined) located('consensus_params', () => chain.consensus.init(ctx, params))
    })
    this.#check = new Overlay(this.#working)
    return { appHash: EMPTY_HASH, consensusParams: undefined, validators: [] }
  }

  checkTx(bytes: Uint8Array, recheck: boolean): abci.CheckTxResponse {
    const tx = this.#executor.decode(bytes)
    if (isFailure(tx)) return { ...OK, ...tx, gasWanted: 0, gasUsed: 0 }
    const gasWanted = gasWantedOf(tx)
    const { failure, gasUsed } = this.#executor.admit(
      this.#scope(this.#check, this.#nextHeight()),
      tx,
      recheck ? 'recheck' : 'check',
    )
    if (failure === undefined) return { ...OK, code: 0, codespace: '', log: '', gasWanted, gasUsed }
    return { ...OK, ...failure, gasWanted, gasUsed }
  }

  prepareProposal(req: abci.PrepareProposalRequest): { txs: readonly Uint8Array[] } {
    const scope = { ...this.#scope(new Overlay(this.#base()), req.height), time: req.time }
    const limits = { maxTxBytes: req.maxTxBytes, maxGas: this.#blockLimits().maxGas }
    const txs = sealed(() => prepareProposal(this.#executor, scope, req.txs, limits))
    this.#proposed = { height: req.height, time: req.time, txs }
    return { txs: txs.map((tx) => tx.bytes) }
  }

  processProposal(req: abci.ProcessProposalRequest): boolean {
    // What this node proposed itself on the same state was found good a moment ago.
    if (this.#isOwnProposal(req)) return true
    const scope = { ...this.#scope(new Overlay(this.#base()), req.height), time: req.time }
    const refused = sealed(() => refuseProposal(this.#executor, scope, req.txs, this.#blockLimits()))
    if (refused !== undefined)
      this.#options.log('warn', 'proposal refused', { height: req.height, reason: refused })
    return refused === undefined
  }

  /** Executes a decided block on the working state and prepares its version; nothing is durable yet. */
  finalizeBlock(req: abci.FinalizeBlockRequest, results: abci.ResultSink): abci.FinalizeBlockResponse {
    const expected = this.#nextHeight()
    assert(req.height === expected, `block ${req.height} came where ${expected} was due`)
    assert(this.#finalized === undefined, `block ${req.height} came before block ${expected} was committed`)
    this.#meta = { ...this.#meta, time: req.time }
    const response = sealed(() => this.#execute(req, results))
    const changes = this.#working.changes()
    const appHash = this.#state.prepare(req.height, changes, encodeMeta(this.#meta))
    this.#finalized = { height: req.height, meta: this.#meta }
    return { ...response, appHash }
  }

  commit(): { retainHeight: number } {
    assert(this.#finalized !== undefined, 'Commit came before FinalizeBlock')
    this.#state.commit()
    this.#working.clear()
    this.#check = new Overlay(this.#state)
    this.#finalized = undefined
    this.#proposed = undefined
    this.#limits = undefined
    return { retainHeight: 0 }
  }

  /** The consensus connection is gone: whatever was not committed will come again. */
  disconnected(): void {
    this.#state.discard()
    this.#working.clear()
    this.#check = new Overlay(this.#state)
    this.#finalized = undefined
    this.#proposed = undefined
    this.#limits = undefined
    if (this.#state.version > 0) this.#meta = decodeMeta(this.#state.meta)
  }

  #execute(
    req: abci.FinalizeBlockRequest,
    results: abci.ResultSink,
  ): Omit<abci.FinalizeBlockResponse, 'appHash'> {
    const { chain } = this.#options
    const block = { proposer: req.proposerAddress, hash: req.hash }
    const scope = this.#scope(this.#working, req.height)
    const ctx = this.#context(this.#working, BigInt(req.height), block)
    const before = this.#consensusBytes(ctx)
    if (req.height === this.#options.upgradeHeight) runMigrations(ctx, chain)
    runBlockHooks(ctx, chain, 'beginBlock')
    this.#working.settle()
    const events = ctx.takeEvents().map((event) => withMode(event, 'BeginBlock'))

    const decoded = req.txs.map((bytes) => this.#executor.decode(bytes))
    this.#executor.warm(scope, decoded.filter((tx) => !isFailure(tx)) as DecodedTx[])
    for (let index = 0; index < decoded.length; index++) {
      const tx = decoded[index] as DecodedTx | Failure
      if (isFailure(tx)) results.push({ ...OK, ...tx, gasWanted: 0, gasUsed: 0 })
      else results.push(this.#executor.run(scope, tx, index, 'deliver'))
    }
    runBlockHooks(ctx, chain, 'endBlock')
    runDeadlines(ctx, chain.modules, deadlineBudget(ctx), this.#working)
    this.#working.settle()
    for (const event of ctx.takeEvents()) events.push(withMode(event, 'EndBlock'))
    if (this.#options.checkInvariants === true) {
      const broken = brokenInvariant(ctx, chain)
      assert(broken === undefined, `invariant broken at height ${req.height}: ${broken}`)
    }
    return {
      events,
      validatorUpdates: [],
      consensusParamUpdates: this.#changedParams(ctx, before),
    }
  }

  #consensusBytes(ctx: Context): Uint8Array {
    return ConsensusParams.encode(this.#options.chain.consensus.params(ctx)).finish()
  }

  #changedParams(ctx: Context, before: Uint8Array): ConsensusParams | undefined {
    if (equalBytes(before, this.#consensusBytes(ctx))) return undefined
    return this.#options.chain.consensus.params(ctx)
  }

  #isOwnProposal(req: abci.ProcessProposalRequest): boolean {
    const own = this.#proposed
    if (own === undefined || own.height !== req.height || own.txs.length !== req.txs.length) return false
    if (own.time.seconds !== req.time.seconds || own.time.nanos !== req.time.nanos) return false
    return own.txs.every((tx, index) => equalBytes(tx.bytes, req.txs[index] as Uint8Array))
  }

  /** The last state: committed, or genesis while there is no block yet. */
  #base(): ReadStore {
    return this.height === 0 ? this.#working : this.#state
  }

  #nextHeight(): number {
    return this.height === 0 ? this.#initialHeight : this.height + 1
  }

  #blockLimits(): BlockLimits {
    if (this.#limits === undefined) {
      const { block } = this.#options.chain.consensus.params(this.#context(new Overlay(this.#base()), 0n))
      const maxBytes = Number(block?.maxBytes ?? -1n)
      this.#limits = {
        maxTxBytes: maxBytes < 0 ? MAX_BLOCK_BYTES : maxBytes,
        maxGas: Number(block?.maxGas ?? -1n),
      }
    }
    return this.#limits
  }

  #scope(store: Overlay, height: number): BlockScope {
    return { store, height: BigInt(height), time: this.#meta.time, chainId: this.#meta.chainId }
  }

  #context(store: WriteStore, height: bigint, block?: BlockInfo): Context {
    const { chain } = this.#options
    return new Context({
      store,
      height,
      slots: chain.slots,
      subscriptions: chain.subscriptions,
      time: this.#meta.time as BlockTime,
      chainId: this.#meta.chainId,
      ...(block === undefined ? {} : { block }),
    })
  }

  #refuseOtherFormat(): void {
    const { chain, upgradeHeight } = this.#options
    const outdated = outdatedModules(this.#context(new Overlay(this.#state), BigInt(this.height)), chain)
    if (outdated.length === 0 || upgradeHeight === this.height + 1) return
    const list = outdated
      .map(([name, stored, ours]) => `${name} ${stored} (this program: ${ours})`)
      .join(', ')
    assert(
      false,
      `the state has another format: ${list}; start the program that wrote it, or give the upgrade height`,
    )
  }
}

/** CometBFT's own limit of a block, used where the parameter says "no limit". */
const MAX_BLOCK_BYTES = 104_857_600

function withMode(event: AbciEvent, mode: 'BeginBlock' | 'EndBlock'): AbciEvent {
  return { type: event.type, attributes: [...event.attributes, 'mode', mode] }
}
