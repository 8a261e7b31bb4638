import { clip, equalBytes, fromHex, toHex } from '#lib/bytes.ts'
import { trustedHaveSigned, verifyCommit } from './commit.ts'
import { VerificationError } from './errors.ts'
import { setHash } from './hashes.ts'
import {
  fetchHeader,
  fetchValidators,
  type LightSource,
  type SignedHeader,
  totalPower,
  type ValidatorSet,
} from './light-block.ts'

/** What a client believes before it asks: one header of the chain, learnt from somebody it trusts. */
export interface Trust {
  readonly chainId: string
  readonly height: number
  /** Hash of that header: 64 hexadecimal digits. */
  readonly hash: string
  /**
   * How long a header is trusted; it has to be shorter than validators wait for their stake after they leave. Default
   * seven days, as CometBFT's light client.
   */
  readonly trustingPeriodMs?: number
  /** How old the newest header may be; default five minutes. */
  readonly maxAgeMs?: number
  /** How far a header may be ahead of this machine's clock; default ten seconds. */
  readonly maxClockDriftMs?: number
  /** Milliseconds since 1970; default the clock of this machine. */
  readonly now?: () => number
}

/** A header that follows from the trusted one. */
export interface VerifiedHeader {
  readonly height: number
  readonly hash: Uint8Array
  /** Milliseconds since 1970. */
  readonly timeMs: number
  /** Root of the state after the block before. */
  readonly appHash: Uint8Array
}

interface LightBlock extends SignedHeader {
  readonly set: ValidatorSet
}

/** Verified headers that are kept; the trusted one and the newest stay. */
const KEPT = 64
/** Headers that one step from the trusted header to a later one may take. */
const MAX_STEPS = 512

/**
 * Follows the headers of a chain from a trusted one, without believing the node: CometBFT's light client
 * (`light/client.go`, `light/verifier.go`) with a single node. A header is taken over if more than a third of the
 * power that is trusted has signed it, and more than two thirds of its own set; if too few of those trusted have, one
 * half way is verified first.
 *
 * A third or more of the trusted power that lies together, within the trusting period, deceives it: it compares with
 * no second node.
 */
