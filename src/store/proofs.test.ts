import { iavlSpec, ics23, tendermintSpec, verifyMembership, verifyNonMembership } from '@confio/ics23'
import { expect, test } from 'vitest'
import { MultiStore } from './multistore.ts'
import { StoreReader } from './reader.ts'

const names = ['bank', 'auth', 'asset']

function chain() {
  const store = new MultiStore(names)
  for (let version = 1; version <= 5; version++) {
    const keys = Array.from({ length: 200 }, (_, i) => `key ${String(i * version).padStart(5, '0')}`)
    const values = keys.map((key) => Buffer.from(`${key} at ${version}`))
    store.prepare(version, [
      { keys: [...new Set(keys)], values },
      undefined,
      { keys: ['x'], values: [Buffer.from([1])] },
    ])
    store.publish()
  }
  const pinned = new StoreReader(store.reader()).pin(5)
  if (typeof pinned === 'string') throw new Error(pinned)
  return { store, pinned }
}

const decode = (data: Uint8Array) => ics23.CommitmentProof.decode(data)

test('proofs of presence verify from the value to the app hash under the standard specs', () => {
  const { store, pinned } = chain()
  for (const key of ['key 00001', 'key 00100', 'key 00995', 'key 00004']) {
    const value = store.get(0, key) as Uint8Array
    const [inStore, inApp] = pinned.proof(0, key)
    expect([inStore.type, Buffer.from(inStore.key).toString()]).toEqual(['ics23:iavl', key])
    expect([inApp.type, Buffer.from(inApp.key).toString()]).toEqual(['ics23:simple', 'bank'])

    const root = pinned.rootHash(0)
    expect(verifyMembership(decode(inStore.data), iavlSpec, root, Buffer.from(key), value)).toBe(true)
    expect(
      verifyMembership(decode(inApp.data), tendermintSpec, store.appHash, Buffer.from('bank'), root),
    ).toBe(true)
    expect(
      verifyMembership(decode(inStore.data), iavlSpec, root, Buffer.from(key), Buffer.from('other')),
    ).toBe(false)
  }
})

test('proofs of absence verify before, between and after the keys', () => {
  const { store, pinned } = chain()
  for (const key of ['a', 'key 00001x', 'key 00500x', 'zzz']) {
    expect(store.has(0, key)).toBe(false)
    const proof = decode(pinned.proof(0, key)[0].data)
    expect(verifyNonMembership(proof, iavlSpec, pinned.rootHash(0), Buffer.from(key))).toBe(true)
    expect(verifyNonMembership(proof, iavlSpec, pinned.rootHash(0), Buffer.from('key 00001'))).toBe(false)
  }
})

test('a store of one key and an empty store have proofs as well', () => {
  const { pinned } = chain()
  const single = decode(pinned.proof(2, 'x')[0].data)
  expect(verifyMembership(single, iavlSpec, pinned.rootHash(2), Buffer.from('x'), Buffer.from([1]))).toBe(
    true,
  )

  // Nothing stands beside the key of an empty tree: the proof names the key alone (field 2, then its field 1).
  expect(Buffer.from(pinned.proof(1, 'x')[0].data).toString('hex')).toBe('12030a0178')
})
