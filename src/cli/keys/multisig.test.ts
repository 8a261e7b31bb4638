import {
  createMultisigThresholdPubkey,
  encodeEthSecp256k1Pubkey,
  encodeSecp256k1Pubkey,
  pubkeyToAddress,
} from '@cosmjs/amino'
import { describe, expect, test } from 'vitest'
import { fromHex } from '#lib/bytes.ts'
import { CommandError } from '../errors.ts'
import { type KeyInfo, keyInfo, type NamedKey } from './key.ts'
import { readMultisig } from './multisig.ts'

const secret = (n: number) => fromHex(n.toString(16).padStart(64, '0'))
const keys: readonly KeyInfo[] = [
  keyInfo('a', secret(1), 'secp256k1'),
  keyInfo('b', secret(2), 'secp256k1'),
  keyInfo('c', secret(3), 'ethsecp256k1'),
]
const pair = readMultisig('pair', 'a,b', { threshold: 2, keepOrder: false, find: (text) => find(text) })

function find(text: string): NamedKey {
  const found = [...keys, ...(text === 'pair' ? [pair] : [])].find(({ name }) => name === text)
  if (found === undefined) throw new CommandError(`no key is named ${text}`)
  return found
}
const read = (list: string, threshold = 2, keepOrder = false) =>
  readMultisig('m', list, { threshold, keepOrder, find })

/** The address that CosmJS gives a multisig. */
function cosmjsAddress(threshold: number, members: readonly KeyInfo[], keepOrder: boolean): string {
  const pubkeys = members.map(({ algorithm, publicKey }) =>
    (algorithm === 'secp256k1' ? encodeSecp256k1Pubkey : encodeEthSecp256k1Pubkey)(fromHex(publicKey)),
  )
  return pubkeyToAddress(createMultisigThresholdPubkey(pubkeys, threshold, keepOrder), 'wadi')
}

describe('a multisig', () => {
  test('has the address that CosmJS gives it, whatever the order of its members, unless that is kept', () => {
    const [a, b, c] = keys as [KeyInfo, KeyInfo, KeyInfo]
    const sorted = cosmjsAddress(2, keys, false)
    expect(read('a,b,c').address).toBe(sorted)
    expect(read('c, b ,a').address).toBe(sorted)
    const kept = [
      [a, b, c],
      [c, b, a],
    ].map((order) => cosmjsAddress(2, order, true))
    expect([read('a,b,c', 2, true).address, read('c,b,a', 2, true).address]).toEqual(kept)
    expect(kept[0]).not.toBe(kept[1])
    expect(read('a,b,c', 3).address).toBe(cosmjsAddress(3, keys, false))
  })

  test('takes members by name, address or public key', () => {
    const [a, b, c] = keys as [KeyInfo, KeyInfo, KeyInfo]
    const byKey = read(`${a.publicKey},${b.publicKey.toUpperCase()},eth:${c.publicKey}`)
    expect(byKey).toEqual(read('a,b,c'))
  })

  test.each<[string, number, string]>([
    ['a,b,a', 2, '--multisig names a key twice'],
    ['a,b', 3, '--multisig-threshold 3 is not possible: take 1 to 2'],
    ['a,b', 0, '--multisig-threshold 0 is not possible: take 1 to 2'],
    ['a,pair', 1, 'pair is a multisig itself, which cannot be a member of another'],
    ['a,nobody', 1, 'no key is named nobody'],
  ])('of %s with threshold %i is refused', (list, threshold, problem) => {
    expect(() => read(list, threshold)).toThrow(problem)
  })
})
