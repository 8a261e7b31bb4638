import { createMultisigThresholdPubkey, makeSignDoc, pubkeyToAddress, Secp256k1Wallet } from '@cosmjs/amino'
import {
  DirectEthSecp256k1Wallet,
  DirectSecp256k1Wallet,
  makeSignDoc as makeDirectDoc,
} from '@cosmjs/proto-signing'
import { AminoTypes, createDefaultAminoConverters, makeMultisignedTxBytes } from '@cosmjs/stargate'
import { MsgSend as CosmMsgSend } from 'cosmjs-types/cosmos/bank/v1beta1/tx'
import { SignMode } from 'cosmjs-types/cosmos/tx/signing/v1beta1/signing'
import { describe, expect, test } from 'vitest'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { addressBytes } from '#lib/address.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { concat, fromBase64, fromHex, utf8Text } from '#lib/bytes.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import {
  authOf,
  bob,
  bodyOf,
  direct,
  multiMode,
  multisig,
  raw,
  send,
  sendUrl,
  txOf,
} from '../../test/vectors/build-tx.ts'
import type { SigningAccount, TxPublicKey } from '../kernel/ante.ts'
import { AppError } from '../kernel/errors.ts'
import { countKeys, countSignatures, signatureJobs } from './sign.ts'
import { aminoBytesOf } from './sign-amino.ts'
import type { DecodedTx } from './tx.ts'
import { createTxDecoder } from './tx-decode.ts'
import { decodePublicKey } from './tx-pubkey.ts'

const types = new Map([
  [sendUrl, { typeName: MsgSend.$type, decode: (bytes: Uint8Array) => MsgSend.decode(bytes) }],
])
const decode = createTxDecoder(types)
const verifier = nativeVerifier()
const chainId = 'wadi-dev-1'
const secret = (n: number) => fromHex(n.toString(16).padStart(64, '0'))

const accountOf = (tx: DecodedTx, accountNumber = 7n, sequence = 3n): SigningAccount => ({
  accountNumber,
  sequence,
  publicKey: tx.signerInfos[0]?.publicKey as TxPublicKey,
})
const keyOf = (tx: DecodedTx) => decodePublicKey(tx.signerInfos[0]?.publicKey as TxPublicKey)
/** The verdict on the first signature of a transaction. */
const verdict = (bytes: Uint8Array, account?: Partial<SigningAccount>, chain = chainId) => {
  const tx = decode(bytes)
  return verifier.batch(signatureJobs(tx, 0, { ...accountOf(tx), ...account }, chain))
}
const reason = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}
const amino = { single: { mode: SignMode.SIGN_MODE_LEGACY_AMINO_JSON } }
const keyAny = (kind: 'secp256k1' | 'ethsecp256k1', key: Uint8Array) => {
  const name = kind === 'secp256k1' ? 'cosmos.crypto.secp256k1' : 'cosmos.evm.crypto.v1.ethsecp256k1'
  return { typeUrl: `/${name}.PubKey`, value: concat(raw('0a21'), key) }
}

