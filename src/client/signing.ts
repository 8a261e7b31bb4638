import type { AccountData, EncodeObject, OfflineSigner } from '@cosmjs/proto-signing'
import type { Comet38Client, HttpEndpoint } from '@cosmjs/tendermint-rpc'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { ValueError } from '#lib/bytes.ts'
import { WadiClient, type WaitOptions } from './client.ts'
import { type ConnectOptions, connectComet } from './comet.ts'
import { TxError } from './errors.ts'
import { adjustGas, type CoinAmount, feeFor, parseGasPrice } from './fees.ts'
import { type Messages, messages } from './messages.ts'
import { type AccountNonce, NonceManager, WrongSequenceError } from './nonces.ts'
import type { TxResult } from './tx-result.ts'
import { encodeAuthInfo, encodeBody, signTx } from './tx-signer.ts'

/** What a client does where a call says nothing else. */
export interface SigningOptions extends WaitOptions, ConnectOptions {
  /** Price of a unit of gas, as `0.025awadi`. When absent, the lowest the node accepts. */
  readonly gasPrice?: string
  /** Factor on simulated gas; default 1.3. */
  readonly gasAdjustment?: number
}

/** How one transaction is made. */
export interface TxOptions {
  /** Gas limit; default `auto`, which simulates the transaction first. */
  readonly gas?: 'auto' | number | bigint
  readonly gasAdjustment?: number
  readonly gasPrice?: string
  /** Instead of gas limit × gas price. */
  readonly fee?: readonly CoinAmount[]
  readonly memo?: string
  /** Last height at which the transaction may be in a block. */
  readonly timeoutHeight?: bigint
}

/** Gas limit and fee of a transaction. */
export interface TxFee {
  readonly gas: bigint
  readonly amount: readonly CoinAmount[]
}

const DEFAULT_GAS_ADJUSTMENT = 1.3
const WRONG_SEQUENCE = 32

/** Reads a chain and sends transactions, signed by any CosmJS signer: direct, amino, or with an Ethereum key. */
export class SigningWadiClient extends WadiClient {
  /** Makes messages: `client.tx.bank.send({ … })`. */
  readonly tx: Messages = messages
  readonly #accounts: KnownAccounts
  readonly #options: SigningOptions
  readonly #nonces = new NonceManager((address) => this.#existingNonce(address))
  #nodeGasPrice: string | undefined

  private constructor(comet: Comet38Client, accounts: KnownAccounts, options: SigningOptions) {
    super(comet)
    this.#accounts = accounts
    this.#options = options
  }

  /** Connects to the RPC of a node. */
  static async connectWithSigner(
    endpoint: string | HttpEndpoint,
    signer: OfflineSigner,
    options: SigningOptions = {},
  ): Promise<SigningWadiClient> {
    return new SigningWadiClient(connectComet(endpoint, options), new KnownAccounts(signer), options)
  }

