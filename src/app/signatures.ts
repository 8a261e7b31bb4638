import { equalBytes } from '#lib/bytes.ts'
import type { VerifyJob } from '#lib/verifier.ts'
import type { SigningAccount, TxPublicKey } from '../kernel/ante.ts'
import { mustHalt } from './failure.ts'
import type { SignatureCache } from './sigcache.ts'
import { countKeys, countSignatures, signatureJobs } from './sign.ts'
import type { DecodedTx, SignatureVerdict } from './tx.ts'
import { decodePublicKey, isSingleKey } from './tx-pubkey.ts'

/** `tx_sig_limit` as it is unless somebody changed it. */
const FORESEEN_SIGNERS = 7

/**
 * Verifies transactions' signatures, each at most once. The verdict stays with the decoded transaction, together with
 * the account it holds for; the cache knows it when the transaction had to be decoded anew.
 */
export class SignatureChecker {
  readonly #cache: SignatureCache

  constructor(cache: SignatureCache) {
    this.#cache = cache
  }

  /** True if the signature at `index` is that account's; a wrong form throws `sdk/4`. */
  verify(tx: DecodedTx, index: number, account: SigningAccount, chainId: string): boolean {
    const verdict = verdictOf(tx, index, account, chainId)
    if (verdict.jobs !== undefined) {
      verdict.good = this.#cache.verifyAll(verdict.jobs).every((good) => good)
      verdict.jobs = undefined
    }
    return verdict.good
  }

  count(tx: DecodedTx, index: number): number {
    return countSignatures(tx.signerInfos[index]?.mode)
  }

  countKeys(publicKey: TxPublicKey): number {
    return isSingleKey(publicKey) ? 1 : countKeys(decodePublicKey(publicKey))
  }

  /**
   * Verifies in one batch what these transactions will ask for, as far as they say themselves who signs: `accountOf`
   * tells the account as it will be then. What cannot be foreseen is verified when it is asked for, and so is a
   * transaction of very many signers, which the ante handler refuses before it costs their sign bytes; what was asked
   * for before, in CheckTx or a proposal, is passed over.
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
        if (tx.verdicts?.[index] !== undefined) continue
        const account = accountOf(tx, index)
        if (account !== undefined) jobs.push(...foreseen(tx, index, account, chainId))
      }
    }
    if (jobs.length > 0) this.#cache.verifyAll(jobs)
  }
}

function foreseen(
  tx: DecodedTx,
  index: number,
  account: SigningAccount,
  chainId: string,
): readonly VerifyJob[] {
  try {
    return verdictOf(tx, index, account, chainId).jobs ?? []
  } catch (error) {
    if (mustHalt(error)) throw error
    // The ante handler will say so in its place.
    return []
  }
}

/** What is known of a signature if it was asked about for the same account, else what is to be verified. */
function verdictOf(tx: DecodedTx, index: number, account: SigningAccount, chainId: string): SignatureVerdict {
  const known = tx.verdicts?.[index]
  if (known !== undefined && known.chainId === chainId && sameAccount(known, account)) return known
  const jobs = signatureJobs(tx, index, account, chainId)
  // The transaction's own spelling of the key lives as long as the verdict; the state's would be one more.
  const own = tx.signerInfos[index]?.publicKey
  const publicKey = own !== undefined && sameKey(own, account.publicKey) ? own : account.publicKey
  const { accountNumber, sequence } = account
  const made: SignatureVerdict = { accountNumber, sequence, publicKey, chainId, jobs, good: false }
  tx.verdicts ??= []
  tx.verdicts[index] = made
  return made
}

function sameAccount(a: SigningAccount, b: SigningAccount): boolean {
  return a.accountNumber === b.accountNumber && a.sequence === b.sequence && sameKey(a.publicKey, b.publicKey)
}

function sameKey(a: TxPublicKey, b: TxPublicKey): boolean {
  return a.typeUrl === b.typeUrl && equalBytes(a.value, b.value)
}