describe('a transaction that CosmJS signed', () => {
  test.each(['secp256k1', 'ethsecp256k1'] as const)('directly with a %s key verifies', async (kind) => {
    const made = kind === 'secp256k1' ? DirectSecp256k1Wallet : DirectEthSecp256k1Wallet
    const wallet = await made.fromKey(secret(11), 'wadi')
    const [account] = await wallet.getAccounts()
    if (account === undefined) throw new Error('a wallet without account')
    const body = bodyOf({ messages: [send(account.address)] })
    const auth = authOf({
      signerInfos: [{ publicKey: keyAny(kind, account.pubkey), modeInfo: direct, sequence: 3n }],
    })
    const { signature } = await wallet.signDirect(account.address, makeDirectDoc(body, auth, chainId, 7))
    const tx = txOf(body, auth, [fromBase64(signature.signature)])
    expect(fromBase64(signature.signature)).toHaveLength(64)
    expect(verdict(tx)).toEqual([true])
    expect(addressBytes(account.address)).toBe(addressFromPubKey(keyOf(decode(tx))))
    expect(verdict(tx, { accountNumber: 8n })).toEqual([false])
    expect(verdict(tx, {}, 'wadi-dev-2')).toEqual([false])
    const other = keyAny(kind === 'secp256k1' ? 'ethsecp256k1' : 'secp256k1', account.pubkey)
    expect(verdict(tx, { publicKey: other })).toEqual([false])
  })

  const fee = { amount: [{ denom: 'awadi', amount: '10' }], gas: '200000' }
  const converters = new AminoTypes(createDefaultAminoConverters())
  // Without U+2028 and U+2029, which Go escapes and CosmJS does not.
  const memo = 'a <b> & "c" ☀'

  test('in amino JSON verifies, with a memo full of what JSON escapes', async () => {
    const wallet = await Secp256k1Wallet.fromKey(secret(12), 'wadi')
    const [account] = await wallet.getAccounts()
    if (account === undefined) throw new Error('a wallet without account')
    const message = { typeUrl: sendUrl, value: CosmMsgSend.decode(send(account.address).value) }
    const doc = makeSignDoc([converters.toAmino(message)], fee, chainId, memo, 7, 3, 99n)
    const { signature } = await wallet.signAmino(account.address, doc)
    const body = bodyOf({ messages: [send(account.address)], memo, timeoutHeight: 99n })
    const signerInfos = [{ publicKey: keyAny('secp256k1', account.pubkey), modeInfo: amino, sequence: 3n }]
    const tx = txOf(body, authOf({ signerInfos }), [fromBase64(signature.signature)])
    expect(verdict(tx)).toEqual([true])
    expect(verdict(tx, { sequence: 4n })).toEqual([false])
    expect(verdict(tx, { accountNumber: 8n })).toEqual([false])
    expect(verdict(tx, {}, 'wadi-dev-2')).toEqual([false])
  })

  test('by two of three members in amino JSON verifies', async () => {
    const wallets = await Promise.all([21, 22, 23].map((n) => Secp256k1Wallet.fromKey(secret(n), 'wadi')))
    const keys = await Promise.all(
      wallets.map(async (wallet) => {
        const [account] = await wallet.getAccounts()
        if (account === undefined) throw new Error('a wallet without account')
        return account
      }),
    )
    const pubkeys = keys.map(({ pubkey }) => ({
      type: 'tendermint/PubKeySecp256k1',
      value: Buffer.from(pubkey).toString('base64'),
    }))
    const group = createMultisigThresholdPubkey(pubkeys, 2)
    const address = pubkeyToAddress(group, 'wadi')
    const message = { typeUrl: sendUrl, value: CosmMsgSend.decode(send(address).value) }
    const doc = makeSignDoc([converters.toAmino(message)], fee, chainId, 'm', 7, 3)
    const signatures = new Map<string, Uint8Array>()
    for (const i of [0, 2]) {
      const { address: member } = keys[i] as { address: string }
      const { signature } = await (wallets[i] as Secp256k1Wallet).signAmino(member, doc)
      signatures.set(member, fromBase64(signature.signature))
    }
    const bytes = makeMultisignedTxBytes(group, 3, fee, bodyOf({ messages: [send(address)] }), signatures)
    expect(verdict(bytes)).toEqual([true, true])
    expect(verdict(bytes, { sequence: 4n })).toEqual([false, false])
    const tx = decode(bytes)
    expect(tx.signers).toEqual([address])
    expect(addressFromPubKey(keyOf(tx))).toBe(addressBytes(address))
    expect(countKeys(keyOf(tx))).toBe(3)
    expect(countSignatures(tx.signerInfos[0]?.mode)).toBe(2)
  })
})

describe('the amino document', () => {
  const account = accountOf(decode(txOf()))
  const bytesOf = (body: Uint8Array, auth = authOf()) =>
    aminoBytesOf(decode(txOf(body, auth)), account, chainId)

  test('is what the Cosmos SDK documents, keys sorted and < > & escaped', () => {
    const from = decode(txOf()).signers[0]
    const fee = { amount: [{ denom: 'awadi', amount: '10' }], gasLimit: 5n, payer: from }
    expect(utf8Text(bytesOf(bodyOf({ memo: '<&>\u2028', timeoutHeight: 9n }), authOf({ fee })))).toBe(
      `{"account_number":"7","chain_id":"wadi-dev-1","fee":{"amount":[{"amount":"10","denom":"awadi"}],"gas":"5",` +
        `"payer":"${from}"},"memo":"\\u003c\\u0026\\u003e\\u2028","msgs":[{"type":"cosmos-sdk/MsgSend","value":` +
        `{"amount":[{"amount":"1","denom":"awadi"}],"from_address":"${from}",` +
        `"to_address":"${bob}"}}],"sequence":"3","timeout_height":"9"}`,
    )
  })

  const options = [{ typeUrl: '/x', value: raw('') }]
  test.each<[string, Uint8Array, Uint8Array?]>([
    ['extension options', bodyOf({ extensionOptions: options })],
    ['unknown fields', concat(bodyOf(), raw('8240 01ff'))],
    ['tips', bodyOf(), authOf({ tip: { tipper: 'x' } })],
    ['timeout timestamp', bodyOf({ timeoutTimestamp: { seconds: 1n, nanos: 0 } })],
    ['unordered', bodyOf({ unordered: true })],
  ])('is not made where it would leave out %s', (name, body, auth) => {
    expect(reason(() => bytesOf(body, auth))).toMatch(
      new RegExp(`^18 .*does not support .*${name}.*invalid request$`),
    )
  })
})

