import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { PubKey } from '#gen/cosmos/crypto/secp256k1/keys.ts'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, SignDoc, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { encodeBech32 } from '#lib/bech32.ts'
import { utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'

interface Secp256k1Binding {
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array }
}

// The native binding itself: signing twenty thousand transactions in JavaScript takes longer than measuring them.
const native = createRequire(import.meta.url)('secp256k1/bindings') as Secp256k1Binding

/** What a chain calls its addresses and its coin, and what a transfer on it pays. */
export interface Dialect {
  readonly chainId: string
  readonly prefix: string
  readonly denom: string
  /** In the smallest unit of `denom`, for {@link Dialect.gas} together. */
  readonly fee: bigint
  readonly gas: bigint
}

/** An account that sends: private key sha256("load-" + index), secp256k1. */
export interface LoadAccount {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
  /** 20 bytes. */
  readonly id: Uint8Array
}

export function loadAccount(index: number): LoadAccount {
  const privateKey = sha256(utf8(`load-${index}`))
  const publicKey = new Uint8Array(native.publicKeyCreate(privateKey, true))
  const id = createHash('ripemd160').update(sha256(publicKey)).digest()
  return { privateKey, publicKey, id }
}

/** 64 bytes r ‖ s, low s, over a digest of 32. */
export function sign(digest: Uint8Array, { privateKey }: LoadAccount): Uint8Array {
  return native.ecdsaSign(digest, privateKey).signature
}

/** An address that holds coins and never sends: the crowd around the senders. */
export function crowdId(index: number): Uint8Array {
  return sha256(utf8(`crowd-${index}`)).subarray(0, 20)
}

/** The addresses of a genesis of `total` accounts, the `senders` first, one after the other. */
export function* genesisAddresses(total: number, senders: number, prefix: string): Generator<string> {
  for (let i = 0; i < total; i++) yield encodeBech32(prefix, i < senders ? loadAccount(i).id : crowdId(i))
}

export interface Transfer {
  readonly from: LoadAccount
  readonly to: LoadAccount
  readonly amount: bigint
  readonly accountNumber: bigint
  readonly sequence: bigint
}

/** A transfer as a wallet signs it: SIGN_MODE_DIRECT, one message, public key included. */
export function signTransfer(transfer: Transfer, { chainId, prefix, denom, fee, gas }: Dialect): Uint8Array {
  const { from, to, amount, accountNumber, sequence } = transfer
  const coins = [{ denom, amount: `${amount}` }]
  const message = { fromAddress: encodeBech32(prefix, from.id), toAddress: encodeBech32(prefix, to.id) }
  const value = MsgSend.encode(MsgSend.fromPartial({ ...message, amount: coins })).finish()
  const bodyBytes = TxBody.encode(
    TxBody.fromPartial({ messages: [{ typeUrl: '/cosmos.bank.v1beta1.MsgSend', value }] }),
  ).finish()
  const key = PubKey.encode({ key: from.publicKey }).finish()
  const authInfoBytes = AuthInfo.encode(
    AuthInfo.fromPartial({
      signerInfos: [
        {
          publicKey: { typeUrl: '/cosmos.crypto.secp256k1.PubKey', value: key },
          modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
          sequence,
        },
      ],
      fee: { amount: [{ denom, amount: `${fee}` }], gasLimit: gas },
    }),
  ).finish()
  const document = SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber }).finish()
  const signature = sign(sha256(document), from)
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [signature] }).finish()
}

/**
 * Transfers of `accounts` in rounds: round r sends sequence r of every account, each time to another one. `next` tells
 * the number and the next sequence of an account.
 */
export function signRounds(
  accounts: readonly LoadAccount[],
  count: number,
  dialect: Dialect,
  next: (index: number) => { readonly accountNumber: bigint; readonly sequence: bigint },
): Uint8Array[] {
  const known = accounts.map((_, index) => next(index))
  return Array.from({ length: count }, (_, i) => {
    const index = i % accounts.length
    const round = Math.floor(i / accounts.length)
    const { accountNumber, sequence } = known[index] as (typeof known)[number]
    const from = accounts[index] as LoadAccount
    const to = accounts[(index + round * 7 + 1) % accounts.length] as LoadAccount
    return signTransfer({ from, to, amount: 1n, accountNumber, sequence: sequence + BigInt(round) }, dialect)
  })
}
