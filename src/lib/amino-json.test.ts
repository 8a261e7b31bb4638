import { createMultisigThresholdPubkey, makeSignDoc, serializeSignDoc } from '@cosmjs/amino'
import { decodePubkey, encodePubkey } from '@cosmjs/proto-signing'
import { AminoTypes, createDefaultAminoConverters } from '@cosmjs/stargate'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { aminoMessage, aminoSignBytes, fromAminoMessage } from '#lib/amino-json.ts'
import { toBase64, utf8Text } from '#lib/bytes.ts'
import { goJson, JsonError } from '#lib/proto-json.ts'
import { aminoName, type DescMessage, messageOf, ReflectError, services } from '#lib/reflect.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { arbitraryOf, type GeneratedCodec, generatedCodecs } from './reflect-testkit.ts'

let codecs: Map<string, GeneratedCodec>
let requests: DescMessage[]
beforeAll(async () => {
  codecs = await generatedCodecs()
  registerCodecs(codecs.values())
  const found = [...services()].filter((service) => service.name === 'Msg')
  requests = found.flatMap((service) => service.methods.map((method) => method.input))
})

const cosmjs = new AminoTypes(createDefaultAminoConverters())
const cosmjsTypes = ['cosmos.bank.v1beta1.MsgSend', 'cosmos.bank.v1beta1.MsgMultiSend']

/** CosmJS writes an empty list of inputs as [], Go as null; neither chain takes such a message. */
const inhabited = (value: Record<string, unknown>) => {
  const { inputs = [1], outputs = [1] } = value as { inputs?: unknown[]; outputs?: unknown[] }
  return inputs.length > 0 && outputs.length > 0
}

/** Fields that CosmJS keeps when they are empty and Go leaves out: an address is never empty. */
const named = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.every(named)
    : typeof value !== 'object' ||
      value === null ||
      Object.values(value).every((part) => part !== '' && named(part))

/** What amino JSON can hold: parameters that are set, durations of at most 292 years, amounts that are given. */
function signable(value: Record<string, unknown>): boolean {
  const { seconds = 0n } =
    (value['evidence'] as { maxAgeDuration?: { seconds: bigint } } | undefined)?.maxAgeDuration ?? {}
  const missing = 'params' in value && value['params'] === undefined
  const amounts = [value['amount'], value['inputs'], value['outputs']]
  return !missing && seconds < 9_000_000_000n && seconds > -9_000_000_000n && amounts.every(named)
}

const coins = fc.array(fc.record({ denom: fc.string(), amount: fc.bigInt(0n, 2n ** 256n).map(String) }), {
  maxLength: 3,
})

describe('amino JSON, as CosmJS makes it', () => {
  test('of sign documents is equal to the byte', () => {
    let compared = 0
    for (const type of cosmjsTypes) {
      const message = arbitraryOf(messageOf(type), codecs).filter((value) => inhabited(value) && named(value))
      const rest = fc.record({
        chainId: fc.string({ minLength: 1, unit: 'grapheme' }),
        accountNumber: fc.bigInt(0n, 2n ** 64n - 1n),
        sequence: fc.bigInt(0n, 2n ** 53n - 1n),
        memo: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('a & <b> \u007f \b\f\n"')),
        timeoutHeight: fc.oneof(fc.constant(0n), fc.bigInt(1n, 2n ** 64n - 1n)),
        fee: fc.record({ amount: coins, gasLimit: fc.bigInt(0n, 2n ** 64n - 1n) }),
        payer: fc.constantFrom('', 'wadi1p'),
        granter: fc.constantFrom('', 'wadi1g'),
      })
      fc.assert(
        fc.property(message, rest, (value, { fee, payer, granter, ...doc }) => {
          const stdFee = {
            amount: fee.amount,
            gas: fee.gasLimit.toString(),
            ...(granter === '' ? {} : { granter }),
            ...(payer === '' ? {} : { payer }),
          }
          const theirs = makeSignDoc(
            [cosmjs.toAmino({ typeUrl: `/${type}`, value })],
            stdFee,
            doc.chainId,
            doc.memo,
            doc.accountNumber.toString(),
            doc.sequence.toString(),
            doc.timeoutHeight,
          )
          const ours = aminoSignBytes({
            ...doc,
            fee: { ...fee, payer, granter },
            msgs: [aminoMessage(type, value)],
          })
          expect(utf8Text(ours)).toBe(utf8Text(serializeSignDoc(theirs)))
          compared++
        }),
      )
    }
    expect(compared).toBeGreaterThan(150)
  })

  test('of keys is equal, multisig keys included', () => {
    const one = {
      type: 'tendermint/PubKeySecp256k1',
      value: toBase64(Uint8Array.of(2, ...Array(32).fill(7))),
    }
    const two = {
      type: 'tendermint/PubKeySecp256k1',
      value: toBase64(Uint8Array.of(3, ...Array(32).fill(8))),
    }
    const multisig = createMultisigThresholdPubkey([one, two], 2, true)
    for (const pubkey of [one, multisig]) {
      const any = encodePubkey(pubkey)
      const account = { address: 'wadi1a', pubKey: any, accountNumber: 0n, sequence: 3n }
      const json = { address: 'wadi1a', public_key: decodePubkey(any), sequence: '3' }
      const amino = aminoMessage('cosmos.auth.v1beta1.BaseAccount', account)
      expect(amino).toEqual({ type: 'cosmos-sdk/BaseAccount', value: json })
      expect(fromAminoMessage(amino).value).toEqual({
        ...account,
        pubKey: { ...any, value: Uint8Array.from(any.value) },
      })
    }
  })

  test('of the messages that both know is read to the same objects', () => {
    for (const type of cosmjsTypes) {
      fc.assert(
        fc.property(
          arbitraryOf(messageOf(type), codecs).filter((made) => inhabited(made) && named(made)),
          (value) => {
            const amino = aminoMessage(type, value)
            const full = cosmjs.toAmino({ typeUrl: `/${type}`, value })
            expect(fromAminoMessage(amino)).toEqual({ typeUrl: `/${type}`, value })
            expect(fromAminoMessage(full)).toEqual({ typeUrl: `/${type}`, value })
          },
        ),
      )
    }
  })
})

