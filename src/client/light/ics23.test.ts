/** Proofs of our own trees: accepted and refused as by the general verifier of ICS-23. */
import { iavlSpec, ics23, tendermintSpec, verifyMembership, verifyNonMembership } from '@confio/ics23'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromByteString, utf8 } from '#lib/bytes.ts'
import { MultiStore } from '../../store/multistore.ts'
import { StoreReader } from '../../store/reader.ts'
import { VerificationError } from './errors.ts'
import { type ProofOp, provenValue } from './ics23.ts'

const names = ['bank', 'auth', 'asset', 'empty']
const VERSION = 3

/** Three stores of several sizes at a few versions, and one with nothing in it. */
function chain(count: number) {
  const store = new MultiStore(names)
  for (let version = 1; version <= VERSION; version++) {
    const keys = Array.from({ length: count }, (_, i) => `k${String(i * 3).padStart(4, '0')}`)
    store.prepare(version, [
      { keys, values: keys.map((key) => utf8(`${key} at ${version}`)) },
      { keys: ['x'], values: [Uint8Array.of(1)] },
      // An index: keys without values.
      { keys: ['a', 'b', 'c'], values: [new Uint8Array(), new Uint8Array(), new Uint8Array()] },
      undefined,
    ])
    store.publish()
  }
  const pinned = new StoreReader(store.reader()).pin(VERSION)
  if (typeof pinned === 'string') throw new Error(pinned)
  const ask = (slot: number, key: string) => ({
    ops: [...pinned.proof(slot, key)] as ProofOp[],
    store: names[slot] as string,
    key: fromByteString(key),
    value: store.get(slot, key) ?? new Uint8Array(),
    appHash: store.appHash,
    root: pinned.rootHash(slot),
  })
  return { store, ask }
}

type Asked = ReturnType<ReturnType<typeof chain>['ask']>
const prove = ({ ops, store, key, value, appHash }: Asked) => provenValue(ops, store, key, value, appHash)

/** What the general verifier says of the same answer. */
function generalVerdict({ ops, store, key, value, appHash, root }: Asked): boolean {
  const [inStore, inApp] = ops.map(({ data }) => ics23.CommitmentProof.decode(data))
  if (inStore === undefined || inApp === undefined) return false
  if (!verifyMembership(inApp, tendermintSpec, appHash, utf8(store), root)) return false
  return value.length > 0
    ? verifyMembership(inStore, iavlSpec, root, key, value)
    : verifyNonMembership(inStore, iavlSpec, root, key)
}

function reasonOf(asked: Asked): string {
  try {
    prove(asked)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    return error.reason
  }
}

describe('proofs of our store', () => {
  test.each([1, 2, 3, 7, 100])(
    'of %i keys: every presence and absence, as the general verifier has it',
    (count) => {
      const { ask } = chain(count)
      for (let i = 0; i < count * 3 + 2; i++) {
        const asked = ask(0, `k${String(i).padStart(4, '0')}`)
        expect(generalVerdict(asked)).toBe(true)
        expect(prove(asked)).toEqual(asked.value.length > 0 ? asked.value : undefined)
      }
      for (const key of ['a', 'k', 'z']) expect(prove(ask(0, key))).toBeUndefined()
    },
  )

  test('an index has keys without values, also beside a key that is absent', () => {
    const { ask } = chain(5)
    expect(prove(ask(2, 'b'))).toEqual(new Uint8Array())
    for (const key of ['A', 'bb', 'd']) {
      expect(prove(ask(2, key))).toBeUndefined()
      // The general verifier takes no leaf without a value: one reason for this one.
      expect(generalVerdict(ask(2, key))).toBe(false)
    }
  })

  test('an empty store has no key', () => {
    expect(prove(chain(5).ask(3, 'k'))).toBeUndefined()
  })
})

