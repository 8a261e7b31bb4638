import { QueryError, type Refusal, TxError, TxTimeoutError } from '../client/errors.ts'
import type { CoinAmount } from '../client/fees.ts'
import type { SigningWadiClient } from '../client/signing.ts'
import { FaucetError, nodeDown } from './errors.ts'
import { BLOCK_TIMEOUT_MS } from './settings.ts'

/** Coins for an account. */
export interface Credit {
  readonly address: string
  readonly coin: CoinAmount
}

/** What became of a credit; undefined when it is in a block. */
export type Verdict = FaucetError | undefined

const INSUFFICIENT_FUNDS = 5

/** Pays credits from one account, many in one transaction. */
export class Payer {
  readonly address: string
  readonly #client: SigningWadiClient
  #modules: Promise<ReadonlySet<string>> | undefined

  /** `client` signs for `address`. */
  constructor(client: SigningWadiClient, address: string) {
    this.#client = client
    this.address = address
  }

  /** Throws {@link FaucetError} for an account that must not be paid: one of a module, or the faucet's own. */
  async check(address: string): Promise<void> {
    if (address === this.address)
      throw new FaucetError(400, `${address} is the faucet itself: name the address that needs coins.`)
    this.#modules ??= this.#moduleAccounts().catch((error: unknown) => {
      this.#modules = undefined
      throw nodeDown(error)
    })
    if ((await this.#modules).has(address))
      throw new FaucetError(400, `${address} is the account of a module, which nobody has the key of.`)
  }

  async #moduleAccounts(): Promise<ReadonlySet<string>> {
    const { accounts } = await this.#client.query.auth.moduleAccounts()
    const { ModuleAccount } = await import('#gen/cosmos/auth/v1beta1/auth.ts')
    return new Set(accounts.map(({ value }) => ModuleAccount.decode(value).baseAccount?.address ?? ''))
  }

  /** What the faucet has of these denominations. Throws {@link FaucetError}. */
  async balances(denoms: readonly string[]): Promise<readonly CoinAmount[]> {
    const { address } = this
    return Promise.all(
      denoms.map(async (denom) => {
        const { balance } = await this.#client.query.bank.balance({ address, denom })
        return { denom, amount: balance?.amount ?? '0' }
      }),
    ).catch((error: unknown) => {
      throw nodeDown(error)
    })
  }

  chainId(): Promise<string> {
    return this.#client.chainId().catch((error: unknown) => {
      throw nodeDown(error)
    })
  }

  /** Pays all that can be paid, and waits for the block. Never rejects. */
  async pay(credits: readonly Credit[]): Promise<readonly Verdict[]> {
    try {
      const verdicts = await this.#refused(credits)
      const rest = credits.filter((_, i) => verdicts[i] === undefined)
      const problem = rest.length === 0 ? undefined : await this.#send(rest)
      return verdicts.map((verdict) => verdict ?? problem)
    } catch (error) {
      return credits.map(() => this.#problem(error, credits))
    }
  }

  /** Those that the balance, or the chain on its latest state, does not allow. */
  async #refused(credits: readonly Credit[]): Promise<Verdict[]> {
    const denoms = [...new Set(credits.map(({ coin }) => coin.denom))]
    const balances = await this.balances(denoms)
    const left = new Map(balances.map(({ denom, amount }) => [denom, BigInt(amount)]))
    const verdicts = credits.map(({ coin: { denom, amount } }) => {
      const after = (left.get(denom) ?? 0n) - BigInt(amount)
      if (after < 0n) return this.#empty(denom)
      left.set(denom, after)
      return undefined
    })
    const rest = credits.filter((_, i) => verdicts[i] === undefined)
    // One that is refused would take the others of its transaction with it: then each is asked for by itself.
    if (rest.length === 0 || (await this.#simulate(rest)) === undefined) return verdicts
    return Promise.all(credits.map(async (credit, i) => verdicts[i] ?? this.#simulate([credit])))
  }

  async #simulate(credits: readonly Credit[]): Promise<Verdict> {
    try {
      await this.#client.simulate(this.address, this.#messages(credits))
      return undefined
    } catch (error) {
      if (error instanceof QueryError) return this.#explain(error, credits)
      throw error
    }
  }

  async #send(credits: readonly Credit[]): Promise<Verdict> {
    const messages = this.#messages(credits)
    const { gas, amount: fee } = await this.#client.fee(this.address, messages)
    try {
      const hash = await this.#client.signAndSend(this.address, messages, { gas, fee })
      await this.#client.waitForTx(hash, { timeoutMs: BLOCK_TIMEOUT_MS })
      return undefined
    } catch (error) {
      if (error instanceof TxError) return this.#explain(error, credits)
      // From here on the node may have it: it must not be sent a second time.
      const what = error instanceof TxTimeoutError ? error.message : `the node stopped answering (${error})`
      return new FaucetError(504, `The coins may still arrive: ${what}.`, { uncertain: true })
    }
  }

  #messages(credits: readonly Credit[]) {
    return credits.map(({ address, coin }) =>
      this.#client.tx.bank.send({ fromAddress: this.address, toAddress: address, amount: [coin] }),
    )
  }

  /** What a failure before anything was sent means. */
  #problem(error: unknown, credits: readonly Credit[]): FaucetError {
    if (error instanceof FaucetError) return error
    return error instanceof QueryError ? this.#explain(error, credits) : nodeDown(error)
  }

  #explain({ codespace, code, log }: Refusal, credits: readonly Credit[]): FaucetError {
    if (codespace === 'sdk' && code === INSUFFICIENT_FUNDS) return this.#empty(credits[0]?.coin.denom ?? '')
    return new FaucetError(500, `Sending tokens failed: ${log} (${codespace} ${code}).`)
  }

  #empty(denom: string): FaucetError {
    return new FaucetError(
      422,
      `Token is not available: the faucet has run out of ${denom}. Send some to ${this.address}, its account.`,
    )
  }
}
