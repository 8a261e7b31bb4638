import { sha256 } from '#lib/hash.ts'
import type { Scheme, Verifier, VerifyJob } from '#lib/verifier.ts'

/** Entries kept unless told otherwise: 13 MB, more than any mempool holds. */
export const DEFAULT_SIGNATURE_CACHE = 100_000

const DIGEST_BYTES = 32
const KEY_BYTES = 33
const SIGNATURE_BYTES = 64
/** One byte of scheme and verdict, then digest, key and signature, each with zeros up to its full length. */
const ENTRY_BYTES = 1 + DIGEST_BYTES + KEY_BYTES + SIGNATURE_BYTES
/** Places an entry may stand in. */
const WAYS = 4

/** In the first byte of an entry; 0 is a place that is free. */
const SCHEMES: Readonly<Record<Scheme, number>> = { secp256k1: 2, p256: 4, ed25519: 6 }
const GOOD = 1

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
 *
 * Entries lie side by side in one array, each in one of four places that its bytes choose; the one written longest ago
 * makes room. So there is nothing to collect, and a stranger who aims at one entry makes it verified anew, no more.
 */
export class SignatureCache {
  readonly #verifier: Verifier
  readonly #entries: Uint8Array
  /** Per set, which of its places is written next. */
  readonly #turns: Uint8Array
  readonly #probe = new Uint8Array(ENTRY_BYTES)
  #hits = 0
  #misses = 0
  #verified = 0
  #count = 0

  /** @param capacity entries at most, rounded up to a multiple of 4 */
  constructor(verifier: Verifier, capacity: number = DEFAULT_SIGNATURE_CACHE) {
    this.#verifier = verifier
    const sets = Math.trunc((capacity + WAYS - 1) / WAYS)
    this.#entries = new Uint8Array(sets * WAYS * ENTRY_BYTES)
    this.#turns = new Uint8Array(sets)
  }

  /** Verdicts that are remembered. */
  get entries(): number {
    return this.#count
  }

  /** Verdicts that there is room for. */
  get capacity(): number {
    return this.#turns.length * WAYS
  }

  get counters(): SignatureCounters {
    return { hits: this.#hits, misses: this.#misses, verified: this.#verified }
  }

  /** The verdict on each job, in order; the unknown ones are verified in one batch. */
  verifyAll(jobs: readonly VerifyJob[]): boolean[] {
    const verdicts: (boolean | undefined)[] = []
    const unknown: VerifyJob[] = []
    for (const job of jobs) {
      const known = hasShape(job) ? this.#known(job) : false
      verdicts.push(known)
      if (known === undefined) unknown.push(job)
    }
    if (unknown.length > 0) this.#verify(unknown, verdicts)
    return verdicts as boolean[]
  }

  #known(job: VerifyJob): boolean | undefined {
    const at = this.#find(job)
    if (at < 0) {
      this.#misses++
      return undefined
    }
    this.#hits++
    return ((this.#entries[at] as number) & GOOD) === GOOD
  }

  /** Fills the gaps of `verdicts`, whose jobs are `unknown` in this order; the same job twice is verified once. */
  #verify(unknown: readonly VerifyJob[], verdicts: (boolean | undefined)[]): void {
    const place = new Map<string, number>()
    const once = unknown.length === 1 ? unknown : unknown.filter((job) => isNew(place, job))
    const found = this.#verifier.batch(once)
    this.#verified += once.length
    for (const [i, job] of once.entries()) this.#write(job, found[i] === true)
    let next = 0
    for (const [i, verdict] of verdicts.entries()) {
      if (verdict !== undefined) continue
      const job = unknown[next++] as VerifyJob
      verdicts[i] = found[once.length === 1 ? 0 : (place.get(textOf(job)) as number)] === true
    }
  }

  /** Where the job's entry begins, or -1; leaves what it looked for in the probe. */
  #find(job: VerifyJob): number {
    const { scheme, message, publicKey, signature } = job
    const probe = this.#probe
    probe.fill(0)
    probe[0] = SCHEMES[scheme]
    // What ed25519 signs has any length; its digest stands for it.
    const digest = scheme === 'ed25519' ? sha256(message) : message
    probe.set(digest, 1)
    probe.set(publicKey, 1 + DIGEST_BYTES)
    probe.set(signature, 1 + DIGEST_BYTES + KEY_BYTES)
    const first = this.#setOf() * WAYS * ENTRY_BYTES
    for (let way = 0; way < WAYS; way++) {
      if (this.#equals(first + way * ENTRY_BYTES)) return first + way * ENTRY_BYTES
    }
    return -1
  }

  #equals(at: number): boolean {
    const entries = this.#entries
    const probe = this.#probe
    if (((entries[at] as number) & ~GOOD) !== probe[0]) return false
    // From the end: signatures differ most.
    for (let i = ENTRY_BYTES - 1; i > 0; i--) if (entries[at + i] !== probe[i]) return false
    return true
  }

  /** The set in which the probe belongs: any of its bytes would do, those of digest and signature are spread best. */
  #setOf(): number {
    const probe = this.#probe
    let hash = 0
    for (let i = 1; i <= 4; i++) {
      hash = Math.imul(hash, 0x01000193) ^ (probe[i] as number)
      hash = Math.imul(hash, 0x01000193) ^ (probe[ENTRY_BYTES - i] as number)
    }
    return (hash >>> 0) % this.#turns.length
  }

  #write(job: VerifyJob, good: boolean): void {
    if (this.#find(job) >= 0) return
    const set = this.#setOf()
    const turn = this.#turns[set] as number
    this.#turns[set] = (turn + 1) % WAYS
    const at = (set * WAYS + turn) * ENTRY_BYTES
    if (this.#entries[at] === 0) this.#count++
    this.#entries.set(this.#probe, at)
    if (good) this.#entries[at] = (this.#probe[0] as number) | GOOD
  }
}

/**
 * Whether the parts have the lengths that every scheme's have. What has not is no signature: a stranger chooses those
 * lengths, so it is neither verified nor kept.
 */
function hasShape({ scheme, message, publicKey, signature }: VerifyJob): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false
  if (scheme === 'ed25519') return publicKey.length === 32
  return publicKey.length === KEY_BYTES && message.length === DIGEST_BYTES
}

function isNew(place: Map<string, number>, job: VerifyJob): boolean {
  const text = textOf(job)
  if (place.has(text)) return false
  place.set(text, place.size)
  return true
}

/** Parts have fixed lengths but for ed25519's message, which stands last, so that no two jobs share a text. */
function textOf({ scheme, message, publicKey, signature }: VerifyJob): string {
  return `${scheme},${publicKey},${signature},${message}`
}
