import { MultiSignature } from '#gen/cosmos/crypto/multisig/v1beta1/multisig.ts'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, SignDoc, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { aminoMessage, aminoSignBytes } from '#lib/amino-json.ts'
import { signersOf } from '#lib/reflect-signers.ts'
import type { Actor, ActorKind } from './actors.ts'
import type { Generators } from './generators.ts'
import type { Random } from './random.ts'
import type { Draft, World } from './world.ts'

/** What is wrong with a transaction on purpose. */
const FAULTS = [
  'a sequence ahead',
  'a sequence behind',
  'a signature of other bytes',
  'a high s',
  'another chain',
  'another account number',
  'a fee beyond means',
  'a fee in no coin',
  'no gas',
  'too little gas',
  'a long memo',
  'a height gone by',
  'cut off',
  'random bytes',
] as const

export type Fault = (typeof FAULTS)[number]

/** A transaction on its way into a block. */
export interface MadeTx {
  readonly bytes: Uint8Array
  readonly typeNames: readonly string[]
  readonly fault: Fault | undefined
  readonly mode: 'direct' | 'amino'
  readonly kinds: readonly ActorKind[]
}

/** Order of the curve secp256k1. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const GAS = 2_000_000n
const FAULTY = 0.07
const TWO_MESSAGES = 0.1
/** Signers one transaction may have, so that two multisigs stay within the limit of signatures. */
const MOST_SIGNERS = 2

/** Signs the messages of one block; sequences count on from transaction to transaction. */
export class Signer {
  readonly #world: World
  readonly #generators: Generators
  #sequences = new Map<string, bigint>()
  /** Whose sequence nobody can foresee: no more of theirs in this block. */
  #uncertain = new Set<string>()

  constructor(world: World, generators: Generators) {
    this.#world = world
    this.#generators = generators
  }

  /** That many transactions for the next block. */
  block(count: number): MadeTx[] {
    this.#sequences = new Map()
    this.#uncertain = new Set()
    this.#world.refresh()
    const made: MadeTx[] = []
    while (made.length < count) {
      const tx = this.#next()
      if (tx !== undefined) made.push(tx)
    }
    return made
  }

  #next(): MadeTx | undefined {
    const { random, byAddress } = this.#world
    const first = this.#generators.next(this.#world)
    const drafts = random.chance(TWO_MESSAGES) ? [first, this.#generators.next(this.#world)] : [first]
    const signers = [...new Set(drafts.flatMap(({ typeName, value }) => signersOf(typeName, value)))]
    if (signers.length > MOST_SIGNERS || signers.some((signer) => this.#uncertain.has(signer)))
      return undefined
    const actors = signers.map((signer) => byAddress.get(signer))
    if (actors.includes(undefined)) return undefined
    return this.#sign(drafts, actors as readonly Actor[])
  }

  #sign(drafts: readonly Draft[], actors: readonly Actor[]): MadeTx {
    const { random, chain } = this.#world
    const fault = random.chance(FAULTY) ? random.pick(FAULTS) : undefined
    const mode = random.chance(0.4) ? 'amino' : 'direct'
    const known = actors.map(({ address }) => chain.chain.accountOf(this.#world.ctx, address))
    const sequences = actors.map(({ address }, i) => {
      const own = this.#sequences.get(address) ?? known[i]?.sequence ?? 0n
      if (fault === 'a sequence ahead') return own + 2n
      return fault === 'a sequence behind' && own > 0n ? own - 1n : own
    })
    const body = {
      memo:
        fault === 'a long memo' ? 'm'.repeat(600) : random.chance(0.2) ? `memo <&> ${random.bits()} ☀` : '',
      timeoutHeight: timeoutOf(random, fault, this.#world.height),
    }
    const fee = feeOf(random, fault)
    const sign = mode === 'amino' ? SignMode.SIGN_MODE_LEGACY_AMINO_JSON : SignMode.SIGN_MODE_DIRECT
    const members = actors.map((actor) => actor.choose(random))
    const signerInfos = actors.map((actor, i) => ({
      publicKey: known[i]?.publicKey !== undefined && random.chance(0.5) ? undefined : actor.packedKey,
      modeInfo: actor.modeInfo(members[i] ?? [], sign),
      sequence: sequences[i] ?? 0n,
    }))
    const messages = drafts.map(({ typeName, bytes }) => ({ typeUrl: `/${typeName}`, value: bytes }))
    const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages, ...body })).finish()
    const authInfoBytes = AuthInfo.encode(AuthInfo.fromPartial({ signerInfos, fee })).finish()
    const chainId = fault === 'another chain' ? 'wadi-other-1' : chain.chainId
    const signatures = actors.map((actor, i) => {
      const accountNumber = (known[i]?.accountNumber ?? 0n) + (fault === 'another account number' ? 1n : 0n)
      const sequence = sequences[i] ?? 0n
      const document =
        mode === 'direct'
          ? SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber }).finish()
          : aminoDocument(drafts, { chainId, accountNumber, sequence, fee, ...body })
      if (fault === 'a signature of other bytes')
        document[document.length >> 1] = (document[document.length >> 1] as number) ^ 1
      return bent(actor.sign(members[i] ?? [], document), fault)
    })
    const whole = TxRaw.encode({ bodyBytes, authInfoBytes, signatures }).finish()
    this.#advance(actors, sequences, fault)
    return {
      bytes: garbled(whole, random, fault),
      typeNames: drafts.map(({ typeName }) => typeName),
      fault,
      mode,
      kinds: actors.map(({ kind }) => kind),
    }
  }

  #advance(actors: readonly Actor[], sequences: readonly bigint[], fault: Fault | undefined): void {
    for (const [i, { address }] of actors.entries()) {
      // Whether a faulty transaction counts may depend on where it fails.
      if (fault === undefined) this.#sequences.set(address, (sequences[i] ?? 0n) + 1n)
      else this.#uncertain.add(address)
    }
  }
}

