import { toByteString } from '#lib/bytes.ts'
import { LruMap } from '#lib/lru.ts'
import type { Verifier, VerifyJob } from '#lib/verifier.ts'

/** Entries kept unless told otherwise: some 30 MB, more than any mempool holds. */
export const DEFAULT_SIGNATURE_CACHE = 100_000

/** No scheme has longer signatures. What is longer is no signature, and not kept: a stranger chooses its length. */
const SIGNATURE_BYTES = 64
/** Stands for the key of such a job. */
const TOO_LONG = ''

/** What the cache has done since it was made. */
export interface SignatureCounters {
  /** Verdicts that were known. */
  readonly hits: number
  /** Verdicts that were not. */
  readonly misses: number
  /** Signatures handed to the verifier: misses, less those that stood twice in one batch. */
  readonly verified: number
}

/**
 * Remembers the verdict on a signature, so that it is verified once however often the transaction comes by. The key is
 * everything the verdict depends on (scheme, digest, public key, signature) and nothing else: no state, no height.
 */
export class SignatureCache {
  readonly #verifier: Verifier
  readonly #verdicts: LruMap<string, boolean>
  #hits = 0
  #misses = 0
  #verified = 0

  constructor(verifier: Verifier, capacity: number = DEFAULT_SIGNATURE_CACHE) {
    this.#verifier = verifier
    this.#verdicts = new LruMap(capacity)
  }

  get counters(): SignatureCounters {
    return { hits: this.#hits, misses: this.#misses, verified: this.#verified }
  }

  /** The verdict on each job, in order; the unknown ones are verified in one batch. */
  verifyAll(jobs: readonly VerifyJob[]): boolean[] {
    const keys = jobs.map((job) => (job.signature.length > SIGNATURE_BYTES ? TOO_LONG : keyOf(job)))
    const verdicts = new Map([[TOO_LONG, false]])
    const unknown = new Map<string, VerifyJob>()
    for (const [i, key] of keys.entries()) {
      if (key === TOO_LONG) continue
      const known = this.#verdicts.get(key)
      if (known === undefined) {
        this.#misses++
        unknown.set(key, jobs[i] as VerifyJob)
      } else {
        this.#hits++
        verdicts.set(key, known)
      }
    }
    if (unknown.size > 0) this.#verify(unknown, verdicts)
    return keys.map((key) => verdicts.get(key) === true)
  }

  #verify(unknown: ReadonlyMap<string, VerifyJob>, verdicts: Map<string, boolean>): void {
    const found = this.#verifier.batch([...unknown.values()])
    this.#verified += unknown.size
    let i = 0
    for (const key of unknown.keys()) {
      const verdict = found[i++] === true
      verdicts.set(key, verdict)
      this.#verdicts.set(key, verdict)
    }
  }
}

/** Lengths stand before the parts, so that no two jobs share a key. */
function keyOf({ scheme, message, publicKey, signature }: VerifyJob): string {
  const head = `${scheme},${message.length},${publicKey.length},`
  return head + toByteString(message) + toByteString(publicKey) + toByteString(signature)
}
