/** A chain made in a test, whose validators come and go. */
import type { comet38 } from '@cosmjs/tendermint-rpc'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { headerHash, precommitSignBytes } from '#lib/block-hash.ts'
import { toHex, utf8 } from '#lib/bytes.ts'
import { VerificationError } from './errors.ts'
import { setHash, validatorAddress } from './hashes.ts'
import { type LightSource, readHeader } from './light-block.ts'
import type { Trust } from './light-client.ts'

const CHAIN = 'light-1'
/** Time of block 0; a block a second. */
export const START = Date.UTC(2026, 0, 1)
/** Its newest block. */
export const HEIGHT = 40

export interface Signer {
  readonly secret: Uint8Array
  readonly key: Uint8Array
  readonly address: Uint8Array
  readonly power: bigint
}

/** A validator with a key that follows from its name. */
export function signer(name: string, power = 10n): Signer {
  const secret = sha256(utf8(name))
  const key = ed25519.getPublicKey(secret)
  return { secret, key, address: validatorAddress(key), power }
}

/** Which validators a height has. */
export type SetAt = (height: number) => readonly Signer[]

const four = ['a', 'b', 'c', 'd'].map((name) => signer(name))
export const fixed: SetAt = () => four
/** Every five blocks the oldest of four is replaced: after 20, none of the first is left. */
export const rotating: SetAt = (height) => {
  const first = Math.floor(height / 5)
  return [0, 1, 2, 3].map((i) => signer(`v${first + i}`))
}

/** A chain that answers as a node does, honestly; it counts what it is asked for. */
export class Chain implements LightSource {
  readonly setAt: SetAt
  readonly asked = { headers: 0, sets: 0 }
  /** Who of a set votes. */
  voters: (height: number, index: number) => boolean = () => true
  newest = HEIGHT

  constructor(setAt: SetAt) {
    this.setAt = setAt
  }

  header(height: number): comet38.Header {
    const hash = (what: string) => sha256(utf8(`${what} ${height}`))
    const ofSet = (at: number) => setHash(this.setAt(at))
    return {
      version: { block: 11, app: 1 },
      chainId: CHAIN,
      height,
      time: Object.assign(new Date(START + height * 1000), { nanoseconds: height }) as comet38.Header['time'],
      lastBlockId: { hash: hash('last'), parts: { total: 1, hash: hash('parts') } },
      lastCommitHash: hash('commit'),
      dataHash: hash('data'),
      validatorsHash: ofSet(height),
      nextValidatorsHash: ofSet(height + 1),
      consensusHash: hash('consensus'),
      appHash: hash('app'),
      lastResultsHash: hash('results'),
      evidenceHash: hash('evidence'),
      proposerAddress: this.setAt(height)[0]?.address as Uint8Array,
    }
  }

  async commit(height = this.newest): Promise<comet38.CommitResponse> {
    this.asked.headers++
    return this.sign(this.header(height), this.setAt(height))
  }

  /** A header with the votes of a set for it. */
  sign(header: comet38.Header, set: readonly Signer[]): comet38.CommitResponse {
    const { height } = header
    const hash = headerHash(readHeader(header))
    const parts = { total: 1, hash: sha256(hash) }
    const blockId = { hash, partSetHeader: parts }
    const seconds = BigInt(Math.floor(START / 1000) + height)
    const bytes = precommitSignBytes(CHAIN, {
      height: BigInt(height),
      round: 0,
      blockId,
      timestamp: { seconds, nanos: 7 },
    })
    const signatures = set.map(({ secret, address }, index) => ({
      blockIdFlag: this.voters(height, index) ? 2 : 1,
      validatorAddress: address as Uint8Array<ArrayBuffer>,
      timestamp: Object.assign(new Date(Number(seconds) * 1000), { nanoseconds: 7 }),
      signature: ed25519.sign(bytes, secret) as Uint8Array<ArrayBuffer>,
    }))
    const commit = { blockId: { hash, parts }, height, round: 0, signatures }
    return { canonical: true, header, commit: commit as comet38.Commit }
  }

  async validators({ height = 1, page = 1, per_page = 30 }): Promise<comet38.ValidatorsResponse> {
    this.asked.sets++
    const all = this.setAt(height).map(({ address, key, power }) => ({
      address,
      pubkey: { algorithm: 'ed25519' as const, data: key },
      votingPower: power,
    }))
    const validators = all.slice((page - 1) * per_page, page * per_page)
    return { blockHeight: height, validators, count: validators.length, total: all.length }
  }

  async abciQuery(): Promise<never> {
    throw new Error('no state here')
  }

  trust(height: number, options: Partial<Trust> = {}): Trust {
    const hash = toHex(headerHash(readHeader(this.header(height))))
    const now = () => START + this.newest * 1000 + 500
    return { chainId: CHAIN, height, hash, now, ...options }
  }
}

/** Why something was not believed. */
export const reasonOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'believed',
    (error: unknown) => {
      if (!(error instanceof VerificationError)) throw error
      return error.reason
    },
  )

/** The functions of a chain, for a source that replaces some of them. */
export const bound = (chain: Chain): LightSource => ({
  commit: (height) => chain.commit(height),
  validators: (params) => chain.validators(params),
  abciQuery: () => chain.abciQuery(),
})