describe('amino JSON, by the rules of x/tx', () => {
  test('leaves out what is empty, writes numbers of 64 bits and times in strings, and sorts the keys', () => {
    // x/consensus MsgUpdateParams as Go's aminojson writes it: a Duration is its nanoseconds.
    const { value } = aminoMessage('cosmos.consensus.v1.MsgUpdateParams', {
      authority: 'wadi1a',
      block: { maxBytes: 200000n, maxGas: -1n },
      evidence: { maxAgeNumBlocks: 100000n, maxAgeDuration: { seconds: 172800n, nanos: 1 }, maxBytes: 0n },
      validator: { pubKeyTypes: ['ed25519'] },
      abci: { voteExtensionsEnableHeight: 0n },
    })
    expect(goJson(value)).toBe(
      '{"abci":{},"authority":"wadi1a","block":{"max_bytes":"200000","max_gas":"-1"},' +
        '"evidence":{"max_age_duration":"172800000000001","max_age_num_blocks":"100000"},' +
        '"validator":{"pub_key_types":["ed25519"]}}',
    )
  })

  test('writes enums as numbers, bytes in base64 and keeps coins that are empty', () => {
    expect(
      aminoMessage('wadi.asset.v1.MsgSetStatus', {
        controller: 'wadi1a',
        assetId: 7n,
        version: 1,
        status: 2,
      }),
    ).toEqual({
      type: 'wadi/asset/MsgSetStatus',
      value: { asset_id: '7', controller: 'wadi1a', status: 2, version: 1 },
    })
    const commit = { owner: 'wadi1a', commitment: Uint8Array.of(255) }
    expect(aminoMessage('wadi.asset.v1.MsgCommitRegistration', commit).value).toEqual({
      commitment: '/w==',
      owner: 'wadi1a',
    })
    const send = { fromAddress: '', toAddress: '', amount: [] }
    expect(aminoMessage('cosmos.bank.v1beta1.MsgSend', send).value).toEqual({ amount: [] })
    const multi = { inputs: [], outputs: [{ address: 'b', coins: [{ denom: 'x', amount: '' }] }] }
    expect(goJson(aminoMessage('cosmos.bank.v1beta1.MsgMultiSend', multi).value)).toBe(
      '{"inputs":null,"outputs":[{"address":"b","coins":[{"amount":"0","denom":"x"}]}]}',
    )
  })

  test('every message that may be signed is read back from its amino JSON', () => {
    for (const message of requests) {
      const made = arbitraryOf(message, codecs).filter(signable)
      fc.assert(
        fc.property(made, (value) => {
          const { type, value: amino } = aminoMessage(message, value)
          expect(type).toBe(aminoName(message))
          const read = fromAminoMessage({ type, value: JSON.parse(goJson(amino)) })
          expect(read, message.typeName).toEqual({ typeUrl: `/${message.typeName}`, value })
        }),
        { numRuns: 20 },
      )
    }
    expect(requests.length).toBeGreaterThan(15)
  })

  test('says what is wrong, and where', () => {
    const path = (json: unknown): string | undefined => {
      try {
        fromAminoMessage(json as never, 'msgs[0]')
      } catch (error) {
        if (error instanceof JsonError) return error.path
        throw error
      }
      return undefined
    }
    expect(path({ type: 'cosmos-sdk/MsgSned', value: {} })).toBe('msgs[0].type')
    expect(path({ type: 'cosmos-sdk/MsgSend', value: { fromAddress: 'a' } })).toBe(
      'msgs[0].value.fromAddress',
    )
    expect(path({ type: 'cosmos-sdk/MsgSend', value: { amount: [{ denom: 1 }] } })).toBe(
      'msgs[0].value.amount[0].denom',
    )
    const key = {
      type: 'cosmos-sdk/BaseAccount',
      value: { public_key: { type: 'tendermint/PubKeySecp256k1', value: '!' } },
    }
    expect(path(key)).toBe('msgs[0].value.public_key.value')
    expect(() => aminoMessage('cosmos.base.v1beta1.Coin', {})).toThrow(ReflectError)
    const update = () =>
      aminoMessage('cosmos.bank.v1beta1.MsgUpdateParams', { authority: 'a', params: undefined })
    expect(update).toThrow('params: undefined is not set, as its amino JSON needs it')
  })
})
