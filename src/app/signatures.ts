import { equalBytes } from '#lib/bytes.ts'
import type { VerifyJob } from '#lib/verifier.ts'
import type { SigningAccount, TxPublicKey } from '../kernel/ante.ts'
import { mustHalt } from './failure.ts'
import type { SignatureCache } from './sigcache.ts'
import { countKeys, countSignatures, signatureJobs } from './sign.ts'
import type { DecodedTx } from './tx.ts'
import { decodePublicKey } from './tx-pubkey.ts'

/** The jobs of one signature as they were first made, for which account, and once verified whether all are good. */
interface KnownJobs {
  readonly account: SigningAccount
  readonly chainId: string
  readonly jobs: readonly VerifyJob[]
  good?: boolean
}

/** `tx_sig_limit` as it is unless somebody changed it. */
const FORESEEN_SIGNERS = 7

/** Verifies transactions' signatures through the cache, each at most once. */
export class SignatureChecker {
  readonly #cache: SignatureCache
  /** Sign bytes are hashed once a transaction; the verdict on them is the cache's alone. */
  readonly #jobs = new WeakMap<DecodedTx, (KnownJobs | undefined)[]>()

  constructor(cache: SignatureCache) {
    this.#cache = cache
  }

  /** True if the signature at `index` is that account's; a wrong form throws `sdk/4`. */
  verify(tx: DecodedTx, index: number, account: SigningAccount, chainId: string): boolean {
    const known = this.#jobsOf(tx, index, account, chainId)
    known.good ??= this.#cache.verifyAll(known.jobs).every((good) => good)
    return known.good
  }

  count(tx: DecodedTx, index: number): number {
    return countSignatures(tx.signerInfos[index]?.mode)
  }

  countKeys(publicKey: TxPublicKey): number {
    return countKeys(decodePublicKey(publicKey))
  }

  /**
   * Verifies in one batch what these transactions will ask for, as far as they say themselves who signs: `accountOf`
   * tells the account as it will be then. What cannot be foreseen is verified when it is asked for, and so is a
   * transaction of very many signers, which the ante handler refuses before it costs their sign bytes; what was
   * asked for
   * before, in CheckTx or a proposal, is passed over.
   */
  warm(
    transactions: readonly DecodedTx[],
    chainId: string,
    accountOf: (tx: DecodedTx, index: number) => SigningAccount | undefined,
  ): void {
    const jobs: VerifyJob[] = []
    for (const tx of transactions) {
      if (tx.signers.length > FORESEEN_SIGNERS) continue
      for (let index = 0; index < tx.signers.length; index++) {
        if (this.#jobs.get(tx)?.[index] !== undefined) continue
        const account = accountOf(tx, index)
        if (account !== undefined) jobs.push(...this.#foreseen(tx, index, account, chainId))
      }
    }
    if (jobs.length > 0) this.#cache.verifyAll(jobs)
  }

  #foreseen(tx: DecodedTx, index: number, account: SigningAccount, chainId: string): readonly VerifyJob[] {
    try {
      return this.#jobsOf(tx, index, account, chainId).jobs
    } catch (error) {
      if (mustHalt(error)) throw error
      // The ante handler will say so in its place.
      return []
    }
  }

  #jobsOf(tx: DecodedTx, index: number, account: SigningAccount, chainId: string): KnownJobs {
    const list = this.#jobs.get(tx) ?? []
    const known = list[index]
    if (known !== undefined && known.chainId === chainId && sameAccount(known.account, account)) return known
    const made: KnownJobs = { account, chainId, jobs: signatureJobs(tx, index, account, chainId) }
    list[index] = made
    this.#jobs.set(tx, list)
    return made
  }
}

function sameAccount(a: SigningAccount, b: SigningAccount): boolean {
  return (
    a.accountNumber === b.accountNumber &&
    a.sequence === b.sequence &&
    a.publicKey.typeUrl === b.publicKey.typeUrl &&
    equalBytes(a.publicKey.value, b.publicKey.value)
  )
}
