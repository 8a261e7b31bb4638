import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { MsgSend as CosmMsgSend } from 'cosmjs-types/cosmos/bank/v1beta1/tx'
import { AuthInfo, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { addressText, moduleAddress } from '#lib/address.ts'
import { concat, fromHex, toByteString, toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import {
  alice,
  authOf,
  bob,
  bodyOf,
  direct,
  key,
  multiMode,
  multisig,
  publicKey,
  raw,
  send,
  sendUrl,
  txOf,
} from '../../test/vectors/build-tx.ts'
import vectors from '../../test/vectors/tx.json' with { type: 'json' }
import type { TxPublicKey } from '../kernel/ante.ts'
import { AppError } from '../kernel/errors.ts'
import type { DecodedTx } from './tx.ts'
import { createTxDecoder } from './tx-decode.ts'
import { decodePublicKey } from './tx-pubkey.ts'

const types = new Map([
  [sendUrl, { typeName: MsgSend.$type, decode: (bytes: Uint8Array) => MsgSend.decode(bytes) }],
])
const decode = createTxDecoder(types)

describe('a transaction', () => {
  test('gives all its parts', () => {
    const bodyBytes = bodyOf({
      timeoutHeight: 2n ** 64n - 1n,
      unordered: true,
      timeoutTimestamp: { seconds: 1_800_000_000n, nanos: 5 },
    })
    const authInfoBytes = authOf()
    const bytes = txOf(bodyBytes, authInfoBytes)
    const tx = decode(bytes)
    const parts: DecodedTx = {
      bytes,
      size: bytes.length,
      hash: toByteString(sha256(bytes)),
      bodyBytes,
      authInfoBytes,
      signatures: [new Uint8Array(64)],
      messages: [
        {
          typeUrl: sendUrl,
          typeName: 'cosmos.bank.v1beta1.MsgSend',
          value: { fromAddress: alice, toAddress: bob, amount: [{ denom: 'awadi', amount: '1' }] },
        },
      ],
      memo: 'm',
      timeoutHeight: 18446744073709551615n,
      unordered: true,
      timeoutTimestamp: { seconds: 1_800_000_000n, nanos: 5 },
      hasExtensionOptions: false,
      hasUnknownFields: false,
      hasTip: false,
      signerInfos: [{ publicKey, mode: { kind: 'single', mode: 1 }, sequence: 3n }],
      fee: { amount: [{ denom: 'awadi', amount: '10' }], gasLimit: 200_000n, payer: '', granter: '' },
      signers: [alice],
    }
    const names = Object.keys(parts) as (keyof DecodedTx)[]
    expect(Object.fromEntries(names.map((name) => [name, tx[name]]))).toEqual(parts)
  })

  test('for simulation may lack mode, key, signature and fee', () => {
    const tx = decode(
      txOf(bodyOf(), AuthInfo.encode(AuthInfo.fromPartial({ signerInfos: [{}] })).finish(), []),
    )
    expect(tx.signerInfos).toEqual([{ publicKey: undefined, mode: undefined, sequence: 0n }])
    expect(tx.fee).toEqual({ amount: [], gasLimit: 0n, payer: '', granter: '' })
  })

  test('is signed by each signer of its messages once, then by the payer of the fee', () => {
    const messages = [send(bob), send(alice), send(bob)]
    const carol = addressText(moduleAddress('carol'))
    expect(decode(txOf(bodyOf({ messages }))).signers).toEqual([bob, alice])
    expect(decode(txOf(bodyOf({ messages }), authOf({ fee: { payer: carol } }))).signers).toEqual([
      bob,
      alice,
      carol,
    ])
    expect(decode(txOf(bodyOf({ messages }), authOf({ fee: { payer: alice } }))).signers).toEqual([
      bob,
      alice,
    ])
  })

  test('reads 64-bit numbers of every length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63), (value, shift) => {
        const height = value >> BigInt(shift)
        // Not with CosmJS, whose encoder writes 2^31 as five zero bytes.
        const bytes = new BinaryWriter().uint32(24).uint64(height).finish()
        return decode(txOf(concat(bodyOf(), bytes))).timeoutHeight === height
      }),
    )
  })

  test('may hold unknown fields in its body that are marked as not critical, of any wire type', () => {
    // 1024: varint, fixed64, bytes, fixed32.
    for (const extra of ['8040 01', '8140 0102030405060708', '8240 01 ff', '8540 01020304']) {
      expect(decode(txOf(concat(bodyOf(), raw(extra)))).hasUnknownFields).toBe(true)
    }
  })

  test('tells that it has extension options', () => {
    const extensionOptions = [{ typeUrl: '/some.Option', value: new Uint8Array(0) }]
    expect(decode(txOf(bodyOf({ extensionOptions }))).hasExtensionOptions).toBe(true)
  })

  test('with a multisig key and mode gives which members signed', () => {
    const three = multisig(2, [publicKey, publicKey, publicKey])
    const modeInfo = multiMode([0b1010_0000], 3, [direct, direct])
    const info = decode(txOf(bodyOf(), authOf({ signerInfos: [{ publicKey: three, modeInfo }] })))
      .signerInfos[0]
    const single = { kind: 'single', mode: 1 }
    expect(info?.mode).toEqual({ kind: 'multi', signed: [true, false, true], modes: [single, single] })
    const member = { kind: 'secp256k1', key }
    const decoded = decodePublicKey(info?.publicKey as TxPublicKey)
    expect(decoded).toEqual({ kind: 'multisig', threshold: 2, keys: [member, member, member] })
  })
})

