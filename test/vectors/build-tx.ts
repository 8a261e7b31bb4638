import { MsgSend } from 'cosmjs-types/cosmos/bank/v1beta1/tx'
import { LegacyAminoPubKey } from 'cosmjs-types/cosmos/crypto/multisig/keys'
import { PubKey } from 'cosmjs-types/cosmos/crypto/secp256k1/keys'
import { SignMode } from 'cosmjs-types/cosmos/tx/signing/v1beta1/signing'
import { AuthInfo, ModeInfo, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import { addressText, moduleAddress } from '#lib/address.ts'
import { concat, fromHex } from '#lib/bytes.ts'
import vectors from './tx.json' with { type: 'json' }

/** Transactions built with CosmJS' own encoders, for tests that bend them. */

export const sendUrl = '/cosmos.bank.v1beta1.MsgSend'
export const alice: string = addressText(moduleAddress('alice'))
export const bob: string = addressText(moduleAddress('bob'))

export interface AnyMessage {
  readonly typeUrl: string
  readonly value: Uint8Array
}

// The exact types of `fromPartial` refuse values that are not literals.
type Part = Readonly<Record<string, unknown>>

/** A public key made by Go. */
export const key: Uint8Array = fromHex(vectors.sign[0]?.pub as string)
export const publicKey: AnyMessage = {
  typeUrl: '/cosmos.crypto.secp256k1.PubKey',
  value: PubKey.encode({ key }).finish(),
}

export function multisig(threshold: number, publicKeys: readonly AnyMessage[]): AnyMessage {
  const value = LegacyAminoPubKey.encode({ threshold, publicKeys: [...publicKeys] }).finish()
  return { typeUrl: '/cosmos.crypto.multisig.LegacyAminoPubKey', value }
}

export const direct: ModeInfo = ModeInfo.fromPartial({ single: { mode: SignMode.SIGN_MODE_DIRECT } })

/** The mode of a multisig; `bits` from the highest of each byte, `extra` of the last byte. */
export function multiMode(bits: readonly number[], extra: number, modeInfos: readonly ModeInfo[]): ModeInfo {
  const bitarray = { extraBitsStored: extra, elems: Uint8Array.from(bits) }
  return ModeInfo.fromPartial({ multi: { bitarray, modeInfos } } as never)
}

export function send(from: string): AnyMessage {
  const message = { fromAddress: from, toAddress: bob, amount: [{ denom: 'awadi', amount: '1' }] }
  return { typeUrl: sendUrl, value: MsgSend.encode(message).finish() }
}

export function bodyOf(part: Part = {}): Uint8Array {
  return TxBody.encode(TxBody.fromPartial({ messages: [send(alice)], memo: 'm', ...part } as never)).finish()
}

export function authOf(part: Part = {}): Uint8Array {
  const signerInfos = [{ publicKey, modeInfo: direct, sequence: 3n }]
  const fee = { amount: [{ denom: 'awadi', amount: '10' }], gasLimit: 200_000n }
  return AuthInfo.encode(AuthInfo.fromPartial({ signerInfos, fee, ...part } as never)).finish()
}

export function txOf(
  bodyBytes: Uint8Array = bodyOf(),
  authInfoBytes: Uint8Array = authOf(),
  signatures: readonly Uint8Array[] = [new Uint8Array(64)],
): Uint8Array {
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [...signatures] }).finish()
}

/** A bytes field by hand; at most 127 bytes. */
export function field(number: number, bytes: Uint8Array): Uint8Array {
  const tag = number * 8 + 2
  const head = tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7]
  return concat(Uint8Array.of(...head, bytes.length), bytes)
}

/** Hex with spaces where they help. */
export function raw(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', ''))
}
