import { TxError } from './errors.ts'

/** What a signature needs to know of its account. */
export interface AccountNonce {
  readonly accountNumber: bigint
  /** Of the next transaction. */
  readonly sequence: number
}

/** Thrown by what uses a sequence when the node expects another; `expected` is the node's, if it says so. */
export class WrongSequenceError extends Error {
  override readonly name = 'WrongSequenceError'
  readonly expected: number | undefined

  constructor(cause: Error, expected: number | undefined) {
    super(cause.message, { cause })
    this.expected = expected
  }
}

interface Account {
  /** What the account's next transaction is signed with; undefined before the first, and when it is not certain. */
  next: AccountNonce | undefined
  /** The last piece of work queued; the next one waits for it. */
  tail: Promise<unknown>
}

/** A transaction that lost its place this often meets another sender on the same account. */
const MAX_RESYNCS = 5

/**
 * Gives every transaction of an account its own sequence, counted here, because the chain's own counter moves only with
 * the next block. Transactions of one account are signed and sent one after the other, those of different accounts at
 * the same time.
 */
export class NonceManager {
  readonly #fetch: (address: string) => Promise<AccountNonce>
  readonly #accounts = new Map<string, Account>()

  /** `fetch` reads an account's number and sequence from the chain. */
  constructor(fetch: (address: string) => Promise<AccountNonce>) {
    this.#fetch = fetch
  }

  /**
   * Calls `use` with the account's next sequence, after all that was asked for before. When `use` returns, the sequence
   * is spent. When it throws {@link WrongSequenceError}, the counter is set right and `use` called again. A
   * {@link TxError} leaves the sequence to the next one. After anything else the sequence may or may not be spent, and
   * the chain is asked.
   */
  withNext<T>(address: string, use: (nonce: AccountNonce) => Promise<T>): Promise<T> {
    const account = this.#account(address)
    const result = account.tail.then(() => this.#run(address, account, use))
    account.tail = result.catch(() => undefined)
    return result
  }

  /** The sequence the account's next transaction will have, if that is known without asking the chain. */
  peek(address: string): number | undefined {
    return this.#accounts.get(address)?.next?.sequence
  }

  /** Forgets what is known of an account, or of all: the chain is asked before the next transaction. */
  reset(address?: string): void {
    for (const [known, account] of this.#accounts) {
      if (address === undefined || known === address) account.next = undefined
    }
  }

  #account(address: string): Account {
    let account = this.#accounts.get(address)
    if (account === undefined) {
      account = { next: undefined, tail: Promise.resolve() }
      this.#accounts.set(address, account)
    }
    return account
  }

  async #run<T>(address: string, account: Account, use: (nonce: AccountNonce) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const nonce = account.next ?? (await this.#fetch(address))
      account.next = undefined
      try {
        const result = await use(nonce)
        account.next = { ...nonce, sequence: nonce.sequence + 1 }
        return result
      } catch (error) {
        if (error instanceof TxError) account.next = nonce
        if (!(error instanceof WrongSequenceError)) throw error
        if (attempt === MAX_RESYNCS) throw error.cause
        if (error.expected !== undefined) account.next = { ...nonce, sequence: error.expected }
      }
    }
  }
}
