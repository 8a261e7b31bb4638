import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { testAccounts } from '../../src/testing/accounts.ts'
import { TEST_CONSENSUS_PARAMS, type TestChain } from '../../src/testing/chain.ts'
import { outcome, send, type WadiOptions, wadiChain } from '../support/wadi-chain.ts'

const { alice, bob, carol, poor } = testAccounts('alice', 'bob', 'carol', 'poor')
const accounts = [alice, bob, carol, poor]
const withBlock = (block: { maxBytes?: bigint; maxGas?: bigint }): Partial<WadiOptions> => ({
  consensusParams: {
    ...TEST_CONSENSUS_PARAMS,
    evidence: { maxAgeNumBlocks: 1n, maxAgeDuration: { seconds: 1n, nanos: 0 }, maxBytes: 0n },
    block: { maxBytes: block.maxBytes ?? 4_194_304n, maxGas: block.maxGas ?? -1n },
  },
})
function start(options: Partial<WadiOptions> = {}): TestChain {
  const coins = { [poor.address]: [{ denom: 'awadi', amount: '1000' }] }
  const chain = wadiChain({ accounts, coins, ...options })
  chain.nextBlock()
  return chain
}
/** Where each chosen transaction stood in the mempool. */
const positions = (txs: readonly Uint8Array[], mempool: readonly Uint8Array[]) =>
  txs.map((tx) => mempool.findIndex((each) => Buffer.compare(each, tx) === 0))
/** Bytes in a block: field tag, length, and the transaction itself. */
const framed = ({ length }: Uint8Array) => 1 + (length < 128 ? 1 : length < 16_384 ? 2 : 3) + length
const accepts = (chain: TestChain, txs: readonly Uint8Array[]) =>
  chain.app.processProposal({ ...chain.blockRequest(txs), proposedLastCommit: undefined })

describe('a proposer', () => {
  test('puts the highest price first and keeps the order of arrival among equals', () => {
    const chain = start()
    const mempool = [
      alice.tx(chain, [send(alice, bob)], { gas: 100_000n, fee: 100_000n }),
      bob.tx(chain, [send(bob, alice)], { gas: 100_000n, fee: 300_000n }),
      carol.tx(chain, [send(carol, bob)], { gas: 300_000n, fee: 300_000n }),
    ]
    const { txs, accepted } = chain.propose(mempool)
    expect([positions(txs, mempool), accepted]).toEqual([[1, 0, 2], true])
  })

  test('never reorders one sender, whatever the later ones pay', () => {
    const chain = start()
    const mempool = [
      alice.tx(chain, [send(alice, bob)], { fee: 10n }),
      bob.tx(chain, [send(bob, alice)], { fee: 100_000n }),
      alice.tx(chain, [send(alice, bob)], { fee: 100_000_000n }),
    ]
    expect(positions(chain.propose(mempool).txs, mempool)).toEqual([1, 0, 2])
  })

  test('leaves out what does not decode, what fails, and what depends on it', () => {
    const chain = start()
    const mempool = [
      new Uint8Array([7]),
      poor.tx(chain, [send(poor, alice)], { fee: 2_000n }),
      poor.tx(chain, [send(poor, alice)], { fee: 1n }), // its sequence comes after the one refused
      alice.tx(chain, [send(alice, bob)], { sequence: 3n }),
      alice.tx(chain, [send(alice, bob)], { sequence: 0n }),
    ]
    const { txs, accepted } = chain.propose(mempool)
    expect([positions(txs, mempool), accepted]).toEqual([[4], true])
  })

  test('keeps one whose messages will fail: its fee is due', () => {
    const chain = start()
    const mempool = [poor.tx(chain, [send(poor, alice, 10_000n)], { fee: 5n })]
    expect(chain.propose(mempool)).toEqual({ txs: mempool, accepted: true })
  })

  test('keeps within the bytes that CometBFT gives, protobuf overhead included', () => {
    const chain = start()
    const mempool = [1, 2, 3].map(() => alice.tx(chain, [send(alice, bob)], { memo: 'x'.repeat(200) }))
    const room = framed(mempool[0] as Uint8Array) + framed(mempool[1] as Uint8Array)
    expect(chain.propose(mempool, room).txs).toHaveLength(2)
    expect(chain.propose(mempool, room - 1).txs).toHaveLength(1)
    expect(chain.propose(mempool, 10).txs).toHaveLength(0)
  })

  test('keeps within the gas of a block', () => {
    const chain = start(withBlock({ maxGas: 250_000n }))
    const mempool = [alice, bob, carol].map((each) => each.tx(chain, [send(each, poor)], { gas: 100_000n }))
    expect(chain.propose(mempool)).toEqual({ txs: mempool.slice(0, 2), accepted: true })
  })

  test('changes nothing of the state', () => {
    const chain = start()
    const before = chain.dump()
    chain.propose([alice.tx(chain, [send(alice, bob)], { fee: 5n })])
    expect(chain.dump()).toEqual(before)
  })

  test('works before the first block too', () => {
    const chain = wadiChain({ accounts })
    const tx = alice.tx(chain, [send(alice, bob)])
    expect(outcome(chain.checkTx(tx))).toBe('ok')
    expect(chain.propose([tx])).toEqual({ txs: [tx], accepted: true })
    expect(chain.nextBlock([tx]).results.map(outcome)).toEqual(['ok'])
  })
})

