import { createRegistry, type DescMessage, fromBinary, toJson as oracleToJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Params as AuthParams, BaseAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { PubKey } from '#gen/cosmos/crypto/secp256k1/keys.ts'
import { eventAttributes, fromJson, JsonError, type JsonValue, toJson } from '#lib/proto-json.ts'
import { messageOf, registry } from '#lib/reflect.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { arbitraryOf, dataMessages, type GeneratedCodec, generatedCodecs } from './reflect-testkit.ts'

// protobuf-es is the oracle: it reads the bytes that the generated codec wrote, by the descriptors alone.

let codecs: Map<string, GeneratedCodec>
let all: DescMessage[]
beforeAll(async () => {
  codecs = await generatedCodecs()
  registerCodecs(codecs.values())
  all = dataMessages(codecs)
})

const none = new Uint8Array(0)
const RUNS = 8

/** The JSON of protobuf-es, with proto names and defaults as the gateway has them, or in its usual form. */
function oracle(message: DescMessage, value: unknown, gateway: boolean): JsonValue {
  const bytes = (codecs.get(message.typeName) as GeneratedCodec).encode(value).finish()
  const options = {
    registry: createRegistry(registry()),
    alwaysEmitImplicit: gateway,
    useProtoFieldName: gateway,
  }
  return oracleToJson(message, fromBinary(message, bytes), options) as JsonValue
}

/**
 * What the two write differently, taken out: where the gateway writes null (a message that is not set, bytes that are
 * empty), protobuf-es writes nothing or "". The tests by hand below pin these.
 */
function withoutNulls(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(withoutNulls)
  if (typeof json !== 'object' || json === null) return json
  const kept = Object.entries(json).filter(([, value]) => value !== null && value !== '')
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutNulls(value)]))
}

describe('proto3 JSON of every message', () => {
  test('says what protobuf-es says of the same bytes', () => {
    for (const message of all) {
      fc.assert(
        fc.property(arbitraryOf(message, codecs), (value) => {
          expect(withoutNulls(toJson(message, value)), message.typeName).toEqual(
            withoutNulls(oracle(message, value, true)),
          )
        }),
        { numRuns: RUNS },
      )
    }
    expect(all.length).toBeGreaterThan(250)
  })

  test('is read back to the same object, from its own form and from that of protobuf-es', () => {
    for (const message of all) {
      fc.assert(
        fc.property(arbitraryOf(message, codecs), (value) => {
          expect(fromJson(message, toJson(message, value)), message.typeName).toEqual(value)
          expect(fromJson(message, oracle(message, value, false)), message.typeName).toEqual(value)
        }),
        { numRuns: RUNS },
      )
    }
  })

  test('of an empty document is the message with nothing set', () => {
    for (const message of all) {
      const codec = codecs.get(message.typeName) as GeneratedCodec
      if (message.typeName.startsWith('google.protobuf.')) continue
      expect(fromJson(message, {}), message.typeName).toEqual(codec.decode(none))
      expect(fromJson(message, toJson(message, codec.decode(none))), message.typeName).toEqual(
        codec.decode(none),
      )
    }
  })
})