  /**
   * Signs, sends, and waits for the block. Any number of calls may be under way at once: transactions of one account
   * get their sequences in the order of the calls. Throws {@link TxError}.
   */
  async signAndBroadcast(
    signer: string,
    msgs: readonly EncodeObject[],
    options: TxOptions = {},
  ): Promise<TxResult> {
    return this.waitForTx(await this.signAndSend(signer, msgs, options), this.#options)
  }

  /** Like {@link signAndBroadcast} without waiting for the block: returns the hash once the node has accepted. */
  async signAndSend(signer: string, msgs: readonly EncodeObject[], options: TxOptions = {}): Promise<string> {
    const fee = await this.fee(signer, msgs, options)
    return this.#nonces.withNext(signer, async (nonce) => {
      const tx = await this.#sign(signer, msgs, fee, options, nonce)
      try {
        return await this.broadcast(tx)
      } catch (error) {
        throw wrongSequence(error) ?? error
      }
    })
  }

  /** Signs and returns the transaction, `cosmos.tx.v1beta1.TxRaw`; its sequence is not kept for it. */
  async sign(signer: string, msgs: readonly EncodeObject[], options: TxOptions = {}): Promise<Uint8Array> {
    const fee = await this.fee(signer, msgs, options)
    return this.#sign(signer, msgs, fee, options, await this.#existingNonce(signer))
  }

  /** The gas that messages use on the latest state. Throws `QueryError` with the reason if they fail there. */
  async simulate(signer: string, msgs: readonly EncodeObject[], memo = ''): Promise<bigint> {
    const sequence = this.#nonces.peek(signer) ?? (await this.#existingNonce(signer)).sequence
    const account = await this.#accounts.get(signer)
    const tx = TxRaw.fromPartial({
      bodyBytes: encodeBody(msgs, memo),
      authInfoBytes: encodeAuthInfo(account, SignMode.SIGN_MODE_UNSPECIFIED, { sequence, gas: 0n, fee: [] }),
      signatures: [new Uint8Array()],
    })
    const { gasInfo } = await this.query.tx.simulate({ txBytes: TxRaw.encode(tx).finish() })
    return gasInfo?.gasUsed ?? 0n
  }

  /** Gas limit and fee that a transaction with these options gets. */
  async fee(signer: string, msgs: readonly EncodeObject[], options: TxOptions = {}): Promise<TxFee> {
    const { gas = 'auto', memo, fee } = options
    const adjustment = options.gasAdjustment ?? this.#options.gasAdjustment ?? DEFAULT_GAS_ADJUSTMENT
    const limit =
      gas === 'auto' ? adjustGas(await this.simulate(signer, msgs, memo), adjustment) : BigInt(gas)
    if (fee !== undefined) return { gas: limit, amount: fee }
    const price = options.gasPrice ?? this.#options.gasPrice ?? (await this.#minimumGasPrice())
    return { gas: limit, amount: feeFor(limit, parseGasPrice(price)) }
  }

  async #sign(
    signer: string,
    msgs: readonly EncodeObject[],
    { gas, amount }: TxFee,
    { memo = '', timeoutHeight }: TxOptions,
    nonce: AccountNonce,
  ): Promise<Uint8Array> {
    const account = await this.#accounts.get(signer)
    const chainId = await this.chainId()
    const tx = { ...nonce, chainId, messages: msgs, memo, gas, fee: amount, timeoutHeight }
    return signTx(this.#accounts.signer, account, tx)
  }

  async #existingNonce(address: string): Promise<AccountNonce> {
    const nonce = await this.accountNonce(address)
    if (nonce !== undefined) return nonce
    throw new ValueError(`${address} does not exist on ${await this.chainId()} yet: send it some coins first`)
  }

  async #minimumGasPrice(): Promise<string> {
    this.#nodeGasPrice ??= (await this.query.node.config()).minimumGasPrice
    return this.#nodeGasPrice
  }
}

/**
 * The accounts of a signer, each asked for once: its key never changes, and a wallet may take a tenth of a second, or a
 * question to its owner, to tell them.
 */
class KnownAccounts {
  readonly signer: OfflineSigner
  readonly #known = new Map<string, AccountData>()

  constructor(signer: OfflineSigner) {
    this.signer = signer
  }

  /** Throws {@link ValueError} if the signer has no such account. */
  async get(address: string): Promise<AccountData> {
    const known = this.#known.get(address)
    if (known !== undefined) return known
    const found = (await this.signer.getAccounts()).find((candidate) => candidate.address === address)
    if (found === undefined) {
      throw new ValueError(`the signer has no key for ${address}: sign with one of its own accounts`)
    }
    this.#known.set(address, found)
    return found
  }
}

/** The node's complaint about a sequence, with the one it expects. */
function wrongSequence(error: unknown): WrongSequenceError | undefined {
  if (!(error instanceof TxError) || error.codespace !== 'sdk' || error.code !== WRONG_SEQUENCE)
    return undefined
  const expected = /expected (\d+), got \d+/.exec(error.log)?.[1]
  return new WrongSequenceError(error, expected === undefined ? undefined : Number(expected))
}