describe('a validator refuses a proposal with', () => {
  const reasons: unknown[] = []
  const log: WadiOptions['log'] = (_level, _text, fields) => void reasons.push(fields?.['reason'])
  const refusal = (chain: TestChain, txs: readonly Uint8Array[]) => {
    reasons.length = 0
    return accepts(chain, txs) ? 'accepted' : reasons[0]
  }

  test('bytes that do not decode', () => {
    expect(refusal(start({ log }), [new Uint8Array([1])])).toMatch(/^transaction 0: /)
  })

  test('a transaction whose ante fails', () => {
    const chain = start({ log })
    const txs = [alice.tx(chain, [send(alice, bob)]), alice.tx(chain, [send(alice, bob)], { sequence: 5n })]
    expect(refusal(chain, txs)).toBe(
      'transaction 1: account sequence mismatch, expected 1, got 5: incorrect account sequence',
    )
  })

  test('more bytes than a block may have', () => {
    const chain = start({ log, ...withBlock({ maxBytes: 700n }) })
    const txs = [1, 2, 3, 4].map(() => alice.tx(chain, [send(alice, bob)]))
    expect(refusal(chain, txs.slice(0, 2))).toBe('accepted')
    expect(refusal(chain, txs)).toBe("transaction 2 passes the block's size or gas limit")
  })

  test('more gas than a block may have', () => {
    const chain = start({ log, ...withBlock({ maxGas: 150_000n }) })
    const txs = [1, 2].map(() => alice.tx(chain, [send(alice, bob)], { gas: 100_000n }))
    expect(refusal(chain, txs)).toBe("transaction 1 passes the block's size or gas limit")
  })

  test('the same transaction twice', () => {
    const chain = start({ log })
    const tx = alice.tx(chain, [send(alice, bob)])
    expect(refusal(chain, [tx, tx])).toContain('transaction 1: account sequence mismatch')
  })
})

test('what a proposer makes of any mempool is accepted, in order, within limits, and pays its fees', () => {
  interface Wish {
    who: number
    fee: bigint
    gas: bigint
    amount: bigint
    sequence: number
    memo: number
    kind: number
  }
  const wish = fc.record<Wish>({
    who: fc.nat(3),
    fee: fc.bigInt({ min: 0n, max: 900n }),
    gas: fc.bigInt({ min: 1n, max: 200_000n }),
    amount: fc.bigInt({ min: 1n, max: 2_000n }),
    sequence: fc.integer({ min: -20, max: 3 }), // 0 to 3: that one; below: the next of the account
    memo: fc.nat(150),
    kind: fc.nat(24),
  })
  let chosen = 0
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 3, maxLength: 14, size: 'max' }),
      fc.oneof(fc.constant(6_000), fc.integer({ min: 0, max: 6_000 })),
      fc.oneof(fc.constant(-1n), fc.bigInt({ min: 0n, max: 2_000_000n })),
      (wishes, maxTxBytes, maxGas) => {
        const chain = start(withBlock({ maxGas }))
        const mempool = wishes.map(({ who, fee, gas, amount, sequence, memo, kind }) => {
          if (kind === 0) return new Uint8Array(memo)
          const from = accounts[who] as typeof alice
          const explicit = sequence >= 0 ? { sequence: BigInt(sequence) } : {}
          const limit = kind < 4 ? gas : 150_000n
          const tx = from.tx(chain, [send(from, alice, amount)], {
            fee,
            gas: limit,
            memo: 'x'.repeat(memo),
            ...explicit,
          })
          if (kind === 1) tx[tx.length - 1] = (tx[tx.length - 1] as number) ^ 1
          return tx
        })
        const { txs, accepted } = chain.propose(mempool, maxTxBytes)
        expect(accepted).toBe(true)
        expect(txs.reduce((sum, tx) => sum + framed(tx), 0)).toBeLessThanOrEqual(maxTxBytes)
        const { results } = chain.nextBlock(txs)
        chosen += results.length
        const gas = results.reduce((sum, { gasWanted }) => sum + gasWanted, 0)
        if (maxGas >= 0n) expect(BigInt(gas)).toBeLessThanOrEqual(maxGas)
        // A message may spend what a later fee of the same account needed; of nobody rich, though.
        const paid = txs.filter((_, index) => results[index]?.events.some(({ type }) => type === 'tx'))
        for (const [who, from] of accounts.entries()) {
          if (from === poor) continue
          const order = positions(txs, mempool).filter((index) => wishes[index]?.who === who)
          expect(order).toEqual([...order].sort((a, b) => a - b))
          expect(positions(paid, mempool)).toEqual(expect.arrayContaining(order))
          expect(from.next(chain).sequence).toBe(BigInt(order.length))
        }
      },
    ),
    { numRuns: 60 },
  )
  expect(chosen).toBeGreaterThan(100) // some 200 of 500 offered
})
