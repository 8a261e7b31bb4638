import type { Comet38Client, HttpEndpoint } from '@cosmjs/tendermint-rpc'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromHex, toHex } from '#lib/bytes.ts'
import { type ConnectOptions, connectComet } from './comet.ts'
import { QueryError, TxError, TxKnownError, TxTimeoutError } from './errors.ts'
import type { AccountNonce } from './nonces.ts'
import { queryApi } from './queries.ts'
import { queryServices } from './services.ts'
import { type TxResult, txResult } from './tx-result.ts'
import type { QueryApi } from './types.ts'

/** Every query of the chain, by module: `client.query.bank.balance({ address, denom })`. */
export type Queries = { readonly [M in keyof typeof queryServices]: QueryApi<(typeof queryServices)[M]> }

/** How long to wait for a transaction to get into a block. */
export interface WaitOptions {
  /** Default 60,000. */
  readonly timeoutMs?: number
  /** Time between two looks; default 250. */
  readonly pollMs?: number
}

/** Error code of the SDK's codespace for what does not exist. */
const NOT_FOUND = 22

/** Reads a chain through the RPC of a node. */
export class WadiClient {
  /** CosmJS' own client, for everything else CometBFT offers: blocks, searches, subscriptions. */
  readonly comet: Comet38Client
  /** Every query of the chain; refusals are {@link QueryError}. */
  readonly query: Queries
  #chainId: string | undefined

  protected constructor(comet: Comet38Client) {
    this.comet = comet
    this.query = Object.fromEntries(
      Object.entries(queryServices).map(([module, service]) => [module, queryApi(comet, service)]),
    ) as Queries
  }

  /** Connects to the RPC of a node: `http://127.0.0.1:26657`, or `ws://…` for subscriptions. */
  static async connect(endpoint: string | HttpEndpoint, options?: ConnectOptions): Promise<WadiClient> {
    return new WadiClient(connectComet(endpoint, options))
  }

  disconnect(): void {
    this.comet.disconnect()
  }

  /** The id of the chain, asked for once. */
  async chainId(): Promise<string> {
    this.#chainId ??= (await this.comet.status()).nodeInfo.network
    return this.#chainId
  }

  /** Height of the latest block. */
  async height(): Promise<number> {
    return (await this.comet.status()).syncInfo.latestBlockHeight
  }

  /** Number and committed sequence of an account; undefined while it does not exist. */
  async accountNonce(address: string): Promise<AccountNonce | undefined> {
    try {
      const { info } = await this.query.auth.accountInfo({ address })
      return info && { accountNumber: info.accountNumber, sequence: Number(info.sequence) }
    } catch (error) {
      if (error instanceof QueryError && error.codespace === 'sdk' && error.code === NOT_FOUND)
        return undefined
      throw error
    }
  }

  /**
   * Hands a signed transaction to the node's mempool and returns its hash. Throws {@link TxError} on refusal, and
   * {@link TxKnownError} if the node has it already.
   */
  async broadcast(tx: Uint8Array): Promise<string> {
    const answer = await this.comet.broadcastTxSync({ tx }).catch((error: unknown) => {
      // CometBFT's words; it gives them no code of their own.
      if (!(error instanceof Error && error.message.includes('tx already exists in cache'))) throw error
      throw new TxKnownError(toHex(sha256(tx)).toUpperCase())
    })
    const { code, codespace, log, hash } = answer
    const text = toHex(hash).toUpperCase()
    if (code !== 0) throw new TxError({ code, codespace: codespace ?? '', log: log ?? '' }, text)
    return text
  }

  /** A transaction by its hash, failed ones too; undefined while it is in no block. */
  async transaction(hash: string): Promise<TxResult | undefined> {
    try {
      return txResult(await this.comet.tx({ hash: fromHex(hash) }))
    } catch (error) {
      if (error instanceof Error && /tx \([0-9A-F]+\) not found/i.test(error.message)) return undefined
      throw error
    }
  }

  /**
   * Waits until a transaction is in a block. Throws {@link TxError} if it failed there, {@link TxTimeoutError} if it
   * does not show up.
   */
  async waitForTx(hash: string, { timeoutMs = 60_000, pollMs = 250 }: WaitOptions = {}): Promise<TxResult> {
    for (let left = timeoutMs; left > 0; left -= pollMs) {
      const result = await this.transaction(hash)
      if (result !== undefined) {
        if (result.code !== 0) throw new TxError(result, result.hash, result.height)
        return result
      }
      await new Promise((done) => setTimeout(done, pollMs))
    }
    throw new TxTimeoutError(hash, timeoutMs)
  }
}
