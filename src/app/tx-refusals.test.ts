import { describe, expect, test } from 'vitest'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { concat, utf8 } from '#lib/bytes.ts'
import {
  type AnyMessage,
  alice,
  authOf,
  bob,
  bodyOf,
  direct,
  field,
  multiMode,
  multisig,
  publicKey,
  raw,
  send,
  sendUrl,
  txOf,
} from '../../test/vectors/build-tx.ts'
import { AppError } from '../kernel/errors.ts'
import { DEFAULT_TX_LIMITS } from './tx.ts'
import { createTxDecoder } from './tx-decode.ts'

const types = new Map([
  [sendUrl, { typeName: MsgSend.$type, decode: (bytes: Uint8Array) => MsgSend.decode(bytes) }],
])
const decode = createTxDecoder(types)

/** Code and text of the refusal. */
function refusal(bytes: Uint8Array, decoder = decode): string {
  try {
    decoder(bytes)
  } catch (error) {
    if (error instanceof AppError) return `${error.codespace} ${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('refused with "tx parse error" are', () => {
  const body = bodyOf()
  const auth = authOf()
  const withMode = (hex: string) => concat(field(1, field(2, raw(hex))))
  test.each<[string, Uint8Array, string]>([
    ['an unknown field of TxRaw', concat(txOf(), raw('2201ff')), 'TxRaw.*TagNum: 4'],
    ['one that is not critical', concat(txOf(), raw('828001 01ff')), 'TxRaw.*TagNum: 2048'],
    ['TxRaw out of order', concat(field(3, raw('00')), field(1, raw('00'))), 'field 1 after field 3'],
    ['a second body', concat(field(1, raw('')), field(1, raw('')), raw('1200')), 'field 1 is repeated'],
    ['a padded length', raw('0a 8000'), 'as short as possible'],
    ['a padded tag', raw('8a00 00'), 'as short as possible'],
    ['a field of TxRaw of another type', raw('08 01'), 'TagNum: 1, WireType: 0'],
    ['trailing bytes', concat(txOf(), raw('00')), 'field number 0'],
    ['a cut transaction', txOf().subarray(0, 50), 'only \\d+ are left'],
    ['a length beyond 32 bits', raw('0a ffffffff ff'), 'passes 32 bits'],
    ['a length of ten bytes', raw('0a ffffffffffffffffff01'), 'passes 32 bits'],
    ['a critical unknown field of the body', txOf(concat(body, raw('5a01ff'))), 'TxBody.*TagNum: 11'],
    ['a cut unknown field', txOf(concat(body, raw('8140 0102'))), 'cut off'],
    ['a group', txOf(concat(body, raw('8340 8440'))), 'wire type 3'],
    ['a reserved wire type', txOf(concat(body, raw('8640 00'))), 'wire type 6'],
    ['a second memo', txOf(concat(body, raw('1201 6e'))), 'repeated'],
    ['a memo that is not UTF-8', txOf(concat(bodyOf({ memo: '' }), raw('1201ff'))), 'not UTF-8'],
    ['a memo in two surrogates', txOf(concat(bodyOf({ memo: '' }), raw('1206 eda080edb080'))), 'not UTF-8'],
    ['a bool of 2', txOf(concat(body, raw('20 02'))), 'a bool is 2'],
    ['a varint of 65 bits', txOf(concat(body, raw('18 ffffffffffffffffff02'))), 'passes 64 bits'],
    ['a varint without end', txOf(concat(body, raw('18 ffffffffffffffffffff01'))), 'passes 64 bits'],
    [
      'a moment beyond the year 9999',
      txOf(bodyOf({ timeoutTimestamp: { seconds: 253_402_300_800n, nanos: 0 } })),
      '9999',
    ],
    [
      'a second of a billion nanoseconds',
      txOf(bodyOf({ timeoutTimestamp: { seconds: 0n, nanos: 1e9 } })),
      '9999',
    ],
    [
      'a non-critical extension option of unknown type',
      txOf(bodyOf({ nonCriticalExtensionOptions: [{ typeUrl: '/x', value: raw('') }] })),
      'TagNum: 2047',
    ],
    [
      'an unknown message type',
      txOf(bodyOf({ messages: [{ typeUrl: '/x.Y', value: raw('') }] })),
      'unable to resolve type URL "/x.Y"',
    ],
    [
      'a type URL without slash',
      txOf(bodyOf({ messages: [{ ...send(alice), typeUrl: sendUrl.slice(1) }] })),
      'unable to resolve',
    ],
    [
      'an unknown field of a message',
      txOf(bodyOf({ messages: [{ ...send(alice), value: concat(send(alice).value, raw('2201ff')) }] })),
      'MsgSend.*TagNum: 4',
    ],
    [
      'an unknown field of an Any',
      txOf(concat(field(1, concat(field(1, utf8(sendUrl)), raw('1a01ff'))))),
      'Any.*TagNum: 3',
    ],
    [
      'a signer that is no address',
      txOf(bodyOf({ messages: [send('wadi1nobody')] })),
      'invalid address: .*wadi1nobody',
    ],
    [
      'a signer of another chain',
      txOf(bodyOf({ messages: [send('cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta')] })),
      'expected .*wadi',
    ],
    [
      'a payer that is no address',
      txOf(body, authOf({ fee: { payer: 'x' } })),
      'fee payer: signer: invalid address',
    ],
    ['an unknown field of AuthInfo', txOf(body, concat(auth, raw('5a01ff'))), 'AuthInfo.*TagNum: 11'],
    ['one that is not critical', txOf(body, concat(auth, raw('8240 01ff'))), 'AuthInfo.*TagNum: 1024'],
    ['a second fee', txOf(body, concat(auth, raw('1200'))), 'AuthInfo.*repeated'],
    ['an unknown sign mode', txOf(body, withMode('0a02 0805') as Uint8Array), 'sign mode 5 does not exist'],
    ['two sign modes', txOf(body, withMode('0a020801 1200') as Uint8Array), 'repeated'],
    [
      'a bit array with 8 extra bits',
      txOf(body, withMode('1207 0a05 0808 1201ff') as Uint8Array),
      '8 extra bits',
    ],
    [
      'extra bits of nothing',
      txOf(body, withMode('1204 0a02 0803') as Uint8Array),
      '3 extra bits of 0 bytes',
    ],
    ['a member without mode', txOf(body, withMode('1202 1200') as Uint8Array), 'has no mode'],
    [
      'a negative fee',
      txOf(body, authOf({ fee: { amount: [{ denom: 'awadi', amount: '-1' }] } })),
      'Coin: amount "-1"',
    ],
    [
      'a fee of 2^256',
      txOf(body, authOf({ fee: { amount: [{ denom: 'a', amount: `${2n ** 256n}` }] } })),
      'not below 2\\^256',
    ],
    [
      'a fee without amount',
      txOf(body, authOf({ fee: { amount: [{ denom: 'awadi', amount: '' }] } })),
      'Coin: amount ""',
    ],
    ['a broken tip', txOf(body, concat(auth, raw('1a 02 1801'))), 'Tip.*TagNum: 3'],
  ])('%s', (_, bytes, reason) => {
    expect(refusal(bytes)).toMatch(new RegExp(`^sdk 2 .*${reason}.*: tx parse error$`))
  })
})

describe('refused with their own code are', () => {
  const withKey = (key: AnyMessage) =>
    txOf(bodyOf(), authOf({ signerInfos: [{ publicKey: key, modeInfo: direct }] }))
  let deep = multisig(1, [publicKey])
  for (let i = 0; i < 4; i++) deep = multisig(1, [deep])
  let deepMode = direct
  for (let i = 0; i < 5; i++) deepMode = multiMode([], 0, [deepMode])
  const many = Array.from({ length: 101 }, () => ({}))

  test.each<[string, Uint8Array, string]>([
    ['no messages', txOf(bodyOf({ messages: [] })), 'sdk 18 must contain at least one message'],
    ['nothing at all', new Uint8Array(0), 'sdk 18 must contain at least one message'],
    ['keys of unknown type', withKey({ typeUrl: '/x', value: raw('') }), 'sdk 8 .*keys of type "/x"'],
    ['ed25519 keys', withKey({ ...publicKey, typeUrl: '/cosmos.crypto.ed25519.PubKey' }), 'sdk 8 .*ed25519'],
    ['short keys', withKey({ ...publicKey, value: raw('0a01ff') }), 'sdk 8 .*has 1 bytes, expected 33'],
    ['empty keys', withKey({ ...publicKey, value: raw('') }), 'sdk 8 .*has 0 bytes, expected 33'],
    ['a threshold of 0', withKey(multisig(0, [publicKey])), 'sdk 8 .*threshold 0'],
    ['a threshold beyond the keys', withKey(multisig(2, [publicKey])), 'sdk 8 a multisig of 1 keys'],
    ['multisigs nested too deeply', withKey(deep), 'sdk 8 .*nested too deeply'],
    [
      'modes nested too deeply',
      txOf(bodyOf(), authOf({ signerInfos: [{ modeInfo: deepMode }] })),
      'sdk 2 .*nested too deeply',
    ],
    ['too many signer infos', txOf(bodyOf(), authOf({ signerInfos: many })), 'sdk 14 '],
    [
      'too many signatures',
      txOf(
        bodyOf(),
        authOf(),
        many.map(() => raw('00')),
      ),
      'sdk 14 ',
    ],
    [
      'multisigs of too many keys',
      txOf(bodyOf(), concat(field(1, field(2, field(2, field(1, field(2, new Uint8Array(13)))))))),
      'sdk 14 a multisig of 104 keys',
    ],
    [
      'too many coins',
      txOf(bodyOf(), authOf({ fee: { amount: many.map(() => ({ denom: 'a', amount: '1' })) } })),
      'sdk 2 .*more than 100 coins',
    ],
    [
      'too many messages',
      txOf(bodyOf({ messages: Array.from({ length: 1001 }, () => send(alice)) })),
      'sdk 2 .*more than 1000 messages',
    ],
    ['too many bytes', new Uint8Array(1_048_577), 'sdk 21 1048577 bytes, at most 1048576: tx too large'],
  ])('%s', (_, bytes, reason) => {
    expect(refusal(bytes)).toMatch(new RegExp(`^${reason}`))
  })

  test('a thousand messages, and deep but allowed keys, are accepted', () => {
    expect(
      decode(txOf(bodyOf({ messages: Array.from({ length: 1000 }, () => send(alice)) }))).messages,
    ).toHaveLength(1000)
    let allowed = multisig(1, [publicKey])
    for (let i = 0; i < 3; i++) allowed = multisig(1, [allowed])
    expect(refusal(withKey(allowed))).toBe('accepted')
  })

  test('limits are those given', () => {
    const small = createTxDecoder(types, { ...DEFAULT_TX_LIMITS, maxMessages: 1 })
    expect(refusal(txOf(bodyOf({ messages: [send(alice), send(bob)] })), small)).toMatch(
      'more than 1 messages',
    )
  })
})
