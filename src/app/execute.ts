import { TxMsgData } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { signersOf } from '#lib/reflect-signers.ts'
import type { ExecTxResult } from '../abci/types.ts'
import type { AnteMode, AnteOptions, KnownAccount, SigningAccount, TxPublicKey } from '../kernel/ante.ts'
import type { Chain } from '../kernel/chain.ts'
import { type BlockTime, Context } from '../kernel/context.ts'
import { assert } from '../kernel/errors.ts'
import type { AbciEvent } from '../kernel/events.ts'
import { GasMeter } from '../kernel/gas.ts'
import type { ByteString, WriteStore } from '../kernel/kv.ts'
import { type Failure, failureOf } from './failure.ts'
import type { SignatureChecker } from './signatures.ts'
import type { DecodedTx, TxMessage } from './tx.ts'
import { decodePublicKey } from './tx-pubkey.ts'

/** A store that can take writes back to a mark, and forget how once they are final. */
export interface Journal extends WriteStore {
  checkpoint(): number
  revert(mark: number): void
  settle(): void
}

/** Where transactions run: one block, one store. */
export interface BlockScope {
  readonly store: Journal
  readonly height: bigint
  readonly time: BlockTime
  readonly chainId: string
}

export interface ExecutorOptions {
  readonly chain: Chain
  readonly decode: (bytes: Uint8Array) => DecodedTx
  readonly signatures: SignatureChecker
  readonly minGasPrices: AnteOptions['minGasPrices']
  /** Told of every exception that no module named. */
  readonly onBug: (error: unknown) => void
}

const NOTHING = new Uint8Array()

/** What one simulation may use: many times the largest transaction anybody sends. */
export const SIMULATION_GAS = 100_000_000

/** Runs transactions: ante, then messages, all or nothing. Knows nothing of blocks and commits. */
export class Executor {
  readonly chain: Chain
  readonly #options: ExecutorOptions

  constructor(options: ExecutorOptions) {
    this.chain = options.chain
    this.#options = options
  }

  /** The transaction, or why it cannot be one. */
  decode(bytes: Uint8Array): DecodedTx | Failure {
    try {
      return this.#options.decode(bytes)
    } catch (error) {
      return failureOf(error, this.#options.onBug)
    }
  }

  /**
   * Runs only the ante handler and keeps its writes if it passes: admission to the mempool, and what a proposal is
   * made of. Returns why the transaction is refused, or undefined.
   */
  admit(scope: BlockScope, tx: DecodedTx, mode: AnteMode): { failure: Failure | undefined; gasUsed: number } {
    const ctx = this.#context(scope, tx, 0, limitOf(tx, mode), false)
    const mark = scope.store.checkpoint()
    const failure = this.#attempt(() => this.#ante(ctx, tx, mode))
    if (failure !== undefined) scope.store.revert(mark)
    scope.store.settle()
    return { failure, gasUsed: ctx.gasUsed }
  }

  /** Runs a whole transaction. What the ante handler wrote stays even if a message fails. */
  run(scope: BlockScope, tx: DecodedTx, txIndex: number, mode: 'deliver' | 'simulate'): ExecTxResult {
    const ctx = this.#context(scope, tx, txIndex, limitOf(tx, mode), true)
    const gasWanted = gasWantedOf(tx)
    const start = scope.store.checkpoint()
    const refused = this.#attempt(() => this.#ante(ctx, tx, mode))
    if (refused !== undefined) {
      scope.store.revert(start)
      scope.store.settle()
      return failed(refused, gasWanted, ctx.gasUsed, [])
    }
    const anteEvents = ctx.takeEvents()
    const beforeMessages = scope.store.checkpoint()
    const responses: { typeUrl: string; value: Uint8Array }[] = []
    const messageEvents: AbciEvent[] = []
    const failure = this.#attempt(() => {
      for (let index = 0; index < tx.messages.length; index++) {
        const message = tx.messages[index] as TxMessage
        const own = ofMessage(ctx, message)
        own.messageIndex = `${index}`
        responses.push(this.#message(own, message))
        for (const event of own.takeEvents()) messageEvents.push(event)
      }
    })
    if (failure !== undefined) scope.store.revert(beforeMessages)
    scope.store.settle()
    if (failure !== undefined) return failed(failure, gasWanted, ctx.gasUsed, anteEvents)
    const events = anteEvents.concat(messageEvents)
    const data = encodeResponses(responses)
    return { code: 0, codespace: '', log: '', info: '', data, gasWanted, gasUsed: ctx.gasUsed, events }
  }

