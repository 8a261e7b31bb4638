import { beforeEach, describe, expect, test } from 'vitest'
import type { Verifier, VerifyJob } from '#lib/verifier.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { outcome, send, wadiChain } from '../support/wadi-chain.ts'
import { cosmSend, cosmTx, multisigOf, multisigTx } from './cosmjs.ts'

const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')
const ethan = new TestAccount('ethan', 'ethsecp256k1')
const two = multisigOf(Object.values(testAccounts('m1', 'm2', 'm3')), 2)

/** Sizes of the batches that reached the verifier. */
const batches: number[] = []
const native = nativeVerifier()
const counting: Verifier = {
  ...native,
  batch: (jobs: readonly VerifyJob[]) => {
    batches.push(jobs.length)
    return native.batch(jobs)
  },
}
const options = { accounts: [alice, bob, ethan, two.address], verifier: counting }
let chain: TestChain
beforeEach(() => {
  chain = wadiChain(options)
  chain.nextBlock()
  batches.length = 0
})

test('a signature is verified once over CheckTx, both proposal calls, the block and the recheck', async () => {
  const txs = [
    alice.tx(chain, [send(alice, bob)]),
    alice.tx(chain, [send(alice, bob)]),
    ethan.tx(chain, [send(ethan, bob)]),
    await cosmTx(chain, bob, [cosmSend(bob.address, alice.address)], { mode: 'amino' }),
  ]
  for (const tx of txs) expect(outcome(chain.checkTx(tx))).toBe('ok')
  expect(batches).toEqual([1, 1, 1, 1])
  const request = chain.blockRequest(txs)
  const prepared = chain.app.prepareProposal({ ...request, maxTxBytes: 100_000, localLastCommit: undefined })
  expect(prepared.txs).toHaveLength(4)
  // As a proposal of somebody else: in another order, so that it is not this node's own.
  const others = [2, 3, 0, 1].map((index) => txs[index] as Uint8Array)
  expect(chain.app.processProposal({ ...chain.blockRequest(others), proposedLastCommit: undefined })).toBe(
    true,
  )
  expect(chain.nextBlock(others).results.map(outcome)).toEqual(['ok', 'ok', 'ok', 'ok'])
  const pending = alice.tx(chain, [send(alice, bob)])
  chain.checkTx(pending)
  chain.nextBlock()
  expect(outcome(chain.checkTx(pending, true))).toBe('ok')
  expect(batches).toEqual([1, 1, 1, 1, 1])
})

describe('a block that was never seen before is verified in one batch', () => {
  const fresh = () => [
    ...[1, 2, 3].map(() => alice.tx(chain, [send(alice, bob)])),
    ethan.tx(chain, [send(ethan, bob)]),
    bob.tx(chain, [send(bob, alice), send(ethan, alice)], { cosigners: [ethan] }),
  ]

  test('when it is decided, as in block sync', () => {
    expect(chain.nextBlock(fresh()).results.map(outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect(batches).toEqual([6])
  })

  test('when somebody else proposes it, and not again when it is decided', () => {
    const txs = fresh()
    expect(chain.app.processProposal({ ...chain.blockRequest(txs), proposedLastCommit: undefined })).toBe(
      true,
    )
    expect(chain.nextBlock(txs).results.map(outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect(batches).toEqual([6])
  })

  test('with amino signatures and multisigs among them', async () => {
    const signers = two.members.slice(0, 2)
    const txs = [
      await cosmTx(chain, alice, [cosmSend(alice.address, bob.address)], { mode: 'amino' }),
      await multisigTx(chain, two, signers, [cosmSend(two.address, bob.address)]),
    ]
    expect(chain.nextBlock(txs).results.map(outcome)).toEqual(['ok', 'ok'])
    expect(batches).toEqual([3])
  })

  test('with a second transaction that leaves out the key which the first brings', () => {
    const txs = [
      alice.tx(chain, [send(alice, bob)]),
      alice.tx(chain, [send(alice, bob)], { withoutKey: true }),
    ]
    expect(chain.nextBlock(txs).results.map(outcome)).toEqual(['ok', 'ok'])
    expect(batches).toEqual([2])
  })

  test('also where one of them is refused and the next has the sequence that this leaves', () => {
    const poor = alice.tx(chain, [send(alice, bob)], { fee: 10n ** 30n, sequence: 0n })
    const good = alice.tx(chain, [send(alice, bob)], { sequence: 0n })
    expect(chain.nextBlock([poor, good]).results.map(({ code }) => code)).toEqual([5, 0])
    expect(batches).toEqual([2])
  })

  test('but for an account that the block itself opens, whose number nobody can foresee', () => {
    const opening = alice.tx(chain, [send(alice, carol, 9n)])
    const [number] = [6n] // alice 0, bob 1, ethan 2, the multisig 3, authority 4, fee collector 5
    const spending = carol.tx(chain, [send(carol, bob, 2n)], { accountNumber: number })
    expect(chain.nextBlock([opening, spending]).results.map(outcome)).toEqual(['ok', 'ok'])
    expect(batches).toEqual([1, 1])
  })
})

test('what a block will refuse before any signature is looked at brings no exception forward', () => {
  const garbage = new Uint8Array([1, 2, 3])
  const short = alice.tx(chain, [send(alice, bob), send(bob, alice)]) // one signature for two signers
  expect(chain.nextBlock([garbage, short]).results.map(({ code }) => code)).toEqual([2, 4])
})

test('a transaction by another chain is another question, though its bytes are the same', () => {
  const tx = alice.tx(chain, [send(alice, bob)])
  const other = wadiChain({ ...options, chainId: 'wadi-other-1' })
  other.nextBlock()
  expect(outcome(chain.checkTx(tx))).toBe('ok')
  expect(outcome(other.checkTx(tx))).toContain('sdk/4 signature verification failed')
})
