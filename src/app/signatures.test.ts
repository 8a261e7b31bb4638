import { expect, test } from 'vitest'
import type { Verifier } from '#lib/verifier.ts'
import { AssertionError } from '../kernel/errors.ts'
import { SignatureCache } from './sigcache.ts'
import { SignatureChecker } from './signatures.ts'
import type { DecodedTx } from './tx.ts'

const never: Verifier = {
  name: 'never',
  verifySecp256k1: () => false,
  verifyP256: () => false,
  verifyEd25519: () => false,
  batch: (jobs) => jobs.map(() => false),
}
const checker = new SignatureChecker(new SignatureCache(never))
const signed = (count: number) =>
  ({
    signers: Array.from({ length: count }, (_, i) => `signer ${i}`),
    signerInfos: [],
    signatures: [],
  }) as unknown as DecodedTx

test('a batch foresees no more signers than a transaction may usually have: each costs its sign bytes', () => {
  const asked: number[] = []
  const accountOf = (_tx: DecodedTx, index: number) => {
    asked.push(index)
    return undefined
  }
  checker.warm([signed(8), signed(2), signed(100)], 'chain', accountOf)
  expect(asked).toEqual([0, 1])
})

test('what cannot be foreseen is left to the ante handler, whatever is wrong; what must halt does', () => {
  const account = (key: unknown) => () =>
    ({ accountNumber: 0n, sequence: 0n, publicKey: key }) as unknown as ReturnType<
      Parameters<SignatureChecker['warm']>[2]
    >
  const single = {
    ...signed(1),
    signerInfos: [{ mode: { kind: 'single', mode: 1 } }],
  } as unknown as DecodedTx
  const tx = { ...single, signatures: [new Uint8Array(64)] }
  // a bug: the key is not there, so that reading it is a TypeError
  expect(() => checker.warm([tx], 'chain', account(undefined))).not.toThrow()
  const halting = {
    get typeUrl(): string {
      throw new AssertionError('a promise is broken')
    },
  }
  expect(() => checker.warm([{ ...tx }], 'chain', account(halting))).toThrow('a promise is broken')
})
