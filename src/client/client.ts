import type { Comet38Client, HttpEndpoint } from '@cosmjs/tendermint-rpc'
import { sha256 } from '@noble/hashes/sha2.js'
import { headerHash } from '#lib/block-hash.ts'
import { fromHex, toHex } from '#lib/bytes.ts'
import { type ConnectOptions, connectComet, socketUrl, statusOf } from './comet.ts'
import { QueryError, TxError, TxKnownError, TxTimeoutError } from './errors.ts'
import { BlockFeed } from './feed.ts'
import { readHeader } from './light/light-block.ts'
import type { Trust } from './light/light-client.ts'
import { listApi } from './lists.ts'
import type { AccountNonce } from './nonces.ts'
import { queryApi, type Verifier } from './queries.ts'
import { queryServices } from './services.ts'
import { Subscriptions } from './subscriptions.ts'
import { within } from './timing.ts'
import { type TxResult, txResult } from './tx-result.ts'
import type { ListApi, QueryApi } from './types.ts'

/** Every query of the chain, by module: `client.query.bank.balance({ address, denom })`. */
export type Queries = { readonly [M in keyof typeof queryServices]: QueryApi<(typeof queryServices)[M]> }

/** Every paginated query as a list: `for await (const asset of client.list.asset.assetsByKind({ kind }))`. */
export type Lists = { readonly [M in keyof typeof queryServices]: ListApi<(typeof queryServices)[M]> }

/** How long to wait for a transaction to get into a block. */
export interface WaitOptions {
  /** Default 60,000. */
  readonly timeoutMs?: number
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal
}

const DEFAULT_POLL_MS = 250

/** Error code of the SDK's codespace for what does not exist. */
const NOT_FOUND = 22

/** Reads a chain through the RPC of a node. */
export class WadiClient {
  /** CosmJS' own client, for everything else that CometBFT offers: blocks, searches, the genesis file. */
  readonly comet: Comet38Client
  /** Every query of the chain; refusals are {@link QueryError}. */
  readonly query: Queries
  /** Streams of blocks, transactions and events that survive lost connections. */
  readonly subscribe: Subscriptions
  readonly #feed: BlockFeed
  #chainId: string | undefined
  #lists: Lists | undefined

  protected constructor(endpoint: string | HttpEndpoint, options: ConnectOptions = {}) {
    const comet = connectComet(endpoint, options)
    const { trust } = options
    const verifier = trust === undefined ? undefined : lazily(() => loadVerifier(comet, trust))
    this.comet = comet
    this.#feed = new BlockFeed(socketUrl(endpoint), options.pollMs ?? DEFAULT_POLL_MS)
    this.query = forEachService((service) => queryApi(comet, service, verifier)) as Queries
    this.subscribe = new Subscriptions(comet, this.#feed)
  }

  /**
   * Connects to the RPC of a node: `http://127.0.0.1:26657`, or `ws://127.0.0.1:26657` to be told of new blocks at once
   * instead of asking for them.
   */
  static async connect(endpoint: string | HttpEndpoint, options?: ConnectOptions): Promise<WadiClient> {
    return new WadiClient(endpoint, options)
  }

  disconnect(): void {
    this.#feed.close(true)
    this.comet.disconnect()
  }

  /** Every paginated query as a list of rows, all of one height. */
  get list(): Lists {
    this.#lists ??= forEachService((service) => listApi(this.comet, service)) as unknown as Lists
    return this.#lists
  }

  /** The id of the chain, asked for once. */
  async chainId(): Promise<string> {
    this.#chainId ??= (await statusOf(this.comet)).nodeInfo.network
    return this.#chainId
  }

  /** Height of the latest block. */
  async height(): Promise<number> {
    return (await statusOf(this.comet)).syncInfo.latestBlockHeight
  }

  /**
   * The newest header, to connect with as `trust`. This believes the node once, without a proof: ask one that is yours,
   * or compare the hash with what somebody else says.
   */
  async headerToTrust(): Promise<Trust> {
    const header = readHeader((await this.comet.commit()).header)
    return { chainId: header.chainId, height: Number(header.height), hash: toHex(headerHash(header)) }
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
  async waitForTx(hash: string, { timeoutMs = 60_000, signal }: WaitOptions = {}): Promise<TxResult> {
    const release = this.#feed.use()
    const timeout = AbortSignal.timeout(timeoutMs)
    const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
    try {
      for (let looks = 0; ; looks++) {
        const since = this.#feed.wakes
        const result = await within(this.transaction(hash), stop)
        if (result !== undefined) return succeeded(result)
        // CometBFT tells of a block before its index has it: every second look comes soon after the one before.
        await this.#feed.wait({ since, soon: looks % 2 === 1, signal: stop })
      }
    } catch (error) {
      throw timeout.aborted && error === timeout.reason ? new TxTimeoutError(hash, timeoutMs) : error
    } finally {
      release()
    }
  }
}

function succeeded(result: TxResult): TxResult {
  if (result.code !== 0) throw new TxError(result, result.hash, result.height)
  return result
}

/** The light client is 25 kB of code: only those who verify load it. */
async function loadVerifier(comet: Comet38Client, trust: Trust): Promise<Verifier> {
  const { VerifiedReader } = await import('./light/verified-state.ts')
  return new VerifiedReader(comet, trust)
}

/** Makes a value when it is first asked for; again, if that failed. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}

function forEachService<T>(make: (service: (typeof queryServices)[keyof typeof queryServices]) => T) {
  return Object.fromEntries(Object.entries(queryServices).map(([module, service]) => [module, make(service)]))
}