  /**
   * Verifies what is not yet known of these transactions' signatures, in one batch. Whoever signs is looked up in the
   * state; the sequence is the one that the transaction claims, because the ante handler verifies no signature whose
   * sequence is another. An account's first transaction brings the key along for those that follow.
   */
  warm(scope: BlockScope, transactions: readonly DecodedTx[]): void {
    const { chain } = this
    const { store, height, time, chainId } = scope
    const ctx = new Context({ store, height, time, chainId, slots: chain.slots })
    const accounts = new Map<string, KnownAccount | undefined>()
    const account = (signer: string): KnownAccount | undefined => {
      if (!accounts.has(signer)) accounts.set(signer, chain.accountOf(ctx, signer))
      return accounts.get(signer)
    }
    this.#options.signatures.warm(transactions, chainId, (tx, index) => {
      const signer = tx.signers[index] as string
      const info = tx.signerInfos[index]
      const known = account(signer)
      const publicKey = known?.publicKey ?? info?.publicKey
      if (known === undefined || info === undefined || publicKey === undefined) return undefined
      if (known.publicKey === undefined) accounts.set(signer, { ...known, publicKey })
      return { accountNumber: known.accountNumber, sequence: info.sequence, publicKey }
    })
  }

  #context(scope: BlockScope, tx: DecodedTx, txIndex: number, gasLimit: number, recordsEvents: boolean) {
    return new Context({
      store: scope.store,
      slots: this.chain.slots,
      subscriptions: this.chain.subscriptions,
      height: scope.height,
      time: scope.time,
      chainId: scope.chainId,
      meter: new GasMeter(gasLimit),
      signers: tx.signers,
      tx,
      txIndex,
      recordsEvents,
    })
  }

  #ante(ctx: Context, tx: DecodedTx, mode: AnteMode): void {
    const { signatures, minGasPrices } = this.#options
    this.chain.ante(ctx, tx, new AnteCall(signatures, tx, ctx.chainId, mode, minGasPrices))
  }

  #message(ctx: Context, message: TxMessage) {
    const route = this.chain.messages.get(message.typeUrl)
    assert(route !== undefined, `the decoder let ${message.typeUrl} pass, which has no route`)
    const sender = ctx.signers[0] ?? ''
    ctx.emitRaw('message', ['action', message.typeUrl, 'sender', sender, 'module', route.module])
    const response = route.handler(ctx, message.value)
    return { typeUrl: `/${route.response.$type}`, value: route.response.encode(response).finish() }
  }

  /** Runs `work`; its failure if it has one. What must halt passes through. */
  #attempt(work: () => void): Failure | undefined {
    try {
      work()
      return undefined
    } catch (error) {
      return failureOf(error, this.#options.onBug)
    }
  }
}

/** One run of the ante handler: what it may ask about the transaction. */
class AnteCall implements AnteOptions {
  readonly mode: AnteMode
  readonly minGasPrices: AnteOptions['minGasPrices']
  readonly #signatures: SignatureChecker
  readonly #tx: DecodedTx
  readonly #chainId: string

  constructor(
    signatures: SignatureChecker,
    tx: DecodedTx,
    chainId: string,
    mode: AnteMode,
    minGasPrices: AnteOptions['minGasPrices'],
  ) {
    this.mode = mode
    this.minGasPrices = minGasPrices
    this.#signatures = signatures
    this.#tx = tx
    this.#chainId = chainId
  }

  verify(index: number, account: SigningAccount): boolean {
    return this.#signatures.verify(this.#tx, index, account, this.#chainId)
  }

  countSignatures(index: number): number {
    return this.#signatures.count(this.#tx, index)
  }

  countKeys(publicKey: TxPublicKey): number {
    return this.#signatures.countKeys(publicKey)
  }

  addressOf(publicKey: TxPublicKey): ByteString {
    return addressFromPubKey(decodePublicKey(publicKey))
  }
}

/**
 * The gas limit as replies carry it. One beyond 2^53 - 1 buys and says no more than that: the meter counts in safe
 * integers, and a reply that holds no int64 would end the node.
 */
export function gasWantedOf({ fee: { gasLimit } }: DecodedTx): number {
  return gasLimit > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(gasLimit)
}

/** A simulation asks what a transaction would use, so it is bounded by {@link SIMULATION_GAS} alone. */
function limitOf(tx: DecodedTx, mode: AnteMode): number {
  return mode === 'simulate' ? SIMULATION_GAS : gasWantedOf(tx)
}

/** The context of one message, whose signers are its own: others than the transaction's only if those are several. */
function ofMessage(ctx: Context, { typeName, value }: TxMessage): Context {
  return ctx.signers.length === 1 ? ctx : ctx.with({ signers: signersOf(typeName, value as object) })
}

const emptyResponses = new Map<string, Uint8Array>()

/** `TxMsgData`. Most transactions have one message, which answers nothing: that encoding is made once a type. */
function encodeResponses(responses: { typeUrl: string; value: Uint8Array }[]): Uint8Array {
  const only = responses.length === 1 && responses[0]?.value.length === 0 ? responses[0].typeUrl : undefined
  const known = only === undefined ? undefined : emptyResponses.get(only)
  if (known !== undefined) return known
  const data = TxMsgData.encode({ data: [], msgResponses: responses }).finish()
  if (only !== undefined) emptyResponses.set(only, data)
  return data
}

function failed(
  failure: Failure,
  gasWanted: number,
  gasUsed: number,
  events: readonly AbciEvent[],
): ExecTxResult {
  const { code, codespace, log } = failure
  return { code, codespace, log, info: '', data: NOTHING, gasWanted, gasUsed, events }
}
