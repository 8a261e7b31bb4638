import { getAminoPubkey, makeSignDoc as makeAminoDoc } from '@cosmjs/amino'
import {
  type AccountData,
  type EncodeObject,
  encodePubkey,
  isOfflineDirectSigner,
  makeSignDoc,
  type OfflineSigner,
} from '@cosmjs/proto-signing'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromBase64 } from '#lib/bytes.ts'
import type { CoinAmount } from './fees.ts'
import type { AccountNonce } from './nonces.ts'
import { wadiRegistry } from './registry.ts'

/** All of a transaction but its signature. */
export interface UnsignedTx extends AccountNonce {
  readonly chainId: string
  readonly messages: readonly EncodeObject[]
  readonly memo: string
  readonly gas: bigint
  readonly fee: readonly CoinAmount[]
  /** Last height at which the transaction may be in a block. */
  readonly timeoutHeight?: bigint | undefined
}

const registry = wadiRegistry()

/** The body of a transaction, in bytes. */
export function encodeBody(messages: readonly EncodeObject[], memo: string, timeoutHeight = 0n): Uint8Array {
  const packed = messages.map((message) => registry.encodeAsAny(message))
  return TxBody.encode(TxBody.fromPartial({ messages: packed, memo, timeoutHeight })).finish()
}

/** What an account says of itself and pays in a transaction, in bytes. */
export function encodeAuthInfo(
  account: AccountData,
  mode: SignMode,
  { sequence, gas, fee, granter = '', payer = '' }: FeeAndSequence,
): Uint8Array {
  const signer = {
    publicKey: encodePubkey(getAminoPubkey(account)),
    modeInfo: { single: { mode } },
    sequence: BigInt(sequence),
  }
  const paid = { amount: [...fee], gasLimit: gas, granter, payer }
  return AuthInfo.encode(AuthInfo.fromPartial({ signerInfos: [signer], fee: paid })).finish()
}

interface FeeAndSequence {
  readonly sequence: number
  readonly gas: bigint
  readonly fee: readonly CoinAmount[]
  readonly granter?: string | undefined
  readonly payer?: string | undefined
}

/**
 * Has a transaction signed, and returns it, `cosmos.tx.v1beta1.TxRaw`: DIRECT where the signer can, else as amino JSON.
 * A wallet may change what it signs, as its owner pleases; what it signed is what is returned. CosmJS' client signs in
 * the same way, and would bring the messages of every other chain into a page.
 */
export function signTx(signer: OfflineSigner, account: AccountData, tx: UnsignedTx): Promise<Uint8Array> {
  return isOfflineDirectSigner(signer) ? signDirect(signer, account, tx) : signAmino(signer, account, tx)
}

async function signDirect(
  signer: Extract<OfflineSigner, { signDirect: unknown }>,
  account: AccountData,
  tx: UnsignedTx,
): Promise<Uint8Array> {
  const body = encodeBody(tx.messages, tx.memo, tx.timeoutHeight)
  const authInfo = encodeAuthInfo(account, SignMode.SIGN_MODE_DIRECT, tx)
  const doc = makeSignDoc(body, authInfo, tx.chainId, tx.accountNumber)
  const { signature, signed } = await signer.signDirect(account.address, doc)
  return rawTx(signed.bodyBytes, signed.authInfoBytes, signature.signature)
}

async function signAmino(
  signer: Extract<OfflineSigner, { signAmino: unknown }>,
  account: AccountData,
  tx: UnsignedTx,
): Promise<Uint8Array> {
  // With it come the definitions of all messages, which those who sign DIRECT do without.
  const { fromAmino, toAmino } = await import('./amino.ts')
  const fee = { amount: tx.fee, gas: `${tx.gas}` }
  const messages = tx.messages.map(toAmino)
  const { chainId, memo, accountNumber, sequence, timeoutHeight } = tx
  const doc = makeAminoDoc(messages, fee, chainId, memo, accountNumber, sequence, timeoutHeight)
  const { signature, signed } = await signer.signAmino(account.address, doc)
  const body = encodeBody(signed.msgs.map(fromAmino), signed.memo, BigInt(signed.timeout_height ?? 0))
  const authInfo = encodeAuthInfo(account, SignMode.SIGN_MODE_LEGACY_AMINO_JSON, {
    sequence: Number(signed.sequence),
    gas: BigInt(signed.fee.gas),
    fee: signed.fee.amount,
    granter: signed.fee.granter,
    payer: signed.fee.payer,
  })
  return rawTx(body, authInfo, signature.signature)
}

function rawTx(bodyBytes: Uint8Array, authInfoBytes: Uint8Array, signature: string): Uint8Array {
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [fromBase64(signature)] }).finish()
}