describe('the JSON of the gateway', () => {
  const key = PubKey.encode({ key: Uint8Array.of(2, 255, 254) }).finish()
  const account: BaseAccount = {
    address: 'wadi1a',
    pubKey: { typeUrl: '/cosmos.crypto.secp256k1.PubKey', value: key },
    accountNumber: 18446744073709551615n,
    sequence: 0n,
  }
  const accountJson = {
    '@type': '/cosmos.auth.v1beta1.BaseAccount',
    address: 'wadi1a',
    pub_key: { '@type': '/cosmos.crypto.secp256k1.PubKey', key: 'Av/+' },
    account_number: '18446744073709551615',
    sequence: '0',
  }

  test('writes an Any with its type, its fields and its defaults', () => {
    const any = { typeUrl: '/cosmos.auth.v1beta1.BaseAccount', value: BaseAccount.encode(account).finish() }
    expect(toJson('google.protobuf.Any', any)).toEqual(accountJson)
    expect(fromJson('google.protobuf.Any', accountJson)).toEqual(any)
  })

  test('writes null for what is not set, and keeps the order of the fields', () => {
    const text = (type: string, value: object) => JSON.stringify(toJson(type, value))
    expect(text('cosmos.auth.v1beta1.BaseAccount', { ...account, pubKey: undefined })).toBe(
      '{"address":"wadi1a","pub_key":null,"account_number":"18446744073709551615","sequence":"0"}',
    )
    expect(text('cosmos.base.query.v1beta1.PageResponse', { nextKey: none, total: 3n })).toBe(
      '{"next_key":null,"total":"3"}',
    )
    expect(text('cosmos.tx.v1beta1.ModeInfo', { single: { mode: 127 } })).toBe(
      '{"single":{"mode":"SIGN_MODE_LEGACY_AMINO_JSON"}}',
    )
    expect(text('cosmos.tx.v1beta1.ModeInfo', {})).toBe('{}')
    expect(text('cosmos.tx.v1beta1.ModeInfo.Single', { mode: 99 })).toBe('{"mode":99}')
    expect(text('google.protobuf.Any', { typeUrl: '', value: none })).toBe('{}')
  })

  test('takes a property that is absent for its default', () => {
    expect(toJson('cosmos.tx.v1beta1.Fee', {})).toEqual({
      amount: [],
      gas_limit: '0',
      payer: '',
      granter: '',
    })
    expect(toJson('cosmos.tx.v1beta1.SignerInfo', {})).toEqual({
      public_key: null,
      mode_info: null,
      sequence: '0',
    })
    expect(toJson('cosmos.tx.v1beta1.ModeInfo.Single', {})).toEqual({ mode: 'SIGN_MODE_UNSPECIFIED' })
  })

  test('writes times and spans of time in 0, 3, 6 or 9 digits of a second', () => {
    const time = (seconds: bigint, nanos: number) => toJson('google.protobuf.Timestamp', { seconds, nanos })
    // date -u -d @1795176000
    expect(time(1795176000n, 0)).toBe('2026-11-20T12:00:00Z')
    expect(time(1795176000n, 500_000_000)).toBe('2026-11-20T12:00:00.500Z')
    expect(time(-62_135_596_800n, 1)).toBe('0001-01-01T00:00:00.000000001Z')
    expect(time(253_402_300_799n, 1000)).toBe('9999-12-31T23:59:59.000001Z')
    expect(() => time(253_402_300_800n, 0)).toThrow(JsonError)
    const span = (seconds: bigint, nanos: number) => toJson('google.protobuf.Duration', { seconds, nanos })
    expect(span(-1n, -500_000_000)).toBe('-1.500s')
    expect(span(0n, -1)).toBe('-0.000000001s')
    expect(() => span(1n, -1)).toThrow(JsonError)
  })

  test('reads other spellings of times and spans', () => {
    const time = (text: string) => fromJson('google.protobuf.Timestamp', text)
    expect(time('2026-11-20T14:30:00.5+02:30')).toEqual({ seconds: 1795176000n, nanos: 500_000_000 })
    expect(time('2024-02-29T00:00:00Z')).toEqual({ seconds: 1709164800n, nanos: 0 })
    const wrong = [
      '2023-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-11-20T24:00:00Z',
      '2026-11-20T12:00:00',
    ]
    for (const text of [...wrong, '0000-12-31T00:00:00Z', '', 5]) {
      expect(() => time(text as string), String(text)).toThrow(JsonError)
    }
    expect(fromJson('google.protobuf.Duration', '-1.5s')).toEqual({ seconds: -1n, nanos: -500_000_000 })
    for (const text of ['1', '1.s', '.5s', '1m', '315576000001s', 1]) {
      expect(() => fromJson('google.protobuf.Duration', text), String(text)).toThrow(JsonError)
    }
  })

  test('reads camelCase, plain numbers, enum numbers and base64 for URLs', () => {
    expect(
      fromJson('cosmos.auth.v1beta1.BaseAccount', {
        accountNumber: 7,
        sequence: '8',
        pubKey: null,
        address: 'a',
      }),
    ).toEqual({ address: 'a', pubKey: undefined, accountNumber: 7n, sequence: 8n })
    expect(fromJson('cosmos.tx.v1beta1.ModeInfo.Single', { mode: 1 })).toEqual({ mode: 1 })
    expect(fromJson('cosmos.crypto.secp256k1.PubKey', { key: 'Av_-AA' })).toEqual({
      key: Uint8Array.of(2, 255, 254, 0),
    })
  })
})

