import { createRequire } from 'node:module'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { LegacyAminoPubKey } from '#gen/cosmos/crypto/multisig/keys.ts'
import { MultiSignature } from '#gen/cosmos/crypto/multisig/v1beta1/multisig.ts'
import type { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { ModeInfo } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { Any } from '#gen/google/protobuf/any.ts'
import { addressText } from '#lib/address.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { sha256 } from '#lib/hash.ts'
import { TestAccount } from '../../src/testing/accounts.ts'
import type { Random } from './random.ts'

export type ActorKind = 'secp256k1' | 'ethsecp256k1' | 'multisig'

/** Who acts in a simulation: an account with one key, or with several of which some have to sign. */
export interface Actor {
  readonly kind: ActorKind
  readonly address: string
  readonly packedKey: Any
  /** Which of the members sign this time; one entry for a single key. */
  choose(random: Random): readonly TestAccount[]
  modeInfo(signers: readonly TestAccount[], mode: SignMode): ModeInfo
  sign(signers: readonly TestAccount[], bytes: Uint8Array): Uint8Array
}

interface Binding {
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array }
}

const native = createRequire(import.meta.url)('secp256k1') as Binding

/** What `account.signBytes` makes, by the native library: a run signs a hundred thousand times. */
function signWith({ kind, privateKey }: TestAccount, bytes: Uint8Array): Uint8Array {
  const digest = kind === 'secp256k1' ? sha256(bytes) : keccak_256(bytes)
  return native.ecdsaSign(digest, privateKey).signature
}

class SingleActor implements Actor {
  readonly kind: 'secp256k1' | 'ethsecp256k1'
  readonly #account: TestAccount

  constructor(account: TestAccount) {
    this.kind = account.kind
    this.#account = account
  }

  get address(): string {
    return this.#account.address
  }

  get packedKey(): Any {
    return this.#account.packedKey
  }

  choose(): readonly TestAccount[] {
    return [this.#account]
  }

  modeInfo(_: readonly TestAccount[], mode: SignMode): ModeInfo {
    return ModeInfo.fromPartial({ single: { mode } })
  }

  sign(_: readonly TestAccount[], bytes: Uint8Array): Uint8Array {
    return signWith(this.#account, bytes)
  }
}

class MultisigActor implements Actor {
  readonly kind = 'multisig'
  readonly address: string
  readonly packedKey: Any
  readonly #members: readonly TestAccount[]
  readonly #threshold: number

  constructor(members: readonly TestAccount[], threshold: number) {
    this.#members = members
    this.#threshold = threshold
    const keys = members.map(({ kind, publicKey }) => ({ kind, key: publicKey }))
    this.address = addressText(addressFromPubKey({ kind: 'multisig', threshold, keys }))
    const publicKeys = members.map((member) => member.packedKey)
    this.packedKey = {
      typeUrl: `/${LegacyAminoPubKey.$type}`,
      value: LegacyAminoPubKey.encode({ threshold, publicKeys }).finish(),
    }
  }

  /** The threshold, now and then one more, in the order of the keys. */
  choose(random: Random): readonly TestAccount[] {
    const count = Math.min(this.#members.length, this.#threshold + random.below(2))
    const chosen = random.shuffled(this.#members).slice(0, count)
    return this.#members.filter((member) => chosen.includes(member))
  }

  modeInfo(signers: readonly TestAccount[], mode: SignMode): ModeInfo {
    const elems = new Uint8Array(Math.ceil(this.#members.length / 8))
    for (const [i, member] of this.#members.entries()) {
      if (signers.includes(member)) elems[i >> 3] = (elems[i >> 3] as number) | (0x80 >> (i & 7))
    }
    const bitarray = { extraBitsStored: this.#members.length % 8, elems }
    return ModeInfo.fromPartial({
      multi: { bitarray, modeInfos: signers.map(() => ({ single: { mode } })) },
    })
  }

  sign(signers: readonly TestAccount[], bytes: Uint8Array): Uint8Array {
    return MultiSignature.encode({ signatures: signers.map((member) => signWith(member, bytes)) }).finish()
  }
}

/** The usual cast: two thirds single keys of both kinds, the rest multisigs of two of three. */
export function cast(): readonly Actor[] {
  const singles = Array.from({ length: 24 }, (_, i) =>
    i % 3 === 0 ? new TestAccount(`eth ${i}`, 'ethsecp256k1') : new TestAccount(`cosmos ${i}`),
  )
  const members = singles.slice(0, 18)
  const multisigs = Array.from({ length: 6 }, (_, i) => new MultisigActor(members.slice(3 * i, 3 * i + 3), 2))
  return [...singles.map((account) => new SingleActor(account)), ...multisigs]
}
