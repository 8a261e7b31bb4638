import {
  encodeAminoPubkey,
  encodeEthSecp256k1Pubkey,
  encodeSecp256k1Pubkey,
  pubkeyToAddress,
} from '@cosmjs/amino'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressText, toHexAddress } from './address.ts'
import { type AccountKey, addressFromPubKey, aminoEncode } from './address-pubkey.ts'
import { concat, fromHex, toHex, utf8 } from './bytes.ts'
import { sha256 } from './hash.ts'
import { signatureJob } from './signature.ts'
import { nativeVerifier } from './verifier-native.ts'

const secret = fromHex('0000000000000000000000000000000000000000000000000000000000000001')
const key = secp256k1.getPublicKey(secret, true)

describe('addresses of keys', () => {
  test('of the secret 1 are the well-known ones', () => {
    // Ethereum's address of the secret 1, and the RIPEMD-160(SHA-256) of the generator (BIP 340's friend 1BgGZ9tcN4…).
    expect(toHexAddress(addressFromPubKey({ kind: 'ethsecp256k1', key }))).toBe(
      '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf',
    )
    expect(toHexAddress(addressFromPubKey({ kind: 'secp256k1', key })).toLowerCase()).toBe(
      '0x751e76e8199196d454941c45d1b3a323f1433bd6',
    )
  })

  type CosmKey = Parameters<typeof pubkeyToAddress>[0]
  const toCosm = (account: AccountKey): CosmKey => {
    if (account.kind !== 'multisig') {
      return (account.kind === 'secp256k1' ? encodeSecp256k1Pubkey : encodeEthSecp256k1Pubkey)(account.key)
    }
    const value = { threshold: `${account.threshold}`, pubkeys: account.keys.map(toCosm) }
    return { type: 'tendermint/PubKeyMultisigThreshold', value } as CosmKey
  }
  const single = fc
    .tuple(fc.bigInt({ min: 1n, max: 2n ** 128n }), fc.constantFrom('secp256k1', 'ethsecp256k1'))
    .map(([d, kind]) => {
      const bytes = secp256k1.getPublicKey(fromHex(d.toString(16).padStart(64, '0')), true)
      return { kind, key: bytes } as AccountKey
    })
  // Three at most: CosmJS cannot encode a nested multisig of more than 127 bytes.
  const multi = (member: fc.Arbitrary<AccountKey>) =>
    fc
      .array(member, { minLength: 1, maxLength: 3 })
      .map((keys): AccountKey => ({ kind: 'multisig', threshold: Math.max(1, keys.length - 1), keys }))

  test('agree with CosmJS for single keys, multisigs and multisigs of multisigs', () => {
    fc.assert(
      fc.property(fc.oneof(single, multi(single), multi(fc.oneof(single, multi(single)))), (account) => {
        const cosm = toCosm(account)
        expect(toHex(aminoEncode(account))).toBe(toHex(encodeAminoPubkey(cosm)))
        expect(addressText(addressFromPubKey(account))).toBe(pubkeyToAddress(cosm, 'wadi'))
        expect(addressText(addressFromPubKey(account))).toBe(pubkeyToAddress(cosm, 'wadi'))
      }),
      { numRuns: 30 },
    )
  })

  test('with a threshold of more than 127 have it as a varint of two bytes', () => {
    // 200 = 0b1_1001000: c8 01
    const account: AccountKey = { kind: 'multisig', threshold: 200, keys: [] }
    expect(toHex(aminoEncode(account))).toBe('22c1f7e208c801')
  })

  test('of bytes that are no key are refused', () => {
    expect(() => addressFromPubKey({ kind: 'secp256k1', key: key.subarray(1) })).toThrow(
      'has 33 bytes, not 32',
    )
    const off = concat(Uint8Array.of(2), fromHex('05'.padStart(64, '0')))
    expect(() => addressFromPubKey({ kind: 'ethsecp256k1', key: off })).toThrow('not a point of secp256k1')
  })
})

describe('jobs', () => {
  const verifier = nativeVerifier()
  const preimage = utf8('what is signed')
  const signed = (digest: Uint8Array) => secp256k1.sign(digest, secret, { prehash: false, lowS: true })

  test('of secp256k1 keys are over the SHA-256', () => {
    const job = signatureJob({ kind: 'secp256k1', key }, preimage, signed(sha256(preimage)))
    expect(verifier.batch([job])).toEqual([true])
    expect(
      verifier.batch([signatureJob({ kind: 'secp256k1', key }, preimage, signed(keccak_256(preimage)))]),
    ).toEqual([false])
  })
  test('of ethsecp256k1 keys are over the keccak-256, with or without a recovery id', () => {
    const compact = signed(keccak_256(preimage))
    const kind = 'ethsecp256k1'
    const jobs = [compact, concat(compact, Uint8Array.of(27)), concat(compact, Uint8Array.of(0, 0))].map(
      (signature) => signatureJob({ kind, key }, preimage, signature),
    )
    expect(verifier.batch(jobs)).toEqual([true, true, false])
  })
  test('of P-256 keys are over the SHA-256, of ed25519 keys over the preimage', () => {
    const p256 = signatureJob({ kind: 'p256', key }, preimage, new Uint8Array(64))
    const ed25519 = signatureJob({ kind: 'ed25519', key }, preimage, new Uint8Array(64))
    expect([p256.scheme, toHex(p256.message)]).toEqual(['p256', toHex(sha256(preimage))])
    expect([ed25519.scheme, ed25519.message]).toEqual(['ed25519', preimage])
  })
})