describe('bad JSON', () => {
  const problem = (type: string, json: unknown, path?: string): [string, string] | undefined => {
    try {
      fromJson(type, json, path)
    } catch (error) {
      if (error instanceof JsonError) return [error.path, error.expected]
      throw error
    }
    return undefined
  }
  const balances = (amount: unknown) => ({ address: 'a', coins: [{ denom: 'awadi', amount }] })

  test('is reported with the full path, the value and what is due', () => {
    const wrong = () => fromJson('cosmos.bank.v1beta1.Balance', balances(5), 'app_state.bank.balances[3]')
    expect(wrong).toThrow('app_state.bank.balances[3].coins[0].amount: 5 is not a string')
    expect(problem('cosmos.bank.v1beta1.Balance', balances('5'))).toBeUndefined()
    expect(
      problem('cosmos.bank.v1beta1.GenesisState', { balances: [balances('1'), { coins: [{ amont: '1' }] }] }),
    ).toEqual(['balances[1].coins[0].amont', 'a field of cosmos.base.v1beta1.Coin (it has denom, amount)'])
  })

  test('is found inside an Any', () => {
    const any = { '@type': '/cosmos.auth.v1beta1.BaseAccount', address: 'a', sequence: -1 }
    expect(problem('cosmos.auth.v1beta1.GenesisState', { accounts: [any] }, 'auth')).toEqual([
      'auth.accounts[0].sequence',
      'a uint64, 0 to 18446744073709551615',
    ])
    const type = (value: unknown) => problem('google.protobuf.Any', { '@type': value })?.[0]
    expect([type('cosmos.bank.v1beta1.MsgSend'), type('/no.Such'), type(3), type('')]).toEqual(
      Array(4).fill('@type'),
    )
    expect(problem('google.protobuf.Any', { address: 'a' })?.[0]).toBe('@type')
    expect(problem('google.protobuf.Any', { '@type': '/google.protobuf.Duration', value: '1' })?.[0]).toBe(
      'value',
    )
    expect(problem('google.protobuf.Any', { '@type': '/google.protobuf.Duration', nanos: 1 })?.[0]).toBe(
      'nanos',
    )
  })

  test.each([
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: 2 ** 53 }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: 1.5 }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: '18446744073709551616' }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: '-1' }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: '01' }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: '' }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: '0x1' }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: true }],
    ['cosmos.auth.v1beta1.Params', { tx_sig_limit: 1, txSigLimit: 1 }],
    ['cosmos.auth.v1beta1.Params', { __proto__x: 1 }],
    ['cosmos.auth.v1beta1.Params', JSON.parse('{"__proto__": {}}')],
    ['cosmos.auth.v1beta1.Params', { toString: 1 }],
    ['cosmos.auth.v1beta1.Params', []],
    ['cosmos.auth.v1beta1.Params', null],
    ['cosmos.auth.v1beta1.Params', 'x'],
    ['cosmos.crypto.multisig.LegacyAminoPubKey', { threshold: 4294967296 }],
    ['cosmos.crypto.multisig.LegacyAminoPubKey', { threshold: -1 }],
    ['cosmos.crypto.secp256k1.PubKey', { key: 'A' }],
    ['cosmos.crypto.secp256k1.PubKey', { key: 'AB==' }],
    ['cosmos.crypto.secp256k1.PubKey', { key: [1] }],
    ['cosmos.bank.v1beta1.SendEnabled', { enabled: 'true' }],
    ['cosmos.bank.v1beta1.SendEnabled', { denom: '\ud800' }],
    ['cosmos.bank.v1beta1.Balance', { coins: [null] }],
    ['cosmos.bank.v1beta1.Balance', { coins: {} }],
    ['cosmos.tx.v1beta1.ModeInfo.Single', { mode: 'DIRECT' }],
    ['cosmos.tx.v1beta1.ModeInfo.Single', { mode: 99 }],
    ['cosmos.tx.v1beta1.ModeInfo', { single: {}, multi: {} }],
  ])('%s does not take %j', (type, json) => {
    expect(problem(type, json)).toBeDefined()
  })

  test('nested without end is refused, not followed', () => {
    let modeInfo: unknown = {}
    for (let i = 0; i < 100_000; i++) modeInfo = { multi: { mode_infos: [modeInfo] } }
    expect(problem('cosmos.tx.v1beta1.ModeInfo', modeInfo)?.[1]).toContain('at most 64 messages')
    let any: unknown = { '@type': '/google.protobuf.Duration', value: '1s' }
    for (let i = 0; i < 100_000; i++) any = { '@type': '/google.protobuf.Any', value: any }
    expect(problem('google.protobuf.Any', any)?.[1]).toContain('at most 64 messages')
  })

  test('leaves nothing shared between two messages read', () => {
    const read = () => fromJson<{ coins: unknown[] }>('cosmos.bank.v1beta1.Balance', {})
    read().coins.push(1)
    expect(read().coins).toEqual([])
    expect(fromJson<AuthParams>('cosmos.auth.v1beta1.Params', {})).toEqual(AuthParams.fromPartial({}))
  })
})

describe('attributes of a typed event', () => {
  test('are sorted by key and hold JSON text, escaped as Go escapes it', () => {
    // What ParseTypedEvent of the SDK reads back: each value is the JSON of the field.
    const value = MsgSend.fromPartial({
      fromAddress: 'a<&>"\u2028',
      amount: [{ denom: 'awadi', amount: '1' }],
    })
    expect(eventAttributes('cosmos.bank.v1beta1.MsgSend', value)).toEqual([
      'amount',
      '[{"denom":"awadi","amount":"1"}]',
      'from_address',
      '"a\\u003c\\u0026\\u003e\\"\\u2028"',
      'to_address',
      '""',
    ])
    expect(messageOf('cosmos.bank.v1beta1.MsgSend').fields.map((field) => field.name)[0]).toBe('from_address')
  })
})
