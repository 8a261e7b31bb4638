import type { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import type { ExecTxResult } from '#gen/tendermint/abci/types.ts'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { resultsHash } from '#lib/block-hash.ts'
import { equalBytes, toByteString } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type {
  AbciApp,
  ExecTxResult as AppResult,
  BlockRequest,
  FinalizeBlockResponse,
} from '../abci/types.ts'
import { type IndexPredicate, protoEvent, protoResult } from './app-events.ts'
import { BlockBuilder, type BuiltBlock, type ChainTip, FLAG_COMMIT, txRules } from './block-builder.ts'
import { addMs, isAfter } from './block-time.ts'
import type { BlockOutcome, BlockRecord, ChainStore } from './chain-store.ts'
import { SoloError } from './errors.ts'
import type { Genesis } from './genesis.ts'
import { Mempool, type MempoolLimits } from './mempool.ts'
import type { Signer } from './signer.ts'

export interface ProducerOptions {
  readonly genesis: Genesis
  readonly sign: Signer
  readonly store: ChainStore
  readonly app: AbciApp
  readonly indexed: IndexPredicate
  /** Says what the next block executes before its transactions. */
  readonly beforeBlock: (actions: string) => void
  readonly now: () => Timestamp
  readonly mempool?: Partial<MempoolLimits>
}

const EMPTY_ROOT = sha256(new Uint8Array())
const NO_EXTENSION = { voteExtension: new Uint8Array(), extensionSignature: new Uint8Array() }

/**
 * Consensus of one: makes a block of what waits, has the application execute it, stores it, and lets the application
 * commit. The order is CometBFT's where it matters: a block is on the disk before the application commits it, so an
 * application that was killed in between gets the block again.
 */
export class Producer {
  readonly mempool: Mempool
  readonly #options: ProducerOptions
  readonly #builder: BlockBuilder
  #tip: ChainTip

  constructor(options: ProducerOptions) {
    this.#options = options
    const { app, genesis, sign, store, mempool } = options
    this.#builder = new BlockBuilder(genesis.chainId, genesis.validator, sign)
    this.mempool = new Mempool((tx, recheck) => app.checkTx(tx, recheck), mempool)
    const { appVersion } = app.info(INFO)
    this.#tip = {
      last: undefined,
      appHash: new Uint8Array(),
      resultsHash: EMPTY_ROOT,
      params: genesis.params,
      appVersion,
    }
    if (store.height > 0) this.#tip = this.#storedTip()
  }

  get height(): number {
    return this.#options.store.height
  }

  get params(): ConsensusParams {
    return this.#tip.params
  }

  /** Protocol version of the application, as the next header has it. */
  get appVersion(): bigint {
    return this.#tip.appVersion
  }

  /** Brings the application to the height of the stored blocks; the first call makes the genesis state. */
  catchUp(): { readonly replayed: number } {
    const { app, store, genesis } = this.#options
    const { lastBlockHeight, lastBlockAppHash } = app.info(INFO)
    if (lastBlockHeight > store.height)
      throw new SoloError(
        `the application is at height ${lastBlockHeight}, but blocks are stored up to ${store.height} only`,
        [
          'restore the whole data folder from one backup',
          'or start the chain over with --reset (all its blocks are lost)',
        ],
      )
    if (lastBlockHeight === 0) this.#initChain(genesis)
    const from = lastBlockHeight === 0 ? genesis.initialHeight : lastBlockHeight + 1
    for (let height = from; height <= store.height; height++) this.#replay(height)
    if (store.height > 0 && lastBlockHeight === store.height) this.#compare(lastBlockAppHash, store.height)
    this.mempool.update([], txRules(this.#tip.params))
    return { replayed: Math.max(0, store.height - from + 1) }
  }

  #initChain(genesis: Genesis): void {
    const { app, store } = this.#options
    const { validator } = genesis
    const response = app.initChain({
      time: genesis.time,
      chainId: genesis.chainId,
      consensusParams: genesis.params,
      validators: [
        { pubKey: { ed25519: validator.publicKey, secp256k1: undefined }, power: validator.power },
      ],
      appStateBytes: genesis.appState,
      initialHeight: genesis.initialHeight,
    })
    if (store.height > 0) return
    const params = response.consensusParams ?? genesis.params
    store.setParams(genesis.initialHeight, params)
    this.#tip = { ...this.#tip, appHash: response.appHash, params }
  }

  /** Executes a stored block once more; its outcome has to be the stored one. */
  #replay(height: number): void {
    const { app, store, beforeBlock } = this.#options
    const meta = store.meta(height)
    if (meta === undefined) throw new SoloError(`block ${height} is missing`, ['start over with --reset'])
    beforeBlock(store.actions(height))
    const request = this.#request(meta.header.time as Timestamp, height, meta.id.hash, store.txsOf(height))
    const { appHash } = app.finalizeBlock({ ...request, decidedLastCommit: this.#votes(height) }, [])
    this.#compare(appHash, height)
    app.commit()
  }

  #compare(appHash: Uint8Array, height: number): void {
    const stored = this.#options.store.outcome(height)?.appHash ?? new Uint8Array()
    if (equalBytes(appHash, stored)) return
    const [got, wanted] = [appHash, stored].map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase())
    throw new SoloError(`after block ${height} the application has app hash ${got}, the chain ${wanted}`, [
      'start the program that made these blocks (another version may compute another state)',
      'or start the chain over with --reset (all its blocks are lost)',
    ])
  }

  /** Makes, executes and commits the next block. What it throws is the application's, and ends the node. */
  produce(actions = ''): BlockRecord {
    const { app, store, genesis } = this.#options
    const tip = this.#tip
    const height = tip.last === undefined ? genesis.initialHeight : tip.last.height + 1
    const time = this.#time()
    const rules = txRules(tip.params)
    const votes = this.#votes(height)
    const proposal = {
      ...this.#request(time, height, new Uint8Array(), this.mempool.reap(rules)),
      maxTxBytes: rules.maxBytes,
      localLastCommit: { round: 0, votes: votes.votes.map((vote) => ({ ...vote, ...NO_EXTENSION })) },
    }
    const { txs } = app.prepareProposal(proposal)
    const built = this.#builder.build(tip, height, time, txs)
    const request = this.#request(time, height, built.id.hash, txs)
    if (!app.processProposal({ ...request, proposedLastCommit: votes }))
      throw new Error(`the application refuses its own proposal of block ${height}`)
    this.#options.beforeBlock(actions)
    const results: AppResult[] = []
    const response = app.finalizeBlock({ ...request, decidedLastCommit: votes }, results)
    const record = this.#record(built, txs, results, response, actions)
    store.append(record)
    app.commit()
    this.#tip = this.#nextTip(record)
    const outcomes = record.txs.map(({ hash, result }) => ({ hash: toByteString(hash), code: result.code }))
    this.mempool.update(outcomes, txRules(this.#tip.params))
    return record
  }

  /** Genesis says the first; from then on now, and always later than before. */
  #time(): Timestamp {
    const { last } = this.#tip
    if (last === undefined) return this.#options.genesis.time
    const now = this.#options.now()
    return isAfter(now, last.time) ? now : addMs(last.time, 1)
  }

  #request(time: Timestamp, height: number, hash: Uint8Array, txs: readonly Uint8Array[]): BlockRequest {
    return {
      txs,
      hash,
      height,
      time,
      misbehavior: [],
      nextValidatorsHash: this.#builder.validatorsHash,
      proposerAddress: this.#options.genesis.validator.address,
    }
  }

  /** Who signed the block before: everybody there is. */
  #votes(height: number) {
    const { initialHeight, validator } = this.#options.genesis
    const { address, power } = validator
    const vote = { validator: { address, power }, blockIdFlag: FLAG_COMMIT } as const
    return { round: 0, votes: height === initialHeight ? [] : [vote] }
  }

  #record(
    built: BuiltBlock,
    txs: readonly Uint8Array[],
    results: readonly AppResult[],
    response: FinalizeBlockResponse,
    actions: string,
  ): BlockRecord {
    const { indexed } = this.#options
    const converted: ExecTxResult[] = results.map((result) => protoResult(result, indexed))
    const outcome: BlockOutcome = {
      events: response.events.map((event) => protoEvent(event, indexed)),
      validatorUpdates: [...response.validatorUpdates],
      consensusParamUpdates: response.consensusParamUpdates,
      appHash: response.appHash,
    }
    return {
      ...built,
      height: Number(built.header.height),
      txCount: txs.length,
      txs: txs.map((tx, i) => ({ tx, hash: sha256(tx), result: converted[i] as ExecTxResult })),
      outcome,
      resultsHash: resultsHash(converted),
      nextParams: changed(this.#tip.params, response.consensusParamUpdates),
      actions,
    }
  }

  #nextTip({ height, id, header, outcome, resultsHash: results, nextParams }: BlockRecord): ChainTip {
    return {
      last: { height, id, time: header.time as Timestamp },
      appHash: outcome.appHash,
      resultsHash: results,
      params: nextParams ?? this.#tip.params,
      // As CometBFT: parameters that changed say the version of the application from then on.
      appVersion: nextParams === undefined ? this.#tip.appVersion : (nextParams.version?.app ?? 0n),
    }
  }

  #storedTip(): ChainTip {
    const { store } = this.#options
    const { height } = store
    const meta = store.meta(height)
    const outcome = store.outcome(height)
    if (meta === undefined || outcome === undefined) throw new Error(`block ${height} is not stored`)
    const params = store.params(height + 1) ?? this.#tip.params
    const updated = outcome.consensusParamUpdates !== undefined
    return {
      last: { height, id: meta.id, time: meta.header.time as Timestamp },
      appHash: outcome.appHash,
      resultsHash: store.resultsHash(height) ?? EMPTY_ROOT,
      params,
      appVersion: updated ? (params.version?.app ?? 0n) : (meta.header.version?.app ?? this.#tip.appVersion),
    }
  }
}

const INFO = { version: '', blockVersion: 11n, p2pVersion: 8n, abciVersion: '2.0.0' }

/** Parameters after a change, which names only what it replaces. */
function changed(params: ConsensusParams, update: ConsensusParams | undefined): ConsensusParams | undefined {
  if (update === undefined) return undefined
  return {
    block: update.block ?? params.block,
    evidence: update.evidence ?? params.evidence,
    validator: update.validator ?? params.validator,
    version: update.version ?? params.version,
    abci: update.abci ?? params.abci,
  }
}