describe('a proof is refused', () => {
  const { ask } = chain(50)
  const present = ask(0, 'k0060')
  const absent = ask(0, 'k0061')
  const other = ask(0, 'k0063')

  test.each<[string, Asked, string]>([
    ['for another value', { ...present, value: utf8('other') }, 'about another value'],
    ['for no value where there is one', { ...present, value: new Uint8Array() }, 'about another value'],
    ['for a value where there is none', { ...absent, value: utf8('x') }, 'with a proof of its absence'],
    ['of another key', { ...present, ops: other.ops }, 'about another key'],
    [
      'of absence of another key',
      { ...other, ops: absent.ops, value: new Uint8Array() },
      'is not after the key',
    ],
    [
      'of another store',
      { ...present, ops: [ask(1, 'x').ops[0] as ProofOp, present.ops[1] as ProofOp] },
      'another key',
    ],
    ['under the name of another store', { ...present, store: 'auth' }, 'about another store'],
    ['for another app hash', { ...present, appHash: new Uint8Array(32) }, 'not lead to the app hash'],
    ['without its second part', { ...present, ops: present.ops.slice(0, 1) }, 'it has 1 parts'],
    ['with its parts exchanged', { ...present, ops: present.ops.toReversed() }, 'not iavl and simple'],
  ])('%s', (_what, asked, reason) => {
    expect(() => prove(asked)).toThrow(reason)
  })

  test('of absence between leaves that are no neighbours, or beyond one that is not the last', () => {
    const absence = (left: string | undefined, right: string | undefined): Asked => {
      const leaf = (key: string | undefined) =>
        key === undefined
          ? undefined
          : ics23.CommitmentProof.decode(ask(0, key).ops[0]?.data as Uint8Array).exist
      const nonexist: ics23.INonExistenceProof = {
        key: absent.key,
        left: leaf(left) ?? null,
        right: leaf(right) ?? null,
      }
      const data = ics23.CommitmentProof.encode({ nonexist }).finish()
      return { ...absent, ops: [{ ...(absent.ops[0] as ProofOp), data }, absent.ops[1] as ProofOp] }
    }
    expect(prove(absence('k0060', 'k0063'))).toBeUndefined()
    for (const [left, right] of [
      ['k0057', 'k0063'],
      ['k0060', 'k0066'],
      ['k0000', 'k0147'],
      ['k0060', undefined],
      [undefined, 'k0063'],
      [undefined, undefined],
      ['k0063', 'k0066'],
      ['k0057', 'k0060'],
    ] as const) {
      expect(reasonOf(absence(left, right)), `${left} ${right}`).toBe('proof')
      expect(generalVerdict(absence(left, right)), `${left} ${right}`).toBe(false)
    }
  })

  test('with any byte changed, cut off anywhere, or with bytes behind it', () => {
    for (const asked of [present, absent]) {
      for (const part of [0, 1]) {
        const { data } = asked.ops[part] as ProofOp
        const changed = (bytes: Uint8Array): Asked => {
          const ops = asked.ops.map((op, i) => (i === part ? { ...op, data: bytes } : op))
          return { ...asked, ops }
        }
        for (let i = 0; i < data.length; i++) {
          const flipped = data.slice()
          flipped[i] = (flipped[i] as number) ^ 1
          // The key inside a proof of absence says nothing: the neighbours do.
          if (reasonOf(changed(flipped)) === 'accepted') expect(prove(changed(flipped))).toBe(prove(asked))
          if (asked === present) expect(reasonOf(changed(flipped)), `byte ${i}`).not.toBe('accepted')
          expect(reasonOf(changed(data.slice(0, i))), `cut at ${i}`).not.toBe('accepted')
        }
        expect(reasonOf(changed(Uint8Array.of(...data, 0)))).toBe('proof')
        expect(reasonOf(changed(Uint8Array.of(...data, 0x1a, 0)))).toBe('proof')
        expect(reasonOf(changed(new Uint8Array((1 << 20) + 1)))).toBe('limit')
      }
    }
  })

  test('with more steps than a tree can have', () => {
    const proof = ics23.CommitmentProof.decode(present.ops[0]?.data as Uint8Array)
    const path = proof.exist?.path ?? []
    const long = {
      exist: { ...proof.exist, path: Array.from({ length: 65 }, () => path[0] as ics23.IInnerOp) },
    }
    const data = ics23.CommitmentProof.encode(long).finish()
    expect(
      reasonOf({ ...present, ops: [{ ...(present.ops[0] as ProofOp), data }, present.ops[1] as ProofOp] }),
    ).toBe('limit')
  })

  test('whenever the general verifier refuses it, whatever is done to its fields', () => {
    const bytes = fc.uint8Array({ maxLength: 70 })
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(20),
        fc.constantFrom('prefix', 'suffix', 'hash', 'key', 'value', 'leaf', 'drop', 'repeat'),
        bytes,
        (isPresent, at, what, replacement) => {
          const asked = isPresent ? present : absent
          const proof = ics23.CommitmentProof.decode(asked.ops[0]?.data as Uint8Array)
          const exist = proof.exist ?? proof.nonexist?.left
          const path = exist?.path ?? []
          const step = path[at % path.length] as ics23.IInnerOp
          if (exist === undefined || exist === null) throw new Error('no leaf')
          if (what === 'prefix' || what === 'suffix') step[what] = replacement
          else if (what === 'hash') step.hash = at
          else if (what === 'key' || what === 'value') exist[what] = replacement
          else if (what === 'leaf' && exist.leaf) exist.leaf.prefix = replacement
          else if (what === 'drop') path.splice(at % path.length, 1)
          else path.splice(at % path.length, 0, step)
          const data = ics23.CommitmentProof.encode(proof).finish()
          const changed = { ...asked, ops: [{ ...(asked.ops[0] as ProofOp), data }, asked.ops[1] as ProofOp] }
          let general = false
          try {
            general = generalVerdict(changed)
          } catch {
            // The general verifier gave up on it.
          }
          if (!general) expect(reasonOf(changed)).not.toBe('accepted')
        },
      ),
      { numRuns: 500 },
    )
  })
})