describe('unauthorized is', () => {
  const key = (n: number) => keyAny('secp256k1', concat(raw('02'), secret(n)))
  const group = multisig(2, [key(1), key(2), key(3)])
  const two = raw('0a01aa 0a01bb')
  const signedBy = (publicKey: TxPublicKey, modeInfo: unknown, signature: Uint8Array) => {
    const tx = decode(txOf(bodyOf(), authOf({ signerInfos: [{ modeInfo }] }), [signature]))
    return reason(() => signatureJobs(tx, 0, { accountNumber: 1n, sequence: 1n, publicKey }, chainId))
  }

  test.each<[string, TxPublicKey, unknown, Uint8Array, string]>([
    ['a single signature for a multisig', group, direct, two, 'needs the signatures of its members'],
    ['a multisig for a single key', key(1), multiMode([0x80], 1, [direct]), two, 'a single key cannot have'],
    ['no mode', key(1), undefined, two, 'no signer info with a sign mode'],
    ['a bit array of 2 bits', group, multiMode([0xc0], 2, [direct, direct]), two, '2 bits for 3 keys'],
    ['a bit array of 8 bits', group, multiMode([0xc0], 0, [direct, direct]), two, '8 bits for 3 keys'],
    ['one of two', group, multiMode([0x80], 3, [direct]), raw('0a01aa'), '1 of the 2 that are needed'],
    [
      'a bit more than signatures',
      group,
      multiMode([0xe0], 3, [direct, direct]),
      two,
      '2 signatures and 2 modes',
    ],
    ['a mode too few', group, multiMode([0xc0], 3, [direct]), two, '2 signatures and 1 modes'],
    ['a signature too many', group, multiMode([0xc0], 3, [direct, direct]), concat(two, two), '4 signatures'],
    [
      'textual signing',
      key(1),
      { single: { mode: SignMode.SIGN_MODE_TEXTUAL } },
      two,
      'sign mode 2 is not supported',
    ],
    ['unspecified signing', key(1), { single: { mode: 0 } }, two, 'sign mode 0 is not supported'],
  ])('%s', (_, publicKey, mode, signature, text) => {
    expect(signedBy(publicKey, mode, signature)).toMatch(new RegExp(`^4 .*${text}.*: unauthorized$`))
  })

  test('and an unknown field in a multisignature is a parse error', () => {
    const mode = multiMode([0xc0], 3, [direct, direct])
    expect(signedBy(group, mode, concat(two, raw('1201ff')))).toMatch(/^2 .*MultiSignature.*TagNum: 2/)
  })

  test('a transaction with fewer signatures than signer infos', () => {
    const tx = decode(txOf(bodyOf(), authOf(), []))
    expect(reason(() => signatureJobs(tx, 0, accountOf(tx), chainId))).toMatch(/^4 signature 0/)
  })

  test('multisigs within multisigs are verified by their single members, and counted by them', () => {
    const nested = multisig(1, [group, key(4)])
    const inner = multiMode([0xc0], 3, [direct, direct])
    const mode = multiMode([0x80], 2, [inner])
    const info = { publicKey: nested, modeInfo: mode }
    const tx = decode(txOf(bodyOf(), authOf({ signerInfos: [info] }), [concat(raw('0a06'), two)]))
    const jobs = signatureJobs(tx, 0, accountOf(tx), chainId)
    expect(jobs.map(({ signature }) => [...signature])).toEqual([[0xaa], [0xbb]])
    expect(countKeys(keyOf(tx))).toBe(4)
    expect(countSignatures(tx.signerInfos[0]?.mode)).toBe(2)
    expect(countSignatures(undefined)).toBe(0)
  })
})