export class LightClient {
  readonly #source: LightSource
  readonly #trust: Required<Trust>
  readonly #known = new Map<number, LightBlock>()
  #newest: LightBlock | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /** Throws `EncodingError` for a hash that is not hexadecimal, {@link VerificationError} for what else cannot be. */
  constructor(source: LightSource, trust: Trust) {
    if (fromHex(trust.hash).length !== 32 || !Number.isSafeInteger(trust.height) || trust.height < 1) {
      const told = `${clip(trust.hash)} at height ${trust.height} names no header: give 64 hexadecimal digits`
      throw new VerificationError('trust', told)
    }
    this.#source = source
    this.#trust = {
      ...trust,
      trustingPeriodMs: milliseconds(trust, 'trustingPeriodMs', 7 * 24 * 3_600_000),
      maxAgeMs: milliseconds(trust, 'maxAgeMs', 300_000),
      maxClockDriftMs: milliseconds(trust, 'maxClockDriftMs', 10_000),
      now: trust.now ?? (() => Date.now()),
    }
  }

  /** The header of a height, or the newest. Throws {@link VerificationError}. */
  header(height?: number): Promise<VerifiedHeader> {
    // One after the other: the second of two finds the work of the first done.
    const result = this.#queue.then(() => this.#header(height))
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #header(height: number | undefined): Promise<VerifiedHeader> {
    const known = height === undefined ? undefined : this.#known.get(height)
    if (known !== undefined) return verified(known)
    const root = this.#newest === undefined ? await this.#begin() : undefined
    if (root !== undefined && root.height === height) return verified(root)
    const target = await this.#fetch(height)
    if (height === undefined) this.#checkNewest(target)
    const same = this.#known.get(target.height)
    if (same === undefined) return verified(await this.#climb(target))
    if (equalBytes(same.hash, target.hash)) return verified(same)
    throw new VerificationError('header', `the node shows a second header of height ${target.height}`)
  }

  /** Takes the trusted header over. */
  async #begin(): Promise<LightBlock> {
    const { height, hash } = this.#trust
    const block = await this.#withSet(await this.#fetch(height))
    if (!equalBytes(block.hash, fromHex(hash))) {
      const told = `header ${height} of this node is ${toHex(block.hash)}, trusted is ${hash.toLowerCase()}`
      throw new VerificationError('trust', told)
    }
    this.#checkPeriod(block)
    await verifyCommit(this.#trust.chainId, block, block.set)
    this.#keep(block)
    return block
  }

  #fetch(height?: number): Promise<SignedHeader> {
    return fetchHeader(this.#source, this.#trust.chainId, height)
  }

  /** Adds the validators that a header names; asks for them only if none such is known. */
  async #withSet(signed: SignedHeader): Promise<LightBlock> {
    const wanted = signed.header.validatorsHash
    for (const { set } of [...this.#known.values()].reverse())
      if (equalBytes(set.hash, wanted)) return { ...signed, set }
    const validators = await fetchValidators(this.#source, signed.height)
    const power = totalPower(validators)
    const hash = setHash(validators)
    if (!equalBytes(hash, wanted)) {
      const told = `the validators at ${signed.height} are not those that the header names`
      throw new VerificationError('validators', told)
    }
    return { ...signed, set: { hash, validators, power } }
  }

  /** Verifies a header from the nearest verified one below it, over others between if need be. */
  async #climb(target: SignedHeader): Promise<LightBlock> {
    let trusted = this.#below(target.height)
    const pending = [await this.#withSet(target)]
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const next = pending.at(-1) as LightBlock
      this.#checkPeriod(trusted)
      if (await this.#follows(trusted, next)) {
        this.#keep(next)
        trusted = next
        pending.pop()
        if (pending.length === 0) return next
      } else {
        const middle = Math.floor((trusted.height + next.height) / 2)
        pending.push(await this.#withSet(await this.#fetch(middle)))
      }
    }
    throw new VerificationError(
      'limit',
      `${MAX_STEPS} headers did not lead from ${trusted.height} to ${target.height}: trust a newer header`,
    )
  }

  #below(height: number): LightBlock {
    let best: LightBlock | undefined
    for (const block of this.#known.values())
      if (block.height < height && block.height > (best?.height ?? 0)) best = block
    if (best !== undefined) return best
    throw new VerificationError(
      'height',
      `header ${height} is below the trusted one, ${this.#trust.height}: trust an older header to read there`,
    )
  }

  /** Whether a header follows from a trusted one; false if too few of those trusted have signed it. */
  async #follows(trusted: LightBlock, next: LightBlock): Promise<boolean> {
    const { chainId, now, maxClockDriftMs } = this.#trust
    if (!isLater(next, trusted)) {
      const told = `header ${next.height} is not later than header ${trusted.height}`
      throw new VerificationError('time', told)
    }
    if (next.timeMs >= now() + maxClockDriftMs) {
      const told = `header ${next.height} is ${next.timeMs - now()} ms ahead of this machine's clock`
      throw new VerificationError('future', told)
    }
    const good = new Set<number>()
    if (next.height === trusted.height + 1) {
      if (!equalBytes(next.header.validatorsHash, trusted.header.nextValidatorsHash)) {
        const told = `header ${next.height} has other validators than header ${trusted.height} announced`
        throw new VerificationError('validators', told)
      }
    } else if (!(await trustedHaveSigned(chainId, next, trusted.set, good))) return false
    await verifyCommit(chainId, next, next.set, good)
    return true
  }

  #checkPeriod({ height, timeMs }: LightBlock): void {
    const { now, trustingPeriodMs } = this.#trust
    if (timeMs + trustingPeriodMs > now()) return
    throw new VerificationError(
      'expired',
      `header ${height} of ${new Date(timeMs).toISOString()} is older than the trusting period: ` +
        'get a newer header from somebody you trust',
    )
  }

  #checkNewest({ height, timeMs }: SignedHeader): void {
    const { now, maxAgeMs } = this.#trust
    const newest = this.#newest?.height ?? 0
    if (height < newest)
      throw new VerificationError('stale', `the node's newest header is ${height}, ${newest} was seen before`)
    if (timeMs + maxAgeMs > now()) return
    throw new VerificationError(
      'stale',
      `the node's newest header, ${height}, is ${now() - timeMs} ms old: ` +
        'it hides blocks, or the chain stands still (maxAgeMs says how old it may be)',
    )
  }

  #keep(block: LightBlock): void {
    this.#known.set(block.height, block)
    if (block.height > (this.#newest?.height ?? 0)) this.#newest = block
    for (const height of this.#known.keys()) {
      if (this.#known.size <= KEPT) return
      if (height !== this.#trust.height && height !== this.#newest?.height) this.#known.delete(height)
    }
  }
}

/** A limit or its default. One that is no number would make every comparison with it false, and so check nothing. */
function milliseconds(
  trust: Trust,
  option: 'trustingPeriodMs' | 'maxAgeMs' | 'maxClockDriftMs',
  byDefault: number,
): number {
  const value: unknown = trust[option] ?? byDefault
  if (typeof value === 'number' && value >= 0) return value
  throw new VerificationError(
    'trust',
    `${option} is no number of milliseconds: ${clip(String(value))}; leave it out for the default`,
  )
}

/** Whether the first has the later time, nanoseconds counted. */
function isLater(a: SignedHeader, b: SignedHeader): boolean {
  const [first, second] = [a.header.time, b.header.time]
  if (first === undefined || second === undefined) return false
  return first.seconds === second.seconds ? first.nanos > second.nanos : first.seconds > second.seconds
}

const verified = ({ height, hash, timeMs, header }: LightBlock): VerifiedHeader => ({
  height,
  hash,
  timeMs,
  appHash: header.appHash,
})
