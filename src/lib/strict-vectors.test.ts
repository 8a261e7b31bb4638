import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromHex } from '#lib/bytes.ts'
import { type DescMessage, messageOf } from '#lib/reflect.ts'
import { AnyTypes, checkStrict, StrictError } from '#lib/strict.ts'
import { arbitraryOf, dataMessages, type GeneratedCodec, generatedCodecs } from './reflect-testkit.ts'

let codecs: Map<string, GeneratedCodec>
let all: DescMessage[]
beforeAll(async () => {
  codecs = await generatedCodecs()
  all = dataMessages(codecs)
})

const messages = new AnyTypes(['cosmos.bank.v1beta1.MsgSend', 'cosmos.bank.v1beta1.MsgMultiSend'])
const keys = new AnyTypes(['cosmos.crypto.secp256k1.PubKey', 'cosmos.crypto.multisig.LegacyAminoPubKey'])

describe('what the Go chain says of damaged transactions', () => {
  const vectors = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../test/vectors/tx.json'), 'utf8'),
  ) as {
    decode: { name: string; tx: string; accepted: boolean; error?: string }[]
  }
  // Judged elsewhere: addresses by the signers, the form of TxRaw by its reader (ADR-027).
  const elsewhere = /bech32|ADR-027|not as short as possible/

  function strict(tx: Uint8Array): boolean {
    try {
      checkStrict('cosmos.tx.v1beta1.TxRaw', tx)
      const raw = TxRaw.decode(tx)
      checkStrict('cosmos.tx.v1beta1.TxBody', raw.bodyBytes, { any: messages, nonCriticalAllowed: true })
      checkStrict('cosmos.tx.v1beta1.AuthInfo', raw.authInfoBytes, { any: keys })
      return true
    } catch (error) {
      if (error instanceof StrictError) return false
      throw error
    }
  }

  test('is refused here wherever it is refused there', () => {
    const refused = vectors.decode.filter(({ accepted, error = '' }) => !accepted && !elsewhere.test(error))
    expect(refused.length).toBe(122)
    for (const { name, tx } of refused) expect(strict(fromHex(tx)), name).toBe(false)
  })

  test('is accepted here where the transaction is sound', () => {
    const valid = vectors.decode.filter(({ name }) =>
      /^(valid-|two-messages|body-out-of-order|no-)/.test(name),
    )
    expect(valid.length).toBe(26)
    for (const { name, tx } of valid) expect(strict(fromHex(tx)), name).toBe(true)
  })

  test('is judged more strictly in these cases only', () => {
    const stricter = vectors.decode.filter(({ accepted, tx }) => accepted && !strict(fromHex(tx)))
    // A repeated field, a type URL without its slash, bytes that are no UTF-8 and an undefined sign mode.
    const names = stricter.map(({ name }) => name).filter((name) => !name.startsWith('flip-'))
    expect(names).toEqual(['txraw-duplicate-body', 'type-url-without-slash'])
    expect(stricter.length).toBe(10)
  })
})

describe('any message', () => {
  test('is accepted as the generated code writes it', () => {
    const any = new AnyTypes(all)
    let tried = 0
    for (const message of all) {
      if (message.fields.some((field) => field.fieldKind === 'map')) continue
      const codec = codecs.get(message.typeName) as GeneratedCodec
      fc.assert(
        fc.property(arbitraryOf(message, codecs, 3), (value) => {
          tried++
          try {
            expect(checkStrict(message, codec.encode(value).finish(), { any })).toBe(false)
          } catch (error) {
            if (!(error instanceof StrictError) || !error.message.includes('nested deeper')) throw error
          }
        }),
        { numRuns: 5 },
      )
    }
    expect(tried).toBeGreaterThan(1000)
  })

  test('damaged at random is refused with a typed error, or read by protobuf-es without unknown fields', () => {
    const names = [
      'cosmos.bank.v1beta1.MsgMultiSend',
      'cosmos.bank.v1beta1.Metadata',
      'wadi.asset.v1.MsgRegisterAsset',
    ]
    let accepted = 0
    for (const message of names.map(messageOf)) {
      const codec = codecs.get(message.typeName) as GeneratedCodec
      const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })
      fc.assert(
        fc.property(arbitraryOf(message, codecs), damage, (value, places) => {
          const bytes = codec.encode(value).finish()
          for (const [place, byte] of places) if (bytes.length > 0) bytes[place % bytes.length] = byte
          try {
            checkStrict(message, bytes)
          } catch (error) {
            if (error instanceof StrictError) return
            throw error
          }
          accepted++
          expect(fromBinary(message, bytes).$unknown ?? []).toEqual([])
          expect(codec.decode(codec.encode(codec.decode(bytes)).finish())).toEqual(codec.decode(bytes))
        }),
        { numRuns: 300 },
      )
    }
    expect(accepted).toBeGreaterThan(100)
  })
})
