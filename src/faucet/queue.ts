import { FaucetError } from './errors.ts'
import type { Credit, Verdict } from './payer.ts'
import { MAX_BATCH, MAX_WAITING } from './settings.ts'

interface Waiting {
  readonly credit: Credit
  readonly settle: (verdict: Verdict) => void
}

/**
 * Credits that wait for their block. One transaction is under way at a time, so nothing competes for a sequence; what
 * comes meanwhile is in the next one together.
 */
export class CreditQueue {
  readonly #pay: (credits: readonly Credit[]) => Promise<readonly Verdict[]>
  #waiting: Waiting[] = []
  #underWay = 0
  #closed = false
  #running: Promise<void> | undefined

  /** `pay` never rejects. */
  constructor(pay: (credits: readonly Credit[]) => Promise<readonly Verdict[]>) {
    this.#pay = pay
  }

  /** Resolves when the credit is in a block; rejects with {@link FaucetError}. */
  async add(credit: Credit): Promise<void> {
    if (this.#closed) throw closed()
    if (this.#waiting.length + this.#underWay >= MAX_WAITING)
      throw new FaucetError(503, `${MAX_WAITING} credits wait already. Try again later.`, { retryAfter: 5 })
    const verdict = await new Promise<Verdict>((settle) => {
      this.#waiting.push({ credit, settle })
      this.#running ??= this.#run()
    })
    if (verdict !== undefined) throw verdict
  }

  /** Refuses what waits, and lets the transaction that is under way end. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { settle } of this.#waiting.splice(0)) settle(closed())
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      this.#underWay = batch.length
      const verdicts = await this.#pay(batch.map(({ credit }) => credit))
      this.#underWay = 0
      for (const [i, { settle }] of batch.entries()) settle(verdicts[i])
    }
    this.#running = undefined
  }
}

const closed = (): FaucetError => new FaucetError(503, 'The faucet is being stopped. Try again later.')
