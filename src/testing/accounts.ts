import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { PubKey as Secp256k1PubKey } from '#gen/cosmos/crypto/secp256k1/keys.ts'
import { PubKey as EthPubKey } from '#gen/cosmos/evm/crypto/v1/ethsecp256k1/keys.ts'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, SignDoc, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { Any } from '#gen/google/protobuf/any.ts'
import { addressText, toHexAddress } from '#lib/address.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type { TypedEncodeObject } from '../client/types.ts'
import type { TestChain } from './chain.ts'
import { packed } from './types.ts'

/** How a transaction is made, where it is not as usual. */
export interface TxOptions {
  /** In the smallest unit of `feeDenom`; default 0. */
  readonly fee?: bigint
  /** Default: awadi. */
  readonly feeDenom?: string
  /** Default 1,000,000. */
  readonly gas?: bigint
  readonly memo?: string
  readonly timeoutHeight?: bigint
  readonly payer?: string
  readonly granter?: string
  /** Instead of the account's own. */
  readonly accountNumber?: bigint
  readonly sequence?: bigint
  readonly chainId?: string
  /** Further signers, after this account in the order of the messages' signers. */
  readonly cosigners?: readonly TestAccount[]
  /** Leaves the public keys out, as wallets may once an account is known. */
  readonly withoutKey?: boolean
}

/**
 * An account with a key that follows from its name. It reads its number and sequence from the chain and counts up for
 * every further transaction made before the next block.
 */
export class TestAccount {
  readonly name: string
  readonly kind: 'secp256k1' | 'ethsecp256k1'
  readonly privateKey: Uint8Array
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array
  /** bech32 */
  readonly address: string
  #made = { chain: undefined as TestChain | undefined, height: -1, sequence: 0n }

  constructor(name: string, kind: 'secp256k1' | 'ethsecp256k1' = 'secp256k1') {
    this.name = name
    this.kind = kind
    this.privateKey = sha256(utf8(`wadi test account ${kind} ${name}`))
    this.publicKey = secp256k1.getPublicKey(this.privateKey, true)
    this.address = addressText(addressFromPubKey({ kind, key: this.publicKey }))
  }

  /** The same address with 0x. */
  get hexAddress(): string {
    return toHexAddress(addressFromPubKey({ kind: this.kind, key: this.publicKey }))
  }

  /** The public key as transactions and accounts carry it. */
  get packedKey(): Any {
    const key = { key: this.publicKey }
    return this.kind === 'secp256k1'
      ? { typeUrl: `/${Secp256k1PubKey.$type}`, value: Secp256k1PubKey.encode(key).finish() }
      : { typeUrl: `/${EthPubKey.$type}`, value: EthPubKey.encode(key).finish() }
  }

  /** Signs bytes as this kind of key does: over sha256 or keccak256; 64 bytes r ‖ s, low s. */
  signBytes(bytes: Uint8Array): Uint8Array {
    const digest = this.kind === 'secp256k1' ? sha256(bytes) : keccak_256(bytes)
    return secp256k1.sign(digest, this.privateKey, { prehash: false, lowS: true })
  }

  /** Account number and the sequence of its next transaction; number 0 where the account does not exist. */
  next(chain: TestChain): { accountNumber: bigint; sequence: bigint } {
    const stored = chain.chain.accountOf(chain.read(), this.address)
    const counting = this.#made.chain === chain && this.#made.height === chain.height
    const sequence = counting ? this.#made.sequence : (stored?.sequence ?? 0n)
    return { accountNumber: stored?.accountNumber ?? 0n, sequence }
  }

  /** A signed transaction (SIGN_MODE_DIRECT) of these messages, packed or as a client makes them, as bytes. */
  tx(chain: TestChain, messages: readonly TypedEncodeObject<unknown>[], options: TxOptions = {}): Uint8Array {
    const signers = [this, ...(options.cosigners ?? [])]
    const known = signers.map((signer) => signer.#take(chain, options))
    const { memo = '', timeoutHeight = 0n } = options
    const bodyBytes = TxBody.encode(
      TxBody.fromPartial({ messages: messages.map(packed), memo, timeoutHeight }),
    ).finish()
    const authInfoBytes = authInfo(signers, known, options)
    const signatures = signers.map((signer, index) => {
      const accountNumber = options.accountNumber ?? known[index]?.accountNumber ?? 0n
      const chainId = options.chainId ?? chain.chainId
      return signer.signBytes(SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber }).finish())
    })
    return TxRaw.encode({ bodyBytes, authInfoBytes, signatures }).finish()
  }

  #take(chain: TestChain, options: TxOptions): { accountNumber: bigint; sequence: bigint } {
    const next = this.next(chain)
    if (options.sequence !== undefined) return { ...next, sequence: options.sequence }
    this.#made = { chain, height: chain.height, sequence: next.sequence + 1n }
    return next
  }
}

function authInfo(
  signers: readonly TestAccount[],
  known: readonly { readonly sequence: bigint }[],
  options: TxOptions,
): Uint8Array {
  const { fee = 0n, feeDenom = 'awadi', gas = 1_000_000n, payer = '', granter = '' } = options
  const signerInfos = signers.map((signer, index) => ({
    publicKey: options.withoutKey === true ? undefined : signer.packedKey,
    modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
    sequence: known[index]?.sequence ?? 0n,
  }))
  const amount = fee === 0n ? [] : [{ denom: feeDenom, amount: fee.toString() }]
  return AuthInfo.encode(
    AuthInfo.fromPartial({ signerInfos, fee: { amount, gasLimit: gas, payer, granter } }),
  ).finish()
}

/** Accounts by their names: `const { alice, bob } = testAccounts('alice', 'bob')`. */
export function testAccounts<const N extends readonly string[]>(
  ...names: N
): { readonly [K in N[number]]: TestAccount } {
  const accounts = Object.fromEntries(names.map((name) => [name, new TestAccount(name)]))
  return accounts as { readonly [K in N[number]]: TestAccount }
}