describe('a damaged transaction', () => {
  const samples = vectors.decode.filter(({ accepted }) => accepted).map(({ tx }) => fromHex(tx))
  const rich = txOf(
    bodyOf({
      messages: [send(alice), send(bob)],
      timeoutHeight: 7n,
      timeoutTimestamp: { seconds: 9n, nanos: 1 },
    }),
    authOf({
      signerInfos: [
        { publicKey: multisig(1, [publicKey, publicKey]), modeInfo: multiMode([0xc0], 2, [direct]) },
      ],
      tip: { amount: [{ denom: 'awadi', amount: '1' }], tipper: alice },
    }),
  )
  const sample = fc.constantFrom(...samples, rich, rich)
  const damaged = fc.oneof(
    fc.tuple(sample, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([tx, at, by]) => {
      return tx.map((byte: number, i: number) => (i === at % tx.length ? byte ^ by : byte))
    }),
    fc.tuple(sample, fc.nat(), fc.nat(5), fc.uint8Array({ maxLength: 5 })).map(([tx, at, cut, put]) => {
      const start = at % (tx.length + 1)
      return concat(tx.subarray(0, start), put, tx.subarray(Math.min(tx.length, start + cut)))
    }),
    fc.tuple(sample, sample, fc.nat(), fc.nat()).map(([a, b, i, j]) => {
      return concat(a.subarray(0, i % (a.length + 1)), b.subarray(j % (b.length + 1)))
    }),
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 })).map(([a, b]) => txOf(a, b)),
  )

  test('is refused by a named error, or read as CosmJS reads it', () => {
    let accepted = 0
    fc.assert(
      fc.property(damaged, (bytes) => {
        let tx: DecodedTx
        try {
          tx = decode(bytes)
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          return error.codespace === 'sdk' && [2, 8, 14, 18].includes(error.code)
        }
        accepted++
        const other = TxRaw.decode(bytes)
        const body = TxBody.decode(other.bodyBytes)
        const auth = AuthInfo.decode(other.authInfoBytes)
        expect(tx.signatures.map(toHex)).toEqual(other.signatures.map(toHex))
        expect(tx.memo).toBe(body.memo)
        expect(tx.timeoutHeight).toBe(body.timeoutHeight)
        expect(tx.unordered).toBe(body.unordered)
        expect(tx.messages.map(({ value }) => value)).toEqual(
          body.messages.map((m) => CosmMsgSend.decode(m.value)),
        )
        expect(tx.signerInfos.map(({ sequence }) => sequence)).toEqual(
          auth.signerInfos.map((info) => info.sequence),
        )
        expect(tx.fee.gasLimit).toBe(auth.fee?.gasLimit ?? 0n)
        expect(tx.fee.amount).toEqual(auth.fee?.amount ?? [])
        return true
      }),
      { numRuns: 4000, seed: 2026 },
    )
    // The seed is fixed, so this counts the same on every run: a fuzzer that never gets through tests nothing.
    expect(accepted).toBeGreaterThan(200)
  })
})