interface Document {
  readonly chainId: string
  readonly accountNumber: bigint
  readonly sequence: bigint
  readonly fee: Fee
  readonly memo: string
  readonly timeoutHeight: bigint
}

interface Fee {
  readonly amount: { readonly denom: string; readonly amount: string }[]
  readonly gasLimit: bigint
}

function aminoDocument(drafts: readonly Draft[], document: Document): Uint8Array {
  const msgs = drafts.map(({ typeName, value }) => aminoMessage(typeName, value))
  return aminoSignBytes({ ...document, msgs })
}

function timeoutOf(random: Random, fault: Fault | undefined, height: bigint): bigint {
  if (fault === 'a height gone by') return height > 1n ? height - 1n : height
  return random.chance(0.2) ? height + BigInt(random.below(5)) : 0n
}

function feeOf(random: Random, fault: Fault | undefined): Fee {
  const gasLimit =
    fault === 'no gas' ? 0n : fault === 'too little gas' ? BigInt(random.between(1_000, 60_000)) : GAS
  if (fault === 'a fee beyond means')
    return { amount: [{ denom: 'awadi', amount: `1${'0'.repeat(40)}` }], gasLimit }
  if (fault === 'a fee in no coin') return { amount: [{ denom: 'nothing', amount: '1' }], gasLimit }
  const amount = random.chance(0.5) ? [{ denom: 'awadi', amount: `${random.bits() + 1}` }] : []
  return { amount, gasLimit }
}

/** The same signature, or of a multisig its first, with the other of its two values of s. */
function bent(signature: Uint8Array, fault: Fault | undefined): Uint8Array {
  if (fault !== 'a high s') return signature
  if (signature.length === 64) return withHighS(signature)
  const [first = signature, ...others] = MultiSignature.decode(signature).signatures
  return MultiSignature.encode({ signatures: [withHighS(first), ...others] }).finish()
}

function withHighS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  const high = Buffer.from((CURVE_ORDER - s).toString(16).padStart(64, '0'), 'hex')
  return Uint8Array.from([...signature.subarray(0, 32), ...high])
}

function garbled(whole: Uint8Array, random: Random, fault: Fault | undefined): Uint8Array {
  if (fault === 'cut off') return whole.slice(0, random.between(1, whole.length - 1))
  if (fault === 'random bytes') return random.bytes(random.between(1, 300))
  return whole
}
