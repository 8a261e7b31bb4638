import { type ReadContext, system } from '#kernel'
import type { TestChain } from '../../src/testing/chain.ts'
import type { GeneratedType, Part } from '../../src/testing/types.ts'
import { type Actor, cast } from './actors.ts'
import type { Random } from './random.ts'

/** A message before it is encoded. */
export interface Draft {
  readonly typeName: string
  /** The generated object. */
  readonly value: object
  readonly bytes: Uint8Array
}

/** Makes a message of one type out of what is there; undefined where nothing fits now. */
export type Generator = (world: World) => Draft | undefined

/** A digest that somebody committed to, and what only they know of it. */
export interface Secret {
  readonly owner: string
  readonly digest: Uint8Array
  readonly salt: Uint8Array
}

/** A key that a publisher's file names. */
export interface PublisherKey {
  readonly type: 'p256' | 'ed25519' | 'secp256k1'
  readonly secret: Uint8Array
}

/** The files of a publisher who can prove to be one. */
export interface PublisherSet {
  readonly file: Uint8Array
  readonly fileDigests: Uint8Array
  readonly rootDigest: Uint8Array
  readonly keys: readonly PublisherKey[]
}

/** How many secrets are remembered; older ones are revealed or burnt by then. */
const MOST_SECRETS = 200

/** What a block's messages are made from: the committed state, and what the actors know beside it. */
export class World {
  readonly chain: TestChain
  readonly random: Random
  readonly actors: readonly Actor[]
  readonly byAddress: ReadonlyMap<string, Actor>
  readonly secrets: Secret[] = []
  readonly publishers: PublisherSet[] = []
  /** The committed state; renewed with every block. */
  ctx: ReadContext
  #number = 0

  constructor(chain: TestChain, random: Random, actors: readonly Actor[] = cast()) {
    this.chain = chain
    this.random = random
    this.actors = actors
    this.byAddress = new Map(actors.map((actor) => [actor.address, actor]))
    this.ctx = chain.read()
  }

  /** Height of the block that is being made. */
  get height(): bigint {
    return BigInt(this.chain.height + 1)
  }

  /** Who may change parameters now. */
  get authority(): string {
    return system.authority.must(this.ctx)
  }

  /** Mostly the authority; now and then somebody who is refused. */
  pretender(): string {
    return this.random.chance(0.05) ? this.anyone() : this.authority
  }

  anyone(): string {
    return this.random.pick(this.actors).address
  }

  /** A number that comes once. */
  unique(): number {
    return this.#number++
  }

  remember(secret: Secret): void {
    this.secrets.push(secret)
    if (this.secrets.length > MOST_SECRETS) this.secrets.shift()
  }

  /** Reads the state that the last block led to. */
  refresh(): void {
    this.ctx = this.chain.read()
  }
}

/** A draft of a generated type; fields left out get their defaults. */
export function draft<T extends object>(type: GeneratedType<T>, fields: Part<T>): Draft {
  const value = type.fromPartial(fields as object)
  return { typeName: type.$type, value, bytes: type.encode(value).finish() }
}
